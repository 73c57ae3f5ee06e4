using System.Text;

namespace HealthKit;

/// <summary>Foreign text made fit for Sentry: without lone surrogates, a blank for each hidden character, and bounded.</summary>
internal static class SentryText
{
    /// <summary>Text in one line; empty when nothing is left of it.</summary>
    public static string Line(string? text, int maxLength) => Clean(text, maxLength, lines: false);

    /// <summary>Text of several lines; empty when nothing is left of it.</summary>
    public static string Lines(string? text, int maxLength) => Clean(text, maxLength, lines: true);

    private static string Clean(string? text, int maxLength, bool lines)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "";
        }

        var source = text.AsSpan().Trim();
        if (source.Length <= maxLength && !NeedsCleaning(source))
        {
            return source.Length == text.Length ? text : source.ToString();
        }

        var clean = new StringBuilder(Math.Min(source.Length, maxLength));
        var afterReturn = false;
        foreach (var rune in source.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > maxLength)
            {
                clean.Length -= char.IsLowSurrogate(clean[^1]) ? 2 : 1;
                clean.Append('…');
                break;
            }

            if (lines && rune.Value is '\r' or '\n')
            {
                clean.Append(afterReturn && rune.Value == '\n' ? "" : "\n");
            }
            else
            {
                clean.Append((lines && rune.Value == '\t') || !ForeignText.IsHidden(rune) ? rune : new Rune(' '));
            }

            afterReturn = rune.Value == '\r';
        }

        return clean.ToString().Trim();
    }

    private static bool NeedsCleaning(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (char.IsSurrogate(c) || ForeignText.IsHidden(new Rune(c)))
            {
                return true;
            }
        }

        return false;
    }
}
