namespace HealthKit;

/// <summary>What may stand around a secret's name for it to be that name still.</summary>
internal enum NameDress
{
    /// <summary>A word of its own: <c>pass</c>, <c>DB_PASS</c>, <c>dbPass</c>, but not <c>bypass</c>.</summary>
    Word,

    /// <summary>
    /// Anything may stand before it, words after it: <c>clientsecret</c>, <c>secret_key_base</c>, but not <c>secretary</c>.
    /// </summary>
    Prefixed,

    /// <summary>Anything may stand before and after it: <c>userpasswords</c>.</summary>
    Anywhere,

    /// <summary>A word of its own, in a URL's query: <c>?sig=…</c>.</summary>
    Query,

    /// <summary>All of a parameter's name in a URL's query or a form: <c>?code=…</c>, but not <c>?status_code=…</c>.</summary>
    Parameter,
}

/// <summary>What the value after a name looks like when no quotes show where it ends.</summary>
internal enum ValueShape
{
    /// <summary>It goes on to the next blank, or to a delimiter with another name behind it.</summary>
    Word,

    /// <summary>As <see cref="Word"/>; a value in quotes may follow after blanks alone: <c>IDENTIFIED BY 'x'</c>.</summary>
    WordOrSqlLiteral,

    /// <summary>After a colon, it goes on to the end of the line.</summary>
    Line,

    /// <summary>As <see cref="Line"/>, except that a known authentication scheme stays and one word behind it is hidden.</summary>
    Header,
}

/// <summary>
/// Hides the value that follows a name: <c>password=x</c>, <c>"apiKey": "x"</c>, <c>--token x</c>, <c>&lt;secret&gt;x&lt;/secret&gt;</c>.
/// </summary>
internal sealed record NameRule(string Name, NameDress Dress, ValueShape Shape = ValueShape.Word) : RedactionRule(TriggerOf(Name))
{
    private const int MaxBlanks = 32;
    private const int MaxLookahead = 256;
    private const int MaxLookaround = 128;
    private const int LongestBelow = 1_024;
    private const string CDataStart = "<![CDATA[";

    /// <summary>What stands before a parameter's name, plain or as HTML, a URL or JSON write it.</summary>
    private static readonly string[] ParameterStarts = ["?", "&", "&amp;", "%3F", "%26", "\\u0026"];

    private static readonly string[] SettingElements = ["setting ", "entry ", "property ", "parameter "];

    private readonly string[] _leadingWords = TriggerOf(Name) == Name ? [] : Name.Split(' ')[..^1];

    private bool InQuery => Dress is NameDress.Query or NameDress.Parameter;

    /// <summary>Whether a whole key is this name, dressed or not.</summary>
    public bool IsName(ReadOnlySpan<char> key, int hit)
    {
        var memory = default(ScanMemory);
        return !InQuery
            && key[hit..].StartsWith(Trigger, StringComparison.OrdinalIgnoreCase)
            && TryName(key, hit, ref memory, out _, out var end)
            && end == key.Length;
    }

    public override Finding Find(ReadOnlySpan<char> text, int hit, ref ScanMemory memory)
    {
        if (!TryName(text, hit, ref memory, out var start, out var end))
        {
            return Finding.None;
        }

        ReadElement(text, start, end, ref memory);
        if (!TrySeparator(text, start, end, out var value, out var separator))
        {
            return Finding.None;
        }

        return Mentions.Has(this, text, hit, start..end, value, separator)
            ? Finding.Nothing(value)
            : ValueReader.Read(text, value, Shape, separator, start);
    }

    /// <summary>The last word of a name is looked for: it tells names apart from other text best.</summary>
    private static string TriggerOf(string name) =>
        name.Split(' ')[^1] is { Length: > 2 } last ? last : name;

    private bool TryName(ReadOnlySpan<char> text, int hit, ref ScanMemory memory, out int start, out int end)
    {
        var nameStart = hit;
        var nameEnd = hit + Trigger.Length;
        (start, end) = (hit, nameEnd);
        if (Dress != NameDress.Anywhere && !Words.EndsAt(text, nameEnd))
        {
            return false;
        }

        for (var i = _leadingWords.Length - 1; i >= 0; i--)
        {
            if (nameStart > 0 && text[nameStart - 1] is '-' or '_' or '.' or ' ')
            {
                nameStart--;
            }

            if (!text[..nameStart].EndsWith(_leadingWords[i], StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            nameStart -= _leadingWords[i].Length;
        }

        if (Dress == NameDress.Parameter && !IsParameter(text, nameStart, nameEnd))
        {
            return false;
        }

        if (Dress is NameDress.Word or NameDress.Query && !Words.StartsAt(text, nameStart))
        {
            return false;
        }

        (start, end) = memory.NameAround(text, nameStart, nameEnd);
        if (end > nameEnd && RedactionRules.IsHarmlessEnding(Words.Last(text[nameEnd..end])))
        {
            return false;
        }

        return Dress != NameDress.Query || (start > 0 && text[start - 1] is '?' or '&' or ';' or '=' or '%');
    }

    private static bool IsParameter(ReadOnlySpan<char> text, int start, int end)
    {
        if (end == text.Length || !(text[end] == '=' || text[end..].StartsWith("%3D", StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        foreach (var before in ParameterStarts)
        {
            if (text[..start].EndsWith(before, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Remembers the content of an element with this name, with or without a namespace prefix and attributes.</summary>
    private static void ReadElement(ReadOnlySpan<char> text, int start, int end, ref ScanMemory memory)
    {
        var before = text[Math.Max(0, start - MaxBlanks)..start];
        var escaped = before.EndsWith("&lt;") && text[end..].StartsWith("&gt;");
        if (before.EndsWith(":"))
        {
            before = Words.WithoutLast(before[..^1]);
        }

        var tag = text[end..Math.Min(text.Length, end + MaxLookahead)];
        var length = escaped ? "&gt;".Length : tag.IndexOf('>') + 1;
        tag = tag[..length];
        var isNamed = !escaped && length > 0 && !tag.EndsWith("/>") && NamesElement(text, start, tag);
        if (!escaped && !isNamed && (!before.EndsWith("<") || length == 0 || (length > 1 && !char.IsWhiteSpace(tag[0]))
            || tag.Contains('<') || tag.EndsWith("/>") || tag.Contains(Redactor.Marker, StringComparison.Ordinal)))
        {
            return;
        }

        // "AUTH <password> called without any password configured" is no element: it is never closed.
        var content = end + length;
        var inner = SkipWhiteSpace(text, content);
        var hasValue = text[inner..].StartsWith("<value>");
        content = hasValue ? inner + "<value>".Length : content;
        var close = memory.ElementEnd(text, content, escaped);
        var cdata = text[content..].TrimStart();
        if (cdata.StartsWith(CDataStart))
        {
            content = text.Length - cdata.Length + CDataStart.Length;
            var cdataEnd = memory.CDataEnd(text, content);
            close = cdataEnd < 0 ? text.Length : cdataEnd;
        }

        // With a blank in it, it is rather a text about the setting.
        if (close >= 0 && !(isNamed && !hasValue && text[content..Math.Min(close, content + MaxLookahead)].Trim().ContainsAny(' ', '\t')))
        {
            memory.Content = ValueReader.Trimmed(text, content, close);
        }
    }

    /// <summary>
    /// Whether a name is the one that an attribute gives an element: <c>&lt;entry key="db.password"></c>, <c>&lt;setting name="Password"></c>. Only of
    /// elements that settings are made of: in a page, <c>&lt;input name="password"></c> has none of the text behind it.
    /// </summary>
    private static bool NamesElement(ReadOnlySpan<char> text, int start, ReadOnlySpan<char> tag)
    {
        if (tag.IsEmpty || tag[0] is not ('"' or '\'') || tag.ContainsAny('<', '\r', '\n') || tag.Contains(Redactor.Marker, StringComparison.Ordinal))
        {
            return false;
        }

        var before = text[Math.Max(0, start - MaxLookaround)..start];
        before = before[(before.LastIndexOf('<') + 1)..];
        var mark = before.LastIndexOfAny('"', '\'');
        if (mark < 0 || !(before[..mark].EndsWith(" name=") || before[..mark].EndsWith(" key=")))
        {
            return false;
        }

        foreach (var element in SettingElements)
        {
            if (before.StartsWith(element))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Where the value of a name begins, and what stands between.</summary>
    private bool TrySeparator(ReadOnlySpan<char> text, int start, int end, out int value, out Separator separator)
    {
        (value, separator) = (end, Separator.Equals);
        if (end + 1 < text.Length && text[end] == '.' && char.IsAsciiLetter(text[end + 1]))
        {
            // "password.primary=x"; but "token.go:12" is a place in a file.
            var rest = text[end..Math.Min(text.Length, end + MaxLookahead)];
            var more = 0;
            while (more < rest.Length && (char.IsAsciiLetterOrDigit(rest[more]) || rest[more] is '.' or '_' or '-'))
            {
                more++;
            }

            if (more == rest.Length || rest[more] != '=' || RedactionRules.IsHarmlessEnding(Words.Last(rest[..more])))
            {
                return false;
            }

            end += more;
        }

        // What closes the name: "password":  'password' =>  user[password]=  \"password\":
        var i = end;
        var quoted = false;
        for (var n = 0; n < 4; n++)
        {
            if (i < text.Length && text[i] == ']')
            {
                i++;
            }
            else if (text[i..].StartsWith("%5D", StringComparison.OrdinalIgnoreCase))
            {
                i += 3;
            }
            else if (QuoteMark.TryRead(text, i, out var mark))
            {
                quoted = true;
                i += mark.Length;
            }
            else
            {
                break;
            }
        }

        var afterName = i;
        i = SkipBlanks(text, i);
        if (i == text.Length)
        {
            return false;
        }

        var at = text[i..];
        switch (at[0])
        {
            case '=':
                i++;
                while (i < text.Length && text[i] == '=' && i - afterName < MaxBlanks)
                {
                    i++;
                }

                i += i < text.Length && text[i] == '>' ? 1 : 0;
                break;
            case ':' when !InQuery && !at.StartsWith("::") && !at.StartsWith("://") && !IsPath(text, start, i):
                separator = Separator.Colon;
                i += at.StartsWith(":=") ? 2 : 1;
                break;
            case '-' when at.StartsWith("->"):
                i += 2;
                break;
            case '%' when at.StartsWith("%3D", StringComparison.OrdinalIgnoreCase)
                || at.StartsWith("%3A", StringComparison.OrdinalIgnoreCase):
                i += 3;
                break;
            case ',' when !InQuery && IsTuple(text, start, quoted):
                i++;
                break;
            default:
                return !InQuery
                    && (TryPair(text, start, afterName, out value) || TryBlanks(text, start, i, afterName, quoted, out value));
        }

        if (at[0] == ',' && TryPair(text, start, afterName, out value))
        {
            return true;
        }

        value = SkipBlanks(text, i);
        if (quoted && separator == Separator.Colon && SkipWhiteSpace(text, value) is var below && below > value && IsValueBelow(text, below))
        {
            value = below;
        }

        return value < text.Length;
    }

    /// <summary>Whether a text in quotes is all that an entry has in its line: not <c>'orders' was meant?</c></summary>
    private static bool IsValueBelow(ReadOnlySpan<char> text, int from)
    {
        if (!QuoteMark.TryRead(text, from, out var open))
        {
            return false;
        }

        var rest = text[(from + open.Length)..Math.Min(text.Length, from + open.Length + LongestBelow)];
        var close = open.FindClose(rest, 0);
        if (close == rest.Length || rest[close] is '\r' or '\n')
        {
            return true;
        }

        rest = rest[(close + open.Length)..].TrimStart(" \t");
        return rest is [] or [',' or '}' or '\r' or '\n', ..] && !rest.StartsWith(", '");
    }

    /// <summary>
    /// Name and value as two entries: <c>name="password" value="x"</c>, <c>{"key":"password","value":"x"}</c>, also with a line or one more entry
    /// between.
    /// </summary>
    private static bool TryPair(ReadOnlySpan<char> text, int start, int from, out int value)
    {
        value = from;
        var i = SkipBlanks(text, from);
        if (i < text.Length && text[i] == ',')
        {
            i = SkipWhiteSpace(text, i + 1);
            if (!StartsWithValue(text, i) && QuoteMark.TryRead(text, i, out _) && IsKeyed(text[..start]))
            {
                var rest = text[i..Math.Min(text.Length, i + MaxLookaround)];
                var comma = rest.IndexOf(',');
                i = comma < 0 || rest[..comma].ContainsAny('{', '}', '[') ? i : SkipWhiteSpace(text, i + comma + 1);
            }
        }
        else if (i < text.Length && text[i] is '\r' or '\n' && IsNamed(text[..start]))
        {
            i = SkipWhiteSpace(text, i);
        }

        i += QuoteMark.TryRead(text, i, out var open) ? open.Length : 0;
        if (i == from || !text[i..].StartsWith("value", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        i += "value".Length;
        i += QuoteMark.TryRead(text, i, out var close) ? close.Length : 0;
        i = SkipBlanks(text, i);
        if (i >= text.Length || text[i] is not (':' or '='))
        {
            return false;
        }

        value = SkipBlanks(text, i + 1);
        return value < text.Length;
    }

    private static bool StartsWithValue(ReadOnlySpan<char> text, int i) =>
        text[(i + (QuoteMark.TryRead(text, i, out var open) ? open.Length : 0))..].StartsWith("value", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a name stands where YAML has the name of a pair: <c>- name: POSTGRES_PASSWORD</c>.</summary>
    private static bool IsNamed(ReadOnlySpan<char> before)
    {
        before = before[Math.Max(0, before.Length - MaxLookaround)..];
        before = before[(before.LastIndexOfAny('\r', '\n') + 1)..].TrimStart(" \t-");
        return before.StartsWith("name: ", StringComparison.OrdinalIgnoreCase) || before.StartsWith("key: ", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether a name in quotes is the value of a <c>name</c> or <c>key</c>: <c>"key":"password"</c>.</summary>
    private static bool IsKeyed(ReadOnlySpan<char> before)
    {
        before = before[Math.Max(0, before.Length - MaxLookaround)..];
        before = before[..Math.Max(0, before.LastIndexOfAny('"', '\''))].TrimEnd("\\\"': \t");
        return before.EndsWith("name", StringComparison.OrdinalIgnoreCase) || before.EndsWith("key", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Nothing but blanks between: <c>--password x</c>, <c>'--password', 'x'</c>, <c>IDENTIFIED BY 'x'</c>.</summary>
    private bool TryBlanks(ReadOnlySpan<char> text, int start, int i, int afterName, bool quoted, out int value)
    {
        value = i;
        if (text[start] == '-' && (start == 0 || !char.IsLetterOrDigit(text[start - 1])))
        {
            if (quoted && text[i] == ',')
            {
                value = SkipBlanks(text, i + 1);
                return value < text.Length;
            }

            if (i == afterName || text[i] == '-')
            {
                return false;
            }

            var word = text[i..Math.Min(text.Length, i + 16)];
            var end = word.IndexOfAny(' ', '\n', ',');
            return !RedactionRules.IsProse(end < 0 ? word : word[..end]);
        }

        return Shape == ValueShape.WordOrSqlLiteral
            && (TrySql(text, start, i, afterName, quoted, out value)
                || (i > afterName && !quoted && IsNetrc(text[Math.Max(0, start - MaxLookahead)..start])));
    }

    /// <summary>
    /// <c>PASSWORD 'x'</c>, <c>PASSWORD E'x'</c>, <c>PASSWORD $$x$$</c>, <c>PASSWORD('x')</c>, <c>WITH caching_sha2_password BY 'x'</c>,
    /// <c>SET PASSWORD FOR 'app'@'%' = 'x'</c>.
    /// </summary>
    private static bool TrySql(ReadOnlySpan<char> text, int start, int i, int afterName, bool quoted, out int value)
    {
        value = i;
        if (text[i] == '(')
        {
            value = i + 1;
            return !quoted && value < text.Length && text[value] is '\'' or '"' && text[start..afterName].Equals("password", StringComparison.OrdinalIgnoreCase);
        }

        if (i == afterName)
        {
            return false;
        }

        var rest = text[i..Math.Min(text.Length, i + MaxLookahead)];
        if (rest.StartsWith("BY ", StringComparison.OrdinalIgnoreCase)
            || (rest.StartsWith("AS ", StringComparison.OrdinalIgnoreCase) && text[..start].TrimEnd("'\"`").EndsWith("WITH ", StringComparison.OrdinalIgnoreCase)))
        {
            value = SkipBlanks(text, i + 3);
            return value < text.Length && text[value] is '\'' or '"';
        }

        if (rest.StartsWith("FOR ", StringComparison.OrdinalIgnoreCase) && rest.IndexOf('=') is > 0 and var equals
            && !rest[..equals].ContainsAny('\r', '\n', ';'))
        {
            value = SkipBlanks(text, i + equals + 1);
            return value < text.Length && text[value] is '\'' or '"';
        }

        return !quoted && (rest[0] is '\'' or '"' || ValueReader.IsDollarQuoted(text, i) || (rest[0] is 'E' or 'e' or 'N' or 'n' && rest.Length > 1 && rest[1] == '\''));
    }

    /// <summary><c>machine host login user password x</c>, in one line or several (netrc(5)).</summary>
    private static bool IsNetrc(ReadOnlySpan<char> before)
    {
        for (var pairs = 0; pairs < 3; pairs++)
        {
            var value = LastWord(ref before);
            if (value is "default" || (LastWord(ref before) is var key && key is "machine"))
            {
                return pairs > 0;
            }

            if (key is not ("login" or "account"))
            {
                return false;
            }
        }

        return false;
    }

    private static ReadOnlySpan<char> LastWord(ref ReadOnlySpan<char> text)
    {
        text = text.TrimEnd();
        var start = text.LastIndexOfAny(" \t\r\n") + 1;
        var word = text[start..];
        text = text[..start];
        return word;
    }

    /// <summary>
    /// Name and value in one bracket: <c>{password,&lt;&lt;"x"&gt;&gt;}</c>, <c>[password, x]</c>, <c>('password', 'x')</c>.
    /// </summary>
    private static bool IsTuple(ReadOnlySpan<char> text, int start, bool quoted)
    {
        if (quoted)
        {
            start--;
        }

        return start > 0 && (text[start - 1] is '[' or '{' || (quoted && text[start - 1] == '('));
    }

    /// <summary>"/run/secrets/db_password: no such file" is a path; "/password:x" is an option.</summary>
    private static bool IsPath(ReadOnlySpan<char> text, int start, int colon)
    {
        if (start == 0 || text[start - 1] != '/')
        {
            return false;
        }

        var isOption = (start == 1 || char.IsWhiteSpace(text[start - 2]))
            && colon + 1 < text.Length && !char.IsWhiteSpace(text[colon + 1]);
        return !isOption;
    }

    private static int SkipWhiteSpace(ReadOnlySpan<char> text, int from)
    {
        var i = from;
        while (i < text.Length && i - from < MaxLookaround && char.IsWhiteSpace(text[i]))
        {
            i++;
        }

        return i;
    }

    private static int SkipBlanks(ReadOnlySpan<char> text, int from)
    {
        var i = from;
        while (i < text.Length && i - from < MaxBlanks && text[i] is ' ' or '\t')
        {
            i++;
        }

        return i;
    }
}
