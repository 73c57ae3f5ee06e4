namespace HealthKit;

/// <summary>Takes the passwords, keys and tokens out of a connection string.</summary>
internal static class ConnectionStringSecrets
{
    private const int MaxLength = 64 * 1024;

    private static readonly System.Buffers.SearchValues<char> PathEnds = System.Buffers.SearchValues.Create(" ?#,;\"'");

    public static IEnumerable<string> In(string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString) || connectionString.Length > MaxLength)
        {
            return [];
        }

        List<string> secrets = [];
        HashSet<string> plain = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (user, password, path) in UserInfos(connectionString))
        {
            plain.Add(user);
            plain.Add(path);
            secrets.Add(password);
        }

        // Azure Functions takes its key as "code" in an address.
        var isAddress = connectionString.Contains("://", StringComparison.Ordinal);
        foreach (var (name, value) in Pairs(connectionString))
        {
            if (RedactionRules.IsSecretName(name) || name.Equals("sig", StringComparison.OrdinalIgnoreCase)
                || (isAddress && name.Equals("code", StringComparison.OrdinalIgnoreCase)))
            {
                secrets.Add(value);
            }
            else
            {
                plain.Add(value);
            }
        }

        return secrets
            .SelectMany(secret => new[] { secret, Uri.UnescapeDataString(secret) })
            .Where(secret => !plain.Contains(secret) && !RedactionRules.IsPlainValue(secret))
            .Distinct(StringComparer.Ordinal);
    }

    private static List<(string User, string Password, string Path)> UserInfos(string text)
    {
        List<(string User, string Password, string Path)> found = [];
        var rule = new UserInfoRule();
        var memory = default(ScanMemory);
        for (var hit = text.IndexOf(rule.Trigger, StringComparison.Ordinal); hit >= 0;)
        {
            var finding = rule.Find(text, hit, ref memory);
            if (finding.Hides && text.IndexOf(':', finding.Start, finding.End - finding.Start) is >= 0 and var colon)
            {
                found.Add((text[finding.Start..colon], text[(colon + 1)..finding.End], PathAfter(text, finding.End)));
            }

            hit = text.IndexOf(rule.Trigger, Math.Max(finding.Next, hit + 1), StringComparison.Ordinal);
        }

        return found;
    }

    /// <summary>The database or virtual host of an address: <c>orders</c> of <c>@host:5672/orders?x=y</c>.</summary>
    private static string PathAfter(ReadOnlySpan<char> text, int from)
    {
        var rest = text[from..];
        var end = rest.IndexOfAny(PathEnds);
        rest = end < 0 ? rest : rest[..end];
        var slash = rest.IndexOf('/');
        return slash < 0 ? "" : Uri.UnescapeDataString(rest[(slash + 1)..]);
    }

    /// <summary>The names and values, whichever of the usual ways they are written in.</summary>
    private static List<(string Name, string Value)> Pairs(string text)
    {
        var address = text.IndexOf("://", StringComparison.Ordinal);
        var query = address < 0 ? -1 : text.IndexOf('?', address);
        if (address > 0 && !text.AsSpan(0, address).ContainsAny('=', ';'))
        {
            return query < 0 ? [] : Split(text[(query + 1)..], '&');
        }

        // "host:6379,password=a;b" is StackExchange.Redis, "host=db password='a;b'" libpq.
        return IsBlankSeparated(text) ? Split(text, ' ')
            : IsCommaSeparated(text) ? Split(text, ',')
            : Split(text, ';');
    }

    private static bool IsCommaSeparated(ReadOnlySpan<char> text) =>
        text.IndexOf(',') is >= 0 and var comma && !text[..comma].Contains('=');

    private static bool IsBlankSeparated(ReadOnlySpan<char> text)
    {
        var value = text[(text.IndexOf('=') + 1)..];
        var end = value.IndexOfAny(" ;,'\"");
        if (end < 0 || value[end] != ' ')
        {
            return false;
        }

        var next = value[end..].TrimStart();
        var name = 0;
        while (name < next.Length && (char.IsAsciiLetterOrDigit(next[name]) || next[name] == '_'))
        {
            name++;
        }

        return name > 0 && next[name..].TrimStart().StartsWith("=");
    }

    /// <summary>Splits at a delimiter outside of quotes; a mark is doubled inside (ADO.NET) or has a backslash before it (libpq).</summary>
    private static List<(string Name, string Value)> Split(string text, char delimiter)
    {
        List<(string Name, string Value)> pairs = [];
        for (var i = 0; i < text.Length;)
        {
            var equals = text.AsSpan(i).IndexOfAny('=', delimiter);
            if (equals < 0)
            {
                break;
            }

            var name = text.AsSpan(i, equals).Trim().ToString();
            i += equals + 1;
            if (text[i - 1] == delimiter)
            {
                continue;
            }

            while (i < text.Length && char.IsWhiteSpace(text[i]))
            {
                i++;
            }

            if (i < text.Length && text[i] is '"' or '\'')
            {
                pairs.Add((name, Unquote(text, ref i, delimiter)));
                var next = text.IndexOf(delimiter, i);
                i = next < 0 ? text.Length : next + 1;
                continue;
            }

            // Braces mean something to ODBC only: elsewhere they belong to the value.
            var start = i;
            if (delimiter == ';' && TryUnbrace(text, ref i) is { } braced)
            {
                pairs.Add((name, braced));
            }

            var end = text.IndexOf(delimiter, i);
            end = end < 0 ? text.Length : end;
            pairs.Add((name, text[start..end].Trim()));
            i = end + 1;
        }

        return pairs;
    }

    /// <summary>What ODBC reads in braces (a brace inside is doubled), or null where none close before the next pair.</summary>
    private static string? TryUnbrace(string text, ref int from)
    {
        if (from == text.Length || text[from] != '{')
        {
            return null;
        }

        var value = new System.Text.StringBuilder();
        for (var i = from + 1; i < text.Length; i++)
        {
            var isBrace = text[i] == '}';
            if (isBrace && !(i + 1 < text.Length && text[i + 1] == '}'))
            {
                var rest = text.AsSpan(i + 1).TrimStart();
                if (!rest.IsEmpty && rest[0] != ';')
                {
                    return null;
                }

                from = i + 1;
                return value.ToString();
            }

            value.Append(text[i]);
            i += isBrace ? 1 : 0;
        }

        return null;
    }

    private static string Unquote(string text, ref int i, char delimiter)
    {
        var mark = text[i++];
        var value = new System.Text.StringBuilder();
        while (i < text.Length)
        {
            var doubled = text[i] == mark && i + 1 < text.Length && text[i + 1] == mark;
            var escaped = delimiter == ' ' && text[i] == '\\' && i + 1 < text.Length;
            if (text[i] == mark && !doubled)
            {
                i++;
                break;
            }

            i += doubled || escaped ? 1 : 0;
            value.Append(text[i++]);
        }

        return value.ToString();
    }
}
