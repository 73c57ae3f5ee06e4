
namespace HealthKit;

/// <summary>
/// What stands behind a secret's name and yet is no secret: the cause of a failure, a parser's token, an SQL parameter, a cache's key.
/// </summary>
/// <remarks>
/// Each exception is narrow, since a secret that shows is worse than a word that is lost. All look a bounded way around the name.
/// </remarks>
internal static class Mentions
{
    private const int MaxLookaround = 64;
    private const int MaxWord = 16;
    private const int LongestLine = 256;

    /// <summary>What a <see cref="CancellationToken"/> says of itself.</summary>
    private const string CancellationTokenType = "System.Threading.CancellationToken";

    /// <summary>An assembly's public key token has eight bytes (ECMA-335, II.6.3).</summary>
    private const int PublicKeyTokenLength = 16;

    /// <summary>What has this length and a digit in it may be a token that a server has issued; fewer are a language's.</summary>
    private const int MinIssuedToken = 8;

    private const int MaxPlainToken = 24;

    /// <summary>Words before <c>token</c> that make it a parser's or a task's.</summary>
    private static readonly HashSet<string> OtherTokens = new(StringComparer.OrdinalIgnoreCase)
    { "unexpected", "expected", "cancellation" };

    /// <summary>First words of what went wrong: "password: must be at least 8 characters".</summary>
    private static readonly HashSet<string> FirstWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "cannot", "could", "did", "does", "expected", "has", "invalid", "is", "malformed", "missing", "must", "not", "required", "should",
        "signature", "the", "too", "value", "was",
    };

    /// <summary>Second words of what went wrong. A passphrase is made of words too: there one word is not enough to tell.</summary>
    private static readonly HashSet<string> SecondWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "access", "be", "been", "configured", "contain", "decrypt", "empty", "expired", "find", "found", "given", "have", "incorrect",
        "invalid", "load", "long", "match", "mismatch", "missing", "not", "open", "parse", "provided", "read", "required", "set", "short",
        "too", "weak", "wrong",
    };

    /// <summary>What stands behind a number that counts or measures.</summary>
    private static readonly HashSet<string> CountedWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "ready", "unacked", "pending", "waiting", "delayed", "failed", "running", "done", "messages", "message", "rows", "row", "jobs", "job", "items",
        "item", "entries", "entry", "events", "requests", "consumers", "consumer", "connections", "errors", "retries", "times", "bytes", "ms", "s",
        "seconds", "minutes", "hours", "days", "percent",
    };

    /// <summary>Other names of a connection string.</summary>
    private static readonly string[] Connections = ["server=", "host=", "data source", "database=", "catalog=", "dbname=", "driver=", "uid=", "user id", "userid="];

    /// <summary>Who logs in.</summary>
    private static readonly string[] Logins = ["user", "login"];

    /// <summary>What a sentence about a field holds, and hardly a passphrase: what ASP.NET's and others' validation says of it.</summary>
    private static readonly string[] Demands = [" must ", " is required", " is invalid", " is not ", " cannot ", " field "];

    /// <summary>Whether a value may stay.</summary>
    /// <param name="rule">The rule whose name was found.</param>
    /// <param name="text">The whole text.</param>
    /// <param name="hit">Where the rule's trigger stands.</param>
    /// <param name="name">The whole name.</param>
    /// <param name="value">Where the value begins.</param>
    /// <param name="separator">What stands between.</param>
    public static bool Has(NameRule rule, ReadOnlySpan<char> text, int hit, Range name, int value, Separator separator)
    {
        var (start, length) = name.GetOffsetAndLength(text.Length);
        var end = start + length;
        var afterBlank = text[value - 1] == ' ';
        if (separator == Separator.Colon && (IsSetting(text, start, end, value) || IsCount(text, hit + rule.Trigger.Length, end, value)))
        {
            return true;
        }

        if ((rule.Trigger == "pass" && IsRound(text, start, end, value)) || (rule.Trigger == "pwd" && IsWorkingDirectory(text, start, end, value, separator)))
        {
            return true;
        }

        if (rule.Trigger == "token"
            && (IsPublicKeyToken(text, text[start..end], value) || IsOtherToken(text, hit, value)
                || (separator == Separator.Colon && value == end + 1 && IsKey(text, start, value))))
        {
            return true;
        }

        return afterBlank && (separator == Separator.Colon
            ? IsProse(text, value, rule.Shape) || (rule.Trigger == "secret" && IsMissingPath(text, value))
            : IsParameter(rule, text, start, end, value));
    }

    /// <summary><c>PublicKeyToken=30ad4fe6b2a6aeed</c>: which assembly could not be loaded.</summary>
    private static bool IsPublicKeyToken(ReadOnlySpan<char> text, ReadOnlySpan<char> name, int value)
    {
        if (!name.EndsWith("PublicKeyToken", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        value += QuoteMark.TryRead(text, value, out var mark) ? mark.Length : 0;
        var digits = 0;
        while (value + digits < text.Length && digits <= PublicKeyTokenLength && char.IsAsciiHexDigit(text[value + digits]))
        {
            digits++;
        }

        return digits == PublicKeyTokenLength
            && (value + digits == text.Length
                || !(char.IsLetterOrDigit(text[value + digits]) || text[value + digits] is '_' or '-' or '+' or '/' or '='));
    }

    /// <summary><c>Unexpected token: StartObject</c>, <c>unexpected token: "SELECT"</c>.</summary>
    private static bool IsOtherToken(ReadOnlySpan<char> text, int hit, int value)
    {
        if (!OtherTokens.GetAlternateLookup<ReadOnlySpan<char>>().Contains(Words.Last(text[Math.Max(0, hit - MaxLookaround)..hit].TrimEnd(' '))))
        {
            return false;
        }

        value += QuoteMark.TryRead(text, value, out var mark) ? mark.Length : 0;
        var rest = Ahead(text, value);
        if (rest.StartsWith(CancellationTokenType))
        {
            return EndsHere(text, value + CancellationTokenType.Length);
        }

        var length = 0;
        while (length < rest.Length && (char.IsLetterOrDigit(rest[length]) || "_-+/=.~!#$%^@".Contains(rest[length], StringComparison.Ordinal)))
        {
            length++;
        }

        return length < MinIssuedToken || (length <= MaxPlainToken && !rest[..length].ContainsAnyInRange('0', '9'));
    }

    /// <summary><c>session:token:42</c>, <c>'token:refresh'</c>: a key's parts are short words and numbers.</summary>
    private static bool IsKey(ReadOnlySpan<char> text, int start, int value)
    {
        var inKey = start > 1 && text[start - 1] == ':' && char.IsAsciiLetterOrDigit(text[start - 2]);
        if (!inKey && (start == 0 || text[start - 1] is not ('\'' or '"' or '`')))
        {
            return false;
        }

        var rest = Ahead(text, value);
        var i = 0;
        while (true)
        {
            var part = i;
            var isNumber = i < rest.Length && char.IsAsciiDigit(rest[i]);
            while (i < rest.Length && (isNumber ? char.IsAsciiDigit(rest[i]) : char.IsAsciiLetterLower(rest[i])))
            {
                i++;
            }

            // One-time passwords have six digits and more.
            if (i == part || i - part > (isNumber ? 5 : 12))
            {
                return false;
            }

            if (i == rest.Length || rest[i] != ':')
            {
                return (inKey || (i < rest.Length && rest[i] == text[start - 1])) && EndsHere(text, value + i);
            }

            i++;
        }
    }

    /// <summary>
    /// <c>u."Token" = @__token_0</c>, <c>u.Token == __token_0</c>, <c>Token = @p0</c>, <c>Token = @token</c>; but <c>Password = @dm1n</c> is none.
    /// </summary>
    private static bool IsParameter(NameRule rule, ReadOnlySpan<char> text, int start, int end, int value)
    {
        if (text[value] is '?' or '$' && IsPlaceholder(text, start, value))
        {
            return true;
        }

        // Behind a semicolon it is a connection string, without an equals sign an option.
        if ((start > 0 && text[start - 1] == ';') || !text[Math.Max(end, value - MaxLookaround)..value].TrimEnd(' ').EndsWith("="))
        {
            return false;
        }

        var sql = text[value] == '@';
        value += sql ? 1 : 0;
        var rest = Ahead(text, value);
        var length = 0;
        while (length < rest.Length && (char.IsAsciiLetterOrDigit(rest[length]) || rest[length] == '_'))
        {
            length++;
        }

        if (!EndsHere(text, value + length))
        {
            return false;
        }

        var identifier = rest[..length];
        var word = identifier.TrimEnd("0123456789");
        var digits = length - word.Length;
        if (word.IsEmpty || digits > 3 || word.ContainsAnyInRange('0', '9'))
        {
            return false;
        }

        // Entity Framework numbers its parameters: __name_0, @p0.
        if (digits > 0)
        {
            return (word.Length > 3 && word.StartsWith("__") && word.EndsWith("_")) || (sql && word is "p");
        }

        var isColumn = start > 1 && text[start - 2] == '.' && text[start - 1] is '"' or '[' or '`';
        return sql && (isColumn
            || identifier.EndsWith(rule.Trigger, StringComparison.OrdinalIgnoreCase)
            || identifier.Equals(text[start..end], StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The parameters of ODBC and PostgreSQL: <c>WHERE token = ?</c>, <c>WHERE token = $1</c>.</summary>
    private static bool IsPlaceholder(ReadOnlySpan<char> text, int start, int value)
    {
        var digits = 0;
        while (text[value] == '$' && value + 1 + digits < text.Length && digits < 4 && char.IsAsciiDigit(text[value + 1 + digits]))
        {
            digits++;
        }

        return (text[value] == '?' || digits is > 0 and < 4) && !(start > 0 && text[start - 1] == ';') && EndsHere(text, value + 1 + digits);
    }

    /// <summary><c>secret: the disk is full</c>: at least two words, and no other name's value behind the first.</summary>
    private static bool IsProse(ReadOnlySpan<char> text, int value, ValueShape shape)
    {
        var rest = Ahead(text, value);
        var first = rest[..Letters(rest)];
        if (shape == ValueShape.Header || !FirstWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(first)
            || first.Length + 1 >= rest.Length || rest[first.Length] != ' ')
        {
            return false;
        }

        rest = rest[(first.Length + 1)..];
        var second = rest[..Letters(rest)];
        if (second.IsEmpty)
        {
            return shape != ValueShape.Line && (rest[0] is '\'' or '"' or '`' || char.IsAsciiDigit(rest[0]));
        }

        var isName = second.Length < rest.Length && rest[second.Length] is ':' or '=';
        return !isName && (shape != ValueShape.Line || SecondWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(second));
    }

    /// <summary>Whether words say what is wrong with the value before them: <c>is wrong</c>, <c>not found</c>.</summary>
    public static bool IsCause(ReadOnlySpan<char> text, int at) => IsProse(text, at, ValueShape.Line);

    /// <summary>Whether an entry of a list is what is wrong with a field: <c>"Password":["The Password field is required."]</c>.</summary>
    public static bool IsSentence(ReadOnlySpan<char> value)
    {
        if (value.Length > 4 * MaxLookaround || !value.EndsWith("."))
        {
            return false;
        }

        foreach (var demand in Demands)
        {
            if (value.Contains(demand, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary><c>tests pass: 12</c>, <c>first pass: 500 rows</c>, <c>compaction pass=3</c>: behind a word, and nobody logs in.</summary>
    private static bool IsRound(ReadOnlySpan<char> text, int start, int end, int value)
    {
        var before = LineBefore(text, start);
        return end - start == "pass".Length
            && before.EndsWith(" ") && before.TrimEnd(' ') is [.., var last] && char.IsLetterOrDigit(last)
            && !ContainsAny(before, Connections) && !ContainsAny(before, Logins)
            && ShortNumber(text, value) > 0;
    }

    /// <summary>
    /// <c>queue password-mails: 12 ready</c>, <c>token-service: 200 in 12 ms</c>: a thing that has a secret's name in its own, and what is counted.
    /// </summary>
    private static bool IsCount(ReadOnlySpan<char> text, int word, int end, int value)
    {
        if (word + 1 >= end || text[word] != '-' || !char.IsAsciiLetter(text[word + 1]) || text[value - 1] != ' ' || ShortNumber(text, value) is not (> 0 and var digits))
        {
            return false;
        }

        var rest = Ahead(text, value + digits);
        if (rest is not [' ', ..])
        {
            return false;
        }

        rest = rest[1..];
        var unit = rest[..Letters(rest)];
        return rest is ['%', ..] || (unit is "in" && rest is [_, _, ' ', >= '0' and <= '9', ..])
            || (CountedWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(unit) && EndsHere(text, value + digits + 1 + unit.Length));
    }

    /// <summary>How long a number is that is a word of its own; 0 where it is none, or longer: one-time passwords have six digits and more.</summary>
    private static int ShortNumber(ReadOnlySpan<char> text, int value)
    {
        var rest = Ahead(text, value);
        var digits = rest.Length - rest.TrimStart("0123456789").Length;
        return digits is > 0 and < 6 && EndsHere(text, value + digits) ? digits : 0;
    }

    /// <summary>
    /// <c>TTY=pts/0 ; PWD=/root ; USER=root</c>, <c>export PWD=/srv</c>, <c>pwd: /srv</c>: where a command was run, as shells and sudo write it.
    /// </summary>
    private static bool IsWorkingDirectory(ReadOnlySpan<char> text, int start, int end, int value, Separator separator)
    {
        var name = text[start..end];
        var before = LineBefore(text, start);
        var isFirst = before.IsEmpty && (start == 0 || text[start - 1] is '\r' or '\n');
        var isThere = separator == Separator.Colon
            ? isFirst && (name.Equals("pwd", StringComparison.OrdinalIgnoreCase) || name.Equals("oldpwd", StringComparison.OrdinalIgnoreCase))
            : name is "PWD" or "OLDPWD" && (isFirst || before.EndsWith(" ; ") || before.EndsWith("export ") || before.EndsWith("env "));
        if (text[value] != '/' || !isThere || ContainsAny(before, Connections) || ContainsAny(before, Logins))
        {
            return false;
        }

        // Behind it sudo names the user: "; USER=root".
        var behind = text[value..Math.Min(text.Length, value + LongestLine)];
        var line = behind.IndexOfAny('\r', '\n');
        if (ContainsAny(line < 0 ? behind : behind[..line], Connections))
        {
            return false;
        }

        var path = Ahead(text, value);
        var blank = path.IndexOfAny(" \t\r\n");
        return !(blank < 0 ? path : path[..blank]).ContainsAny(';', ',', '&');
    }

    /// <summary>
    /// What a message of ours names by its path or its check: <c>HealthKit:Checks:auth_token:Interval = 1</c>, <c>Check 'auth_token': Interval = 1</c>.
    /// </summary>
    private static bool IsSetting(ReadOnlySpan<char> text, int start, int end, int value)
    {
        if (!char.IsAsciiLetterUpper(text[value]))
        {
            return false;
        }

        var before = text[Math.Max(0, start - 2 * MaxLookaround)..start];
        if (value == end + 1)
        {
            var root = before.LastIndexOf("HealthKit:");
            return root >= 0 && (root == 0 || !char.IsLetterOrDigit(before[root - 1])) && IsPath(before[root..]);
        }

        var mark = before.LastIndexOf('\'');
        var key = Ahead(text, value);
        var letters = 0;
        while (letters < key.Length && (char.IsAsciiLetterOrDigit(key[letters]) || key[letters] == ':'))
        {
            letters++;
        }

        return mark >= 0 && text[end..value] is "': " && (before[..mark].EndsWith("Check ") || before[..mark].EndsWith("Sink "))
            && (key[letters..].StartsWith(" = ") || key[letters..].StartsWith(" is "));
    }

    private static bool IsPath(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!(char.IsLetterOrDigit(c) || c is ':' or '_' or '-' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary><c>Secret: prod/db not found</c>: where a vault's secret was looked for.</summary>
    private static bool IsMissingPath(ReadOnlySpan<char> text, int value)
    {
        var rest = Ahead(text, value);
        var length = 0;
        while (length < rest.Length && (char.IsAsciiLetterLower(rest[length]) || rest[length] is '/' or '-' or '_' or '.'))
        {
            length++;
        }

        return rest[..length].Contains('/') && (rest[length..].StartsWith(" not found") || rest[length..].StartsWith(" does not exist"));
    }

    /// <summary>Whether nothing but what closes a bracket or a sentence follows before the next blank.</summary>
    private static bool EndsHere(ReadOnlySpan<char> text, int from)
    {
        var ahead = Ahead(text, from);
        var rest = ahead.TrimStart(")]},;.'\"`");
        if (rest.IsEmpty)
        {
            return from + ahead.Length == text.Length;
        }

        return char.IsWhiteSpace(rest[0]) || (rest[0] == '\\' && rest.Length > 1 && rest[1] is 'n' or 'r' or 't' or '"' or '\'');
    }

    /// <summary>The line up to a place in it, or the last part of that.</summary>
    private static ReadOnlySpan<char> LineBefore(ReadOnlySpan<char> text, int at)
    {
        var before = text[Math.Max(0, at - LongestLine)..at];
        return before[(before.LastIndexOfAny('\r', '\n') + 1)..];
    }

    private static bool ContainsAny(ReadOnlySpan<char> text, string[] words)
    {
        foreach (var word in words)
        {
            if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<char> Ahead(ReadOnlySpan<char> text, int from) =>
        text[from..Math.Min(text.Length, from + MaxLookaround)];

    private static int Letters(ReadOnlySpan<char> text)
    {
        var i = 0;
        while (i < text.Length && i < MaxWord && char.IsAsciiLetter(text[i]))
        {
            i++;
        }

        return i;
    }
}
