using System.Text;

namespace HealthKit;

/// <summary>Shows text that came from a file: in one line, in quotes, no longer than is needed to know it again.</summary>
internal static class ForeignText
{
    /// <summary>A text in single quotes, with a question mark for what does not print.</summary>
    public static string Quoted(string text, int most) => $"'{Shown(text, most)}'";

    /// <summary>A path or name whole, with a question mark for what does not print; itself, where all does.</summary>
    public static string Clean(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Prints(rune))
            {
                return Shown(text, int.MaxValue);
            }
        }

        return text;
    }

    /// <summary>As <see cref="Quoted"/>, without the quotes.</summary>
    public static string Shown(string text, int most)
    {
        var shown = new StringBuilder(Math.Min(text.Length, most - 1) + 1);
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= most)
            {
                shown.Append('…');
                break;
            }

            shown.Append(Prints(rune) ? rune.ToString() : "?");
        }

        return shown.ToString();
    }

    /// <summary>Not: line ends, other controls, and marks that turn the direction of the text around.</summary>
    private static bool Prints(Rune rune) => rune.IsAscii
        ? !Rune.IsControl(rune)
        : !Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Format
            or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator);

    /// <summary>The first of some texts, and how many more there are.</summary>
    public static string Listed(IReadOnlyList<string> texts, int mostTexts, int mostEach)
    {
        var listed = string.Join(", ", texts.Take(mostTexts).Select(text => Quoted(text, mostEach)));
        return texts.Count > mostTexts ? $"{listed} and {texts.Count - mostTexts} more" : listed;
    }
}
