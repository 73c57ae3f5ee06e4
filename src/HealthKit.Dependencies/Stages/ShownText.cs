using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>Foreign text as results may show it: bounded, in one line, a question mark for what does not print or turns the direction of text around.</summary>
internal static class ShownText
{
    public static string Of(string text, int most = 200)
    {
        var shown = new StringBuilder(Math.Min(text.Length, most) + 1);
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= most)
            {
                return shown.Append('…').ToString();
            }

            var prints = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            shown.Append(prints ? rune.ToString() : "?");
        }

        return shown.ToString();
    }
}
