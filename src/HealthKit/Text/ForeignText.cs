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
    /// the text is cut back to its last <c>: @ =</c>, <c>, ; |</c>, <c>/ \ . - _</c>, quotation mark or letter of another script than Latin; within
    /// what stands behind a <c>:</c> or <c>=</c>, which may be a secret, <c>/ \ . - _</c> do not count. Without any of these it is left out too.
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
        var (word, part, inValue) = (0, 0, false);
        foreach (var rune in text.EnumerateRunes())
        {
            var clean = IsHidden(rune) ? new Rune('?') : rune;
            var at = shown.Length;
            if (at + clean.Utf16SequenceLength > most)
            {
                var whole = Rune.IsWhiteSpace(rune) ? at : 2 * word >= at ? word : Math.Max(word, part);
                return shown.Remove(whole, at - whole).Append('…').ToString();
            }

            shown.Append(clean);
            switch (rune.Value)
            {
                case ':' or '=' or '@' when !inValue:
                    (part, inValue) = (at, rune.Value != '@');
                    break;
                case '"' or '\'' or '`':
                    // What it opens behind a colon or an equals sign is the value still.
                    (part, inValue) = (shown.Length, inValue && shown[at - 1] is ':' or '=');
                    break;
                case ',' or ';' or '|':
                    (part, inValue) = (shown.Length, false);
                    break;
                case '/' or '\\' or '.' or '-' or '_':
                    // Behind "http:" and "C:" stands no value.
                    inValue = inValue && !(rune.Value == '/' ? at > 1 && shown[at - 1] == '/' && shown[at - 2] == ':' : rune.Value == '\\' && shown[at - 1] == ':');
                    part = inValue ? part : shown.Length;
                    break;
                default:
                    if (Rune.IsWhiteSpace(rune))
                    {
                        (word, inValue) = (shown.Length, false);
                    }
                    else if (Rune.IsLetter(rune) && !IsLatin(rune))
                    {
                        part = shown.Length;
                    }

                    break;
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

    // The blocks of the Latin script (https://www.unicode.org/charts/).
    private static bool IsLatin(Rune letter) =>
        letter.Value is < 0x250 or (>= 0x1E00 and <= 0x1EFF) or (>= 0x2C60 and <= 0x2C7F) or (>= 0xA720 and <= 0xA7FF) or (>= 0xAB30 and <= 0xAB6F) or (>= 0xFB00 and <= 0xFB06) or (>= 0xFF21 and <= 0xFF5A);

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
