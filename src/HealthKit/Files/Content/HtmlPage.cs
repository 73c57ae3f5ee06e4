using System.Text;

namespace HealthKit;

/// <summary>Tells an HTML page by how it begins.</summary>
internal static class HtmlPage
{
    private const int MaxTitle = 100;

    /// <summary>Tags that begin a page or what a server sends for one: those of the WHATWG MIME Sniffing Standard, section 7.1, and two more.</summary>
    private static readonly string[] Tags =
        ["html", "head", "body", "title", "script", "style", "meta", "center", "h1", "iframe", "div", "font", "table", "br", "b", "p", "a"];

    /// <summary>Whether bytes that a file begins with are an HTML page.</summary>
    /// <param name="head">ASCII or anything that has ASCII in it (UTF-16 made UTF-8), without a byte order mark.</param>
    /// <param name="isXml">The file is XML by its name: then only what nothing but HTML has counts.</param>
    public static bool Is(ReadOnlySpan<byte> head, bool isXml)
    {
        while (true)
        {
            head = head.TrimStart(" \t\r\n\f"u8);
            if (StartsWith(head, "<!--") && head.IndexOf("-->"u8) is > 0 and var comment)
            {
                head = head[(comment + 3)..];
            }
            else if (StartsWith(head, "<?xml") && head.IndexOf("?>"u8) is > 0 and var declaration)
            {
                head = head[(declaration + 2)..];
                isXml = true;
            }
            else
            {
                break;
            }
        }

        if (StartsWith(head, "<!doctype"))
        {
            var rest = head["<!doctype".Length..].TrimStart(" \t\r\n\f"u8);
            return StartsWith(rest, "html") && IsEnd(rest, "html".Length);
        }

        foreach (var tag in isXml ? Tags.AsSpan(0, 1) : Tags)
        {
            if (head.Length > 0 && head[0] == '<' && StartsWith(head[1..], tag) && IsEnd(head, tag.Length + 1))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The page's title, redacted and shortened; null when it has none.</summary>
    public static string? TitleOf(ReadOnlySpan<byte> head, Redactor redactor)
    {
        var text = Encoding.UTF8.GetString(head);
        var tag = text.IndexOf("<title", StringComparison.OrdinalIgnoreCase);
        var start = tag < 0 ? -1 : text.IndexOf('>', tag);
        var end = start < 0 ? -1 : text.IndexOf("</title", start, StringComparison.OrdinalIgnoreCase);
        var title = end < 0 ? "" : text[(start + 1)..end].Trim();
        return title.Length == 0 ? null : ForeignText.Shown(redactor.Redact(title), MaxTitle);
    }

    private static bool StartsWith(ReadOnlySpan<byte> bytes, string ascii) =>
        bytes.Length >= ascii.Length && Ascii.EqualsIgnoreCase(bytes[..ascii.Length], ascii);

    private static bool IsEnd(ReadOnlySpan<byte> bytes, int index) =>
        index < bytes.Length && bytes[index] is (byte)'>' or (byte)' ' or (byte)'/' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'\f';
}
