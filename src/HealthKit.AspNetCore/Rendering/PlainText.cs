using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>Foreign text on a terminal: harmless, and in lines of a known width.</summary>
internal static class PlainText
{
    /// <summary>The longest line: a terminal of 80 columns shows it without wrapping.</summary>
    public const int Columns = 79;

    /// <summary>
    /// Makes text harmless to a terminal: white space becomes a blank; control characters (ESC among them, so that no escape sequence
    /// is left), formatting characters that turn the reading direction, private and unassigned ones and lone surrogates become U+FFFD.
    /// </summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                clean.Append(' ');
                continue;
            }

            clean.Append(Rune.GetUnicodeCategory(rune) switch
            {
                UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned =>
                    Rune.ReplacementChar,
                _ => rune,
            });
        }

        return clean.ToString();
    }

    /// <summary>How many columns a terminal gives a text: two for East Asian wide characters, none for combining marks.</summary>
    public static int Width(string text)
    {
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            width += Width(rune);
        }

        return width;
    }

    /// <summary>Appends cleaned text in lines of at most <see cref="Columns"/>, broken at blanks where that is possible.</summary>
    public static void Wrap(StringBuilder target, string text, string indent)
    {
        var limit = Columns - indent.Length;
        var line = 0;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var width = Width(word);
            if (line > 0 && line + 1 + width <= limit)
            {
                target.Append(' ').Append(word);
                line += 1 + width;
                continue;
            }

            if (line > 0)
            {
                target.Append('\n');
                line = 0;
            }

            target.Append(indent);
            foreach (var rune in word.EnumerateRunes())
            {
                var columns = Width(rune);
                if (line + columns > limit)
                {
                    target.Append('\n').Append(indent);
                    line = 0;
                }

                target.Append(rune.ToString());
                line += columns;
            }
        }

        target.Append('\n');
    }

    private static int Width(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark => 0,
        _ => IsWide(rune.Value) ? 2 : 1,
    };

    // Unicode's EastAsianWidth.txt, classes W and F, in coarse blocks.
    private static bool IsWide(int value) => value is
        (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xA960 and <= 0xA97F) or (>= 0xAC00 and <= 0xD7A3)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6)
        or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD);
}
