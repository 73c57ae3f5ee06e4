namespace HealthKit;

/// <summary>Finds a field for a password in an HTML page. Linear in the page.</summary>
internal static class PasswordField
{
    private const int LongestTag = 2_000;

    public static bool IsIn(ReadOnlySpan<char> html)
    {
        while (true)
        {
            var start = html.IndexOf("<input", StringComparison.OrdinalIgnoreCase);
            if (start < 0)
            {
                return false;
            }

            html = html[(start + "<input".Length)..];
            var end = html.IndexOf('>');
            var tag = html[..Math.Min(end < 0 ? html.Length : end, LongestTag)];
            if (IsPassword(tag))
            {
                return true;
            }

            html = html[tag.Length..];
        }
    }

    private static bool IsPassword(ReadOnlySpan<char> tag)
    {
        while (true)
        {
            var at = tag.IndexOf("type", StringComparison.OrdinalIgnoreCase);
            if (at < 0)
            {
                return false;
            }

            var isWord = at > 0 && (char.IsWhiteSpace(tag[at - 1]) || tag[at - 1] is '/' or '"' or '\'');
            tag = tag[(at + "type".Length)..];
            var value = tag.TrimStart();
            if (isWord && value.StartsWith("="))
            {
                value = value[1..].TrimStart();
                value = value.StartsWith("\"") || value.StartsWith("'") ? value[1..] : value;
                if (value.StartsWith("password", StringComparison.OrdinalIgnoreCase) && (value.Length == 8 || !char.IsAsciiLetterOrDigit(value[8])))
                {
                    return true;
                }
            }
        }
    }
}
