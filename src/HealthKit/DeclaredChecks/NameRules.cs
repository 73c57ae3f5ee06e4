using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>
/// What names and tags may be, whoever registers the check. A name is a key wherever checks are shown: two that differ by what UTF-8 cannot
/// hold, or nobody sees, would become one there.
/// </summary>
internal static class NameRules
{
    private const int MostOfName = 200;
    private const int MostOfTag = 100;
    private const int Shown = 60;

    /// <summary>What is wrong with a check's name; nothing as a rule.</summary>
    public static IEnumerable<string> Mistakes(string name)
    {
        if (name.Length is 0 or > MostOfName || HasHidden(name))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"A check is named {Quoted(name)}; allowed: 1 to {MostOfName} characters, without control and format characters and lone surrogates");
        }
    }

    /// <summary>What is wrong with a check's tags; nothing as a rule.</summary>
    public static IEnumerable<string> TagMistakes(string name, IEnumerable<string?> tags) => tags
        .Where(tag => tag is null || tag.Length > MostOfTag)
        .Select(tag => string.Create(
            CultureInfo.InvariantCulture,
            $"Check {Quoted(name)} has the tag {(tag is null ? "null" : Quoted(tag))}; allowed: a text of at most {MostOfTag} characters"));

    private static bool HasHidden(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var length) != System.Buffers.OperationStatus.Done || ForeignText.IsHidden(rune))
            {
                return true;
            }

            text = text[length..];
        }

        return false;
    }

    private static string Quoted(string text) => text.Length <= Shown
        ? $"'{PrintableText.Escape(text)}'"
        : string.Create(CultureInfo.InvariantCulture, $"'{PrintableText.Escape(PrintableText.Cut(text, Shown))}…' ({text.Length} characters)");
}
