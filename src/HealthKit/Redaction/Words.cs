namespace HealthKit;

/// <summary>Where words begin and end in names: at separators, digits and the humps of camel case.</summary>
internal static class Words
{
    private const int MaxWord = 24;

    public static bool StartsAt(ReadOnlySpan<char> text, int i) =>
        i == 0 || !char.IsLetter(text[i - 1]) || (char.IsUpper(text[i]) && char.IsLower(text[i - 1])) || FollowsEscape(text, i);

    /// <summary>Whether the letter before a position belongs to an escape: \n, \t, \r, %3D, %26.</summary>
    public static bool FollowsEscape(ReadOnlySpan<char> text, int i) =>
        (i > 1 && text[i - 2] == '\\' && text[i - 1] is 'n' or 't' or 'r')
        || (i > 2 && text[i - 3] == '%' && char.IsAsciiHexDigit(text[i - 2]) && char.IsAsciiHexDigit(text[i - 1]));

    public static bool EndsAt(ReadOnlySpan<char> text, int i) =>
        i >= text.Length || !char.IsLetter(text[i]) || (char.IsUpper(text[i]) && char.IsLower(text[i - 1]));

    /// <summary>A text without the letters and digits at its end.</summary>
    public static ReadOnlySpan<char> WithoutLast(ReadOnlySpan<char> text)
    {
        var i = text.Length;
        while (i > 0 && char.IsAsciiLetterOrDigit(text[i - 1]))
        {
            i--;
        }

        return text[..i];
    }

    /// <summary>The last word: <c>Required</c> of <c>IsRequired</c>.</summary>
    public static ReadOnlySpan<char> Last(ReadOnlySpan<char> name)
    {
        name = name.TrimEnd("-_.");
        var i = name.Length;
        while (i > 0 && name.Length - i < MaxWord && char.IsLetter(name[i - 1]))
        {
            i--;
            if (StartsAt(name, i))
            {
                break;
            }
        }

        return name[i..];
    }
}
