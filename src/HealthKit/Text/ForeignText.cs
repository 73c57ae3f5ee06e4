using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>
/// Shows text that somebody else wrote (a file's line, a server's message, a name) in a result: bounded, in one line, and so that it does
/// nothing to the terminal, page or log that shows it. It redacts nothing: a text that may hold a secret is redacted first
/// (<c>ForeignText.Shown(redactor.Redact(text))</c>), for of what is cut off no <see cref="Redactor"/> can tell what it was.
/// </summary>
public static class ForeignText
{
    /// <summary>A text in one line, with a question mark for each character that <see cref="IsHidden"/>.</summary>
    /// <remarks>
    /// Where it is cut, the word that the cut would go through is left out, since half a secret looks like any word. A word that is most of
    /// the text is shown up to its first <c>: @ =</c>, or as far as it is a list (<c>, ; |</c>); without any of these it is left out too.
    /// </remarks>
    /// <param name="text">The text.</param>
    /// <param name="most">How many UTF-16 code units of it are shown at most, 1 or more; an ellipsis stands for the rest.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="most"/> is less than 1.</exception>
    public static string Shown(string text, int most = 200)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var shown = new StringBuilder(Math.Min(text.Length, most - 1) + 1);
        var (word, list, mark) = (0, 0, -1);
        foreach (var rune in text.EnumerateRunes())
        {
            var clean = IsHidden(rune) ? new Rune('?') : rune;
            if (shown.Length + clean.Utf16SequenceLength > most)
            {
                var whole = Rune.IsWhiteSpace(rune) ? shown.Length
                    : 2 * word >= shown.Length ? word
                    : mark >= 0 ? mark
                    : Math.Max(word, list);
                return shown.Remove(whole, shown.Length - whole).Append('…').ToString();
            }

            if (rune.Value is ':' or '@' or '=' && mark < 0)
            {
                mark = shown.Length;
            }

            shown.Append(clean);
            if (Rune.IsWhiteSpace(rune))
            {
                (word, mark) = (shown.Length, -1);
            }
            else if (rune.Value is ',' or ';' or '|' && mark < 0)
            {
                list = shown.Length;
            }
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
}
