using System.Buffers;

namespace HealthKit;

/// <summary>What stands between a name and its value.</summary>
internal enum Separator
{
    /// <summary>An equals sign, an arrow, or nothing but blanks.</summary>
    Equals,

    /// <summary>A colon.</summary>
    Colon,
}

/// <summary>Reads where the value after a name ends.</summary>
internal static class ValueReader
{
    private const int MaxLookahead = 256;
    private const int MaxListIndent = 64;
    internal const string PemStart = "-----BEGIN";

    private static readonly SearchValues<char> WordStops =
        SearchValues.Create(" \t\r\n\v\f\0\u0085\u00A0\u2028\u2029;&,\"'`<\\");

    private static readonly SearchValues<char> Structure = SearchValues.Create(",;:.)]}><\"'`\\");

    private static readonly SearchValues<char> LineStops = SearchValues.Create("\r\n\"'\\");

    private static readonly SearchValues<char> DelimitedStops = SearchValues.Create(";\r\n\"");

    private static readonly SearchValues<char> LastDelimitedStops = SearchValues.Create(";\r\n\"'`<\\");

    /// <summary>What ends a sentence or a bracket around a value, not the value.</summary>
    private const string Closers = ".,;:)]}>\"'`";

    /// <summary>Authentication schemes (RFC 9110, section 11.1) with one word behind them; they stay readable.</summary>
    private static readonly string[] Schemes = ["Bearer ", "Basic ", "Token ", "ApiKey ", "Bot ", "Negotiate ", "NTLM ", "SharedKey "];

    /// <summary>Whether a quotation mark may close before a position: what follows belongs to the text around it.</summary>
    public static bool IsStructural(ReadOnlySpan<char> text, int i) =>
        i >= text.Length || char.IsWhiteSpace(text[i]) || Structure.Contains(text[i]);

    /// <summary>Whether the marker stands here already.</summary>
    public static bool IsHidden(ReadOnlySpan<char> text, int i) =>
        text[i..].StartsWith(Redactor.Marker)
        && (i + Redactor.Marker.Length == text.Length || !char.IsLetterOrDigit(text[i + Redactor.Marker.Length]));

    /// <summary>Reads a value.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="start">Where the value begins.</param>
    /// <param name="shape">What it looks like without quotes.</param>
    /// <param name="separator">What stands before it.</param>
    /// <param name="nameStart">Where the name begins.</param>
    public static Finding Read(ReadOnlySpan<char> text, int start, ValueShape shape, Separator separator, int nameStart)
    {
        if (text[start] is '|' or '>' && separator == Separator.Colon && YamlValue.TryReadBlock(text, start, nameStart, out var block))
        {
            return block;
        }

        if (text[start] == '[')
        {
            var first = SkipWhiteSpace(text, start + 1);
            if (QuoteMark.TryRead(text, first, out var opening))
            {
                return Quoted(text, first + opening.Length, opening, inList: true, mayBeCauses: separator == Separator.Colon);
            }

            if (shape == ValueShape.Header && separator == Separator.Equals)
            {
                return Bracketed(text, start + 1);
            }
        }

        // Erlang's <<"…">>
        start += text[start..].StartsWith("<<\"") ? 2 : 0;
        if (QuoteMark.TryRead(text, start, out var mark))
        {
            return Quoted(text, start + mark.Length, mark);
        }

        // Python's b'…', C#'s @"…", SQL's N'…'
        if (start + 1 < text.Length && (char.IsAsciiLetter(text[start]) || text[start] is '@' or '$')
            && text[start + 1] is '"' or '\'' && QuoteMark.TryRead(text, start + 1, out mark))
        {
            return Quoted(text, start + 2, mark);
        }

        if (TryDollarQuote(text, start, out var dollar))
        {
            return dollar;
        }

        if (IsHidden(text, start))
        {
            return Finding.Nothing(start + Redactor.Marker.Length);
        }

        // An object has names of its own; a private key has its own rule.
        var wholeLine = shape is ValueShape.Line or ValueShape.Header && separator == Separator.Colon;
        var isLast = separator == Separator.Equals && FollowsSemicolon(text, nameStart);
        var known = separator == Separator.Equals && !isLast && StandsFirst(text, nameStart, start) ? EndOfDelimited(text, start) : -1;
        if ((!isLast && known < 0 && IsObject(text, start, wholeLine)) || text[start..].StartsWith(PemStart))
        {
            return Finding.None;
        }

        if (text[start] == '{' && separator == Separator.Equals && EndOfBraces(text, start + 1) is var brace && brace > start + 1)
        {
            return IsHidden(text, start + 1) ? Finding.Nothing(brace) : Finding.Hide(text, start + 1, brace);
        }

        var value = SkipScheme(text, start, text.Length);
        if (value > start && IsHidden(text, value))
        {
            return Finding.Nothing(value + Redactor.Marker.Length);
        }

        // Read to the end of the line, and so not before it is known that what is read is hidden.
        known = isLast ? EndOfLastDelimited(text, start) : known;
        var end = wholeLine && value == start
            ? EndOfLine(text, value, nameStart)
            : known >= 0 ? value + text[value..known].TrimEnd().Length
            : EndOfWord(text, value);
        var isPlain = !wholeLine && separator == Separator.Colon && text[start - 1] == ' ' && YamlValue.BeginsLine(text, nameStart);
        var content = text[value..end];
        if (RedactionRules.IsPlainValue(content))
        {
            return Finding.Nothing(end);
        }

        // "secret: password: x": what follows is a name, not a value.
        return end < text.Length && text[end] is ':' or '=' && RedactionRules.IsBareName(content)
            ? Finding.None
            : Finding.Hide(text, value, isPlain ? YamlValue.EndOfPlain(text, value) : end);
    }

    /// <summary>Whether a text in PostgreSQL's dollar quotes begins here.</summary>
    public static bool IsDollarQuoted(ReadOnlySpan<char> text, int start) => TryDollarQuote(text, start, out _);

    /// <summary><c>$$x$$</c>, <c>$tag$x$tag$</c> (PostgreSQL, section 4.1.2.4), where nothing else follows behind it.</summary>
    private static bool TryDollarQuote(ReadOnlySpan<char> text, int start, out Finding finding)
    {
        finding = default;
        var rest = text[start..Math.Min(text.Length, start + MaxLookahead)];
        var tag = rest.IsEmpty || rest[0] != '$' ? 0 : rest[1..].IndexOf('$') + 2;
        if (tag < 2 || rest[1..(tag - 1)].ContainsAnyExcept(TokenRule.LettersOnly))
        {
            return false;
        }

        var length = rest[tag..].IndexOf(rest[..tag]);
        if (length < 0 || !IsStructural(text, start + tag + length + tag))
        {
            return false;
        }

        finding = Finding.Hide(text, start + tag, start + tag + length);
        finding = finding.Hides ? finding : Finding.Nothing(start + tag + length);
        return true;
    }

    /// <summary>Hides a range without the blanks around it.</summary>
    public static Finding Trimmed(ReadOnlySpan<char> text, int start, int end)
    {
        while (start < end && char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        // Before anything reads to the end, for a key is left to its own rule, and the next element may end there too.
        if (text[start..end].StartsWith(PemStart))
        {
            return Finding.Nothing(start);
        }

        while (end > start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return RedactionRules.IsPlainValue(text[start..end])
            ? Finding.Nothing(start)
            : Finding.Hide(text, start, end);
    }

    /// <summary>Where a value without quotes ends that goes on to the next blank, or to a delimiter with another name behind it.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="start">Where the value begins.</param>
    public static int EndOfWord(ReadOnlySpan<char> text, int start) => WithoutClosers(text, start, StopOfWord(text, start));

    /// <summary>Where a value ends without what closes a sentence or a bracket around it.</summary>
    public static int WithoutClosers(ReadOnlySpan<char> text, int start, int end) => start + text[start..end].TrimEnd(Closers).Length;

    /// <summary>Where a word ends, with what closes a sentence or a bracket around it.</summary>
    public static int StopOfWord(ReadOnlySpan<char> text, int start)
    {
        var i = start;
        while (i < text.Length)
        {
            var stop = text[i..].IndexOfAny(WordStops);
            if (stop < 0)
            {
                i = text.Length;
                break;
            }

            i += stop;
            if (EndsWord(text, i))
            {
                break;
            }

            i++;
        }

        return i;
    }

    private static bool EndsWord(ReadOnlySpan<char> text, int i) => text[i] switch
    {
        ';' or '&' or ',' => IsBeforeName(text, i),
        '"' or '\'' or '`' => IsStructural(text, i + 1),
        '\\' => i + 1 < text.Length && text[i + 1] is '"' or '\'',
        '<' => i + 1 < text.Length && text[i + 1] == '/',
        _ => true,
    };

    /// <summary>Whether a delimiter is followed by a name and what separates it from its value: <c>;Database=</c>, <c>,user:</c>.</summary>
    private static bool IsBeforeName(ReadOnlySpan<char> text, int delimiter)
    {
        var rest = text[(delimiter + 1)..Math.Min(text.Length, delimiter + 64)].TrimStart(' ');
        rest = rest.TrimStart("\"'");
        var i = 0;
        while (i < rest.Length
            && (char.IsAsciiLetterOrDigit(rest[i]) || rest[i] is '_' or '-' or '.' || (rest[i] == ' ' && text[delimiter] == ';')))
        {
            i++;
        }

        if (i == 0)
        {
            return false;
        }

        rest = rest[i..].TrimStart("\"' ");
        return rest.Length > 0 && (rest[0] == '=' || (rest[0] == ':' && text[delimiter] == ','));
    }

    /// <summary>Where a connection string's value ends, if another name follows it in the same line; else -1.</summary>
    private static int EndOfDelimited(ReadOnlySpan<char> text, int start)
    {
        var limit = Math.Min(text.Length, start + MaxLookahead);
        for (var i = start; i < limit; i++)
        {
            var stop = text[i..limit].IndexOfAny(DelimitedStops);
            if (stop < 0)
            {
                return -1;
            }

            i += stop;
            if (text[i] != ';')
            {
                return -1;
            }

            if (IsBeforeName(text, i) || IsLast(text, i))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Where a value behind another pair of a connection string ends: there a blank belongs to it, up to the end of the line.</summary>
    private static int EndOfLastDelimited(ReadOnlySpan<char> text, int start)
    {
        for (var i = start; i < text.Length; i++)
        {
            var stop = text[i..].IndexOfAny(LastDelimitedStops);
            if (stop < 0)
            {
                break;
            }

            i += stop;
            if (text[i] is '\r' or '\n')
            {
                return WithoutClosers(text, start, i);
            }

            if (text[i] == ';' ? IsBeforeName(text, i) || IsLast(text, i) : EndsWord(text, i))
            {
                return i;
            }
        }

        return WithoutClosers(text, start, text.Length);
    }

    /// <summary>Whether nothing follows a semicolon: <c>…;Password=a b;</c>.</summary>
    private static bool IsLast(ReadOnlySpan<char> text, int semicolon) =>
        semicolon + 1 == text.Length || text[semicolon + 1] is '\r' or '\n' or '"' or '\'' or '`';

    private static bool FollowsSemicolon(ReadOnlySpan<char> text, int nameStart) =>
        SkipBlanksBack(text, nameStart) is > 0 and var i && text[i - 1] == ';';

    /// <summary>Whether a name stands where the first of a connection string stands: at the start, or behind a quotation mark.</summary>
    private static bool StandsFirst(ReadOnlySpan<char> text, int nameStart, int value)
    {
        // "password=&user=x" may stand first too: there an empty value is more likely than one that begins with a delimiter.
        var i = SkipBlanksBack(text, nameStart);
        return (i == 0 || text[i - 1] is '"' or '\'') && text[value] is not ('&' or ',');
    }

    private static int SkipBlanksBack(ReadOnlySpan<char> text, int from)
    {
        var i = from;
        while (i > 0 && from - i < 8 && text[i - 1] == ' ')
        {
            i--;
        }

        return i;
    }

    private static int EndOfLine(ReadOnlySpan<char> text, int start, int nameStart)
    {
        var around = nameStart > 0 && text[nameStart - 1] == '\'' ? '\'' : '"';
        var inQuotes = false;
        var i = start;
        while (i < text.Length)
        {
            var stop = text[i..].IndexOfAny(LineStops);
            if (stop < 0)
            {
                i = text.Length;
                break;
            }

            i += stop;
            if (text[i] is '\r' or '\n' || (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is 'r' or 'n' or '"'))
            {
                break;
            }

            if (text[i] == around)
            {
                // A parameter's own marks (Digest username="x") come in pairs; any other closes the text around the header.
                if (!inQuotes && text[i - 1] != '=' && IsStructural(text, i + 1))
                {
                    break;
                }

                inQuotes = !inQuotes && text[i - 1] == '=';
            }

            i++;
        }

        return start + text[start..i].TrimEnd().Length;
    }

    private static bool IsObject(ReadOnlySpan<char> text, int start, bool wholeLine)
    {
        if (text[start] != '{' || start + 1 == text.Length || text[start + 1] is '"' or '\'' or '\\' or '\r' or '\n')
        {
            return text[start] == '{';
        }

        return !wholeLine
            && (char.IsWhiteSpace(text[start + 1])
                || (text[start + 1] == '}' && (start + 2 == text.Length || char.IsWhiteSpace(text[start + 2]) || text[start + 2] == ',')));
    }

    /// <summary>Where a value in braces ends, as ODBC writes it (<c>PWD={a;b}</c>, a brace inside is doubled), or -1.</summary>
    private static int EndOfBraces(ReadOnlySpan<char> text, int start)
    {
        var limit = Math.Min(text.Length, start + MaxLookahead);
        for (var i = start; i < limit && text[i] is not ('\r' or '\n'); i++)
        {
            if (text[i] == '}')
            {
                if (i + 1 == text.Length || text[i + 1] != '}')
                {
                    return IsStructural(text, i + 1) ? i : -1;
                }

                i++;
            }
        }

        return -1;
    }

    private static Finding Quoted(ReadOnlySpan<char> text, int start, QuoteMark mark, bool inList = false, bool mayBeCauses = false)
    {
        if (IsHidden(text, start))
        {
            return Finding.Nothing(start + Redactor.Marker.Length);
        }

        if (text[start..].StartsWith(PemStart))
        {
            return Finding.Nothing(start);
        }

        var end = mark.FindClose(text, start);
        mayBeCauses = mayBeCauses && Mentions.IsSentence(text[start..end]);
        while (inList && end < text.Length && NextOfList(text, end + mark.Length, mark) is var next and > 0)
        {
            end = mark.FindClose(text, next);
            mayBeCauses = mayBeCauses && Mentions.IsSentence(text[next..end]);
        }

        if (mayBeCauses || RedactionRules.IsPlainValue(text[start..end]))
        {
            return Finding.Nothing(end);
        }

        var value = SkipScheme(text, start, end);
        return IsHidden(text, value) ? Finding.Nothing(end) : Finding.Hide(text, value, end);
    }

    /// <summary>A header's values as Java prints a map of them: <c>{Authorization=[Bearer x], Cookie=[a=b; c=d]}</c>.</summary>
    private static Finding Bracketed(ReadOnlySpan<char> text, int start)
    {
        if (IsHidden(text, SkipScheme(text, start, text.Length)))
        {
            return Finding.Nothing(start);
        }

        var end = text[start..].IndexOfAny(']', '\r', '\n');
        end = end < 0 ? text.Length : start + end;
        return Finding.Hide(text, SkipScheme(text, start, end), end);
    }

    private static int SkipWhiteSpace(ReadOnlySpan<char> text, int from)
    {
        var i = from;
        while (i < text.Length && i - from < MaxListIndent && char.IsWhiteSpace(text[i]))
        {
            i++;
        }

        return i;
    }

    /// <summary>Where the next text of a list begins, behind its opening mark; 0 at the list's end.</summary>
    private static int NextOfList(ReadOnlySpan<char> text, int i, QuoteMark mark)
    {
        var rest = text[Math.Min(i, text.Length)..Math.Min(text.Length, i + MaxListIndent)];
        var trimmed = rest.TrimStart();
        if (!trimmed.StartsWith(","))
        {
            return 0;
        }

        trimmed = trimmed[1..].TrimStart();
        return QuoteMark.TryRead(trimmed, 0, out var next) && next == mark ? i + rest.Length - trimmed.Length + mark.Length : 0;
    }

    private static int SkipScheme(ReadOnlySpan<char> text, int start, int end)
    {
        foreach (var scheme in Schemes)
        {
            if (text[start..end].StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                var value = start + scheme.Length;
                while (value < end && text[value] == ' ')
                {
                    value++;
                }

                return value < end && !char.IsWhiteSpace(text[value]) ? value : start;
            }
        }

        return start;
    }
}
