using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>Foreign text on a terminal: harmless, and in lines of a known width.</summary>
internal static class PlainText
{
    /// <summary>The longest line: a terminal of 80 columns shows it without wrapping.</summary>
    public const int Columns = 79;

    // No emoji is longer; and so many take fewer columns than a line has.
    private const int LongestCluster = 32;

    /// <summary>
    /// Makes text harmless to a terminal: white space becomes a blank; hidden characters (ESC among them, so that no escape sequence is left) and
    /// lone surrogates become U+FFFD. The soft hyphen, which is seen at the end of a line only, is left out.
    /// </summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                clean.Append(' ');
            }
            else if (rune.Value != 0xAD)
            {
                clean.Append(ForeignText.IsHidden(rune) ? Rune.ReplacementChar : rune);
            }
        }

        return clean.ToString();
    }

    /// <summary>
    /// How many columns a terminal gives a text at most: two for wide characters and for those that U+FE0F makes an emoji, none for combining
    /// marks and joiners. Characters that are joined count each, as many terminals show them side by side.
    /// </summary>
    public static int Width(string text) => Width(text, text.Length);

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
            for (var i = 0; i < word.Length;)
            {
                // Not cut inside what a reader takes for one character.
                var rest = word.AsSpan(i);
                var length = ClusterLength(rest);
                var columns = Width(rest, length);
                if (line + columns > limit)
                {
                    target.Append('\n').Append(indent);
                    line = 0;
                }

                target.Append(rest[..length]);
                line += columns;
                i += length;
            }
        }

        target.Append('\n');
    }

    private static int ClusterLength(ReadOnlySpan<char> text)
    {
        if (text.Length > LongestCluster)
        {
            text = text[..(char.IsHighSurrogate(text[LongestCluster - 1]) ? LongestCluster - 1 : LongestCluster)];
        }

        return StringInfo.GetNextTextElementLength(text);
    }

    /// <summary>The columns of the first so many UTF-16 code units.</summary>
    private static int Width(ReadOnlySpan<char> text, int length)
    {
        var width = 0;
        for (var i = 0; i < length;)
        {
            _ = Rune.DecodeFromUtf16(text[i..], out var rune, out var consumed);
            i += consumed;
            var isEmoji = i < text.Length && text[i] == '\uFE0F';
            width += Rune.GetUnicodeCategory(rune) switch
            {
                UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
                _ => isEmoji || EastAsianWidth.IsWide(rune) ? 2 : 1,
            };
        }

        return width;
    }
}
