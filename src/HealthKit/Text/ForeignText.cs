using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>
/// Shows text that somebody else wrote (a file's line, a server's message, a name) in a result: bounded, in one line, and so that it does
/// nothing to the terminal, page or log that shows it. It redacts nothing: every text of a result passes the <see cref="Redactor"/> besides.
/// </summary>
public static class ForeignText
{
    /// <summary>A text in one line, with a question mark for each character that <see cref="IsHidden"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">How many UTF-16 code units of it are shown at most, 1 or more; an ellipsis stands for the rest.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="most"/> is less than 1.</exception>
    public static string Shown(string text, int most = 200)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var shown = new StringBuilder(Math.Min(text.Length, most - 1) + 1);
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= most)
            {
                shown.Append('…');
                break;
            }

            shown.Append(IsHidden(rune) ? new Rune('?') : rune);
        }

        return shown.ToString();
    }

    /// <summary>
    /// Whether a character does not print but acts on the text around it: controls (ESC and line ends among them), format characters (those that
    /// turn the reading direction around, the soft hyphen, byte order marks), line and paragraph separators: the Unicode categories Cc, Cf,
    /// Zl and Zp. The zero width joiner and non-joiner (U+200D, U+200C) are not: they make one emoji of several, and words of many scripts
    /// (The Unicode Standard, section 23.2).
    /// </summary>
    /// <param name="rune">The character.</param>
    public static bool IsHidden(Rune rune) => rune.Value is not (0x200C or 0x200D) && Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>A path or name whole, with a replacement for each hidden character; itself, where there is none.</summary>
    internal static string Clean(string text, char replacement = '?')
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsHidden(rune))
            {
                return string.Concat(text.EnumerateRunes().Select(each => IsHidden(each) ? replacement.ToString() : each.ToString()));
            }
        }

        return text;
    }

    /// <summary>As <see cref="Shown"/>, in single quotes.</summary>
    internal static string Quoted(string text, int most) => $"'{Shown(text, most)}'";

    /// <summary>The first of some texts, and how many more there are.</summary>
    internal static string Listed(IReadOnlyList<string> texts, int mostTexts, int mostEach)
    {
        var listed = string.Join(", ", texts.Take(mostTexts).Select(text => Quoted(text, mostEach)));
        return texts.Count > mostTexts ? $"{listed} and {texts.Count - mostTexts} more" : listed;
    }
}
