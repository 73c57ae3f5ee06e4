using System.Text;

namespace HealthKit;

/// <summary>Foreign text made fit for Sentry: without lone surrogates, NUL and other control characters, and bounded.</summary>
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
        for (var i = 0; i < source.Length; i++)
        {
            var c = source[i];
            var isPair = char.IsHighSurrogate(c) && i + 1 < source.Length && char.IsLowSurrogate(source[i + 1]);
            if (clean.Length + (isPair ? 2 : 1) > maxLength)
            {
                clean.Length -= char.IsLowSurrogate(clean[^1]) ? 2 : 1;
                clean.Append('…');
                break;
            }

            if (isPair)
            {
                clean.Append(c).Append(source[++i]);
            }
            else if (char.IsSurrogate(c))
            {
                clean.Append('\uFFFD');
            }
            else if (c == '\r' && lines)
            {
                if (i + 1 == source.Length || source[i + 1] != '\n')
                {
                    clean.Append('\n');
                }
            }
            else
            {
                clean.Append((c is '\n' or '\t' && lines) || !IsBreak(c) ? c : ' ');
            }
        }

        return clean.ToString().Trim();
    }

    private static bool NeedsCleaning(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (IsBreak(c) || char.IsSurrogate(c))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsBreak(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
