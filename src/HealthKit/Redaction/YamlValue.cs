namespace HealthKit;

/// <summary>Reads values as YAML writes them without quotation marks: blocks of indented lines, and plain text to the end of the line.</summary>
internal static class YamlValue
{
    private const int MaxLookback = 128;
    private const int MaxComment = 256;
    private const int MaxName = 64;

    /// <summary>A block scalar (YAML 1.2.2, section 8.1): all lines below that are indented further than its name.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="start">Where its <c>|</c> or <c>></c> stands.</param>
    /// <param name="nameStart">Where its name begins.</param>
    /// <param name="finding">What to hide.</param>
    public static bool TryReadBlock(ReadOnlySpan<char> text, int start, int nameStart, out Finding finding)
    {
        finding = default;
        var i = start + 1;
        while (i < text.Length && i - start <= 2 && (text[i] is '+' or '-' || char.IsAsciiDigit(text[i])))
        {
            i++;
        }

        var rest = text[i..Math.Min(text.Length, i + MaxComment)];
        var blanks = rest.Length - rest.TrimStart(" \t").Length;
        if (blanks > 0 && blanks < rest.Length && rest[blanks] == '#')
        {
            blanks = Math.Max(blanks, rest.IndexOfAny('\r', '\n'));
        }

        i += blanks;
        if (i >= text.Length || text[i] is not ('\r' or '\n'))
        {
            return false;
        }

        var indent = IndentOf(text, nameStart);
        var (first, end) = (-1, -1);
        while (i < text.Length)
        {
            i++; // the line's end
            var content = i;
            while (content < text.Length && text[content] is ' ' or '\t')
            {
                content++;
            }

            if (content < text.Length && text[content] is '\r' or '\n')
            {
                i = content;
                continue;
            }

            if (content == text.Length || content - i <= indent)
            {
                break;
            }

            if (first < 0)
            {
                first = content;
                if (text[first..].StartsWith(ValueReader.PemStart))
                {
                    finding = Finding.Nothing(first); // has its own rule
                    return true;
                }
            }

            var length = text[content..].IndexOfAny('\r', '\n');
            end = i = length < 0 ? text.Length : content + length;
        }

        if (first >= 0)
        {
            finding = Finding.Hide(text, first, first + text[first..end].TrimEnd().Length);
        }

        return first >= 0;
    }

    /// <summary>Whether a name begins its line, as names do in YAML: <c>- db.password</c>.</summary>
    public static bool BeginsLine(ReadOnlySpan<char> text, int nameStart)
    {
        var from = Math.Max(0, nameStart - MaxLookback);
        var before = text[from..nameStart];
        var line = before.LastIndexOfAny('\r', '\n');
        if (line < 0 && from > 0)
        {
            return false;
        }

        foreach (var c in before[(line + 1)..].TrimStart(" \t-"))
        {
            if (!(char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or ':' or '/'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Where plain text ends: with its line, before another name, or before what tells of a failure (<c>is wrong</c>).</summary>
    public static int EndOfPlain(ReadOnlySpan<char> text, int start)
    {
        var i = start;
        while (true)
        {
            i = ValueReader.StopOfWord(text, i);
            var next = i;
            while (next < text.Length && text[next] is ' ' or '\t')
            {
                next++;
            }

            if (next == i || next == text.Length || text[next] is '\r' or '\n' || IsName(text, next) || Mentions.IsCause(text, next))
            {
                return ValueReader.WithoutClosers(text, start, i);
            }

            i = next;
        }
    }

    /// <summary>A colon and a blank end plain text in YAML (1.2.2, section 7.3.3).</summary>
    private static bool IsName(ReadOnlySpan<char> text, int from)
    {
        var rest = text[from..Math.Min(text.Length, from + MaxName)];
        var length = 0;
        while (length < rest.Length && (char.IsAsciiLetter(rest[length]) || rest[length] is '_' or '-' or '.'))
        {
            length++;
        }

        return length > 0 && length < rest.Length && rest[length] == ':' && (length + 1 == rest.Length || rest[length + 1] == ' ');
    }

    private static int IndentOf(ReadOnlySpan<char> text, int nameStart)
    {
        var line = text[..nameStart];
        line = line[(line.LastIndexOfAny('\r', '\n') + 1)..];
        // The name's column; in a line that begins with something else (a log's time), the line's indentation.
        return line.Trim(" \t-?\"'").IsEmpty ? line.Length : line.Length - line.TrimStart(" \t").Length;
    }
}
