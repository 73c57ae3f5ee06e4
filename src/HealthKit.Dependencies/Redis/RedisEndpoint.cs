using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HealthKit;

/// <summary>
/// One Redis server and who we are there, as <c>redis://</c> addresses (https://www.iana.org/assignments/uri-schemes/prov/redis) or strings of
/// StackExchange.Redis (https://stackexchange.github.io/StackExchange.Redis/Configuration) say it. Nothing that is shown holds the password.
/// </summary>
internal sealed class RedisEndpoint
{
    /// <summary>What errors say is allowed.</summary>
    public const string Allowed =
        "one server, as redis://HOST:PORT/DATABASE (with USER:PASSWORD and an at sign before the host), rediss:// (TLS), unix:///path[?db=n], or as StackExchange.Redis writes it: "
        + "host:port,ssl=true,defaultDatabase=n, with the options user and password";

    private const int DefaultPort = 6379;
    private const int DefaultTlsPort = 6380; // of StackExchange.Redis, and only there

    /// <summary>What StackExchange.Redis knows beside what is used here: how its client behaves, which changes nothing for one probe.</summary>
    private static readonly HashSet<string> Ignored = new(StringComparer.OrdinalIgnoreCase)
    {
        "abortConnect", "abortOnConnectFail", "allowAdmin", "asyncTimeout", "channelPrefix", "checkCertificateRevocation", "configChannel", "configCheckSeconds", "connectRetry",
        "connectTimeout", "heartbeatConsistencyChecks", "heartbeatInterval", "highIntegrity", "includeDetailInExceptions", "keepAlive", "name", "preserveAsyncOrder", "protocol",
        "resolveDns", "responseTimeout", "setlib", "sslProtocols", "syncTimeout", "tieBreaker", "version", "writeBuffer",
    };

    private RedisEndpoint()
    {
    }

    /// <summary>The host; for a Unix socket, null.</summary>
    public string? Host { get; private set; }

    public int Port { get; private set; } = DefaultPort;

    /// <summary>The path of a Unix socket.</summary>
    public string? SocketPath { get; private set; }

    public string? User { get; private set; }

    public string? Password { get; private set; }

    public int Database { get; private set; }

    public bool Tls { get; private set; }

    /// <summary>The name that the certificate must be for.</summary>
    public string TlsHost
    {
        get => field ?? HostRules.TlsName(Host!);
        private set;
    }

    /// <summary>The server as people call it: <c>redis://cache.example:6379/0</c>.</summary>
    public string Target => field ??= SocketPath is { } path
        ? string.Create(CultureInfo.InvariantCulture, $"unix://{path}{(Database == 0 ? "" : $"?db={Database}")}")
        : string.Create(CultureInfo.InvariantCulture, $"{(Tls ? "rediss" : "redis")}://{HostRules.Target(Host!, Port)}/{Database}");

    /// <summary>Reads a text; null when it names no server.</summary>
    public static RedisEndpoint? TryParse(string? text) => Parse(text).Endpoint;

    /// <summary>What is wrong with a text.</summary>
    public static IEnumerable<OptionError> Validate(string property, string? text)
    {
        if (Parse(text).Problem is { } problem)
        {
            yield return HostRules.Reject(property, text, $"{Allowed}; {problem}");
        }
    }

    /// <summary>A name for a check that configuration can address: <c>redis_cache_example_6379</c>.</summary>
    public static string CheckName(string word, string? text) => TryParse(text) switch
    {
        { Host: { } host } at => HostRules.CheckName(word, host, at.Port) + (at.Database == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"_{at.Database}")),
        _ => word,
    };

    /// <summary>Has the password hidden wherever it may turn up.</summary>
    public void HideIn(Redactor redactor)
    {
        // One that is the user's name too would take that name out of every text.
        if (!string.Equals(Password, User, StringComparison.OrdinalIgnoreCase))
        {
            redactor.AddSecret(Password);
        }
    }

    public override string ToString() => Target;

    private static (RedisEndpoint? Endpoint, string? Problem) Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return (null, "here it is empty");
        }

        text = text.Trim();
        var endpoint = new RedisEndpoint();
        var scheme = text.IndexOf("://", StringComparison.Ordinal);

        // A password in a string of StackExchange.Redis may hold "://" too.
        var problem = scheme > 0 && text.AsSpan(0, scheme).IndexOfAny(",=:") < 0
            ? endpoint.ReadAddress(text[..scheme].ToLowerInvariant(), text[(scheme + 3)..])
            : endpoint.ReadOptions(text);
        return problem is null ? (endpoint, null) : (null, problem);
    }

    private string? ReadAddress(string scheme, string rest)
    {
        if (scheme is not ("redis" or "rediss" or "unix" or "redis+unix"))
        {
            return "here the scheme is another one";
        }

        Tls = scheme == "rediss";
        if (rest.Contains('#', StringComparison.Ordinal))
        {
            return "here is a '#': in a user or a password write it as %23";
        }

        var query = rest.IndexOf('?', StringComparison.Ordinal);
        var (place, options) = query < 0 ? (rest, "") : (rest[..query], rest[(query + 1)..]);
        var slash = place.IndexOf('/', StringComparison.Ordinal);
        var (authority, path) = slash < 0 ? (place, "") : (place[..slash], place[slash..]);
        var at = authority.LastIndexOf('@');
        if (path.Contains('@', StringComparison.Ordinal) || (at < 0 && options.Contains('@', StringComparison.Ordinal)))
        {
            return "here an '@' stands after a '/' or a '?': in a user or a password write these as %40, %2F, %3F";
        }

        if (at >= 0 && ReadUser(authority[..at]) is { } wrongUser)
        {
            return wrongUser;
        }

        if (ReadQuery(options) is { } wrongQuery)
        {
            return wrongQuery;
        }

        authority = authority[(at + 1)..];
        if (scheme is "unix" or "redis+unix")
        {
            if (authority.Length > 0 || path.Length < 2)
            {
                return "a Unix socket's path begins with a slash: unix:///run/redis/redis.sock";
            }

            if (Decode(path) is not { } socket || socket.Any(char.IsControl) || System.Text.Encoding.UTF8.GetByteCount(socket) > 107) // unix(7): sun_path
            {
                return "here the path of the socket is none of at most 107 bytes";
            }

            SocketPath = socket;
            return null;
        }

        return ReadHost(authority, DefaultPort)
            ?? (path.Length <= 1 ? null : ReadDatabase(path[1..], "after the slash"));
    }

    private string? ReadUser(string info)
    {
        var colon = info.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return "what stands before the '@' is user:password, or :password (clients do not agree on what one word means)";
        }

        if (Decode(info[..colon]) is not { } user || Decode(info[(colon + 1)..]) is not { } password)
        {
            return "here a '%' in the user or the password is not followed by two hexadecimal digits; write a '%' as %25";
        }

        if (user.Length > 0 && password.Length == 0)
        {
            return "here is a user without a password";
        }

        (User, Password) = (NullIfEmpty(user), NullIfEmpty(password));
        return null;
    }

    private string? ReadQuery(string query)
    {
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? pair : pair[..equals];
            if (key != "db" || equals < 0)
            {
                return "here something other than db=n stands after the '?'";
            }

            if (ReadDatabase(pair[(equals + 1)..], "db") is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private string? ReadOptions(string text)
    {
        string? host = null;
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                if (host is not null)
                {
                    return "here are several servers: a check watches one, so that it knows which of them is ill; add a check for each, of a cluster too";
                }

                host = part;
            }
            else if (ReadOption(part[..equals].Trim(), part[(equals + 1)..].Trim()) is { } problem)
            {
                return problem;
            }
        }

        if (host is null)
        {
            return "here no server is named";
        }

        if (User is not null && Password is null)
        {
            return "here is a user without a password";
        }

        return ReadHost(host, Tls ? DefaultTlsPort : DefaultPort);
    }

    private string? ReadOption(string key, string value)
    {
        switch (key.ToUpperInvariant())
        {
            case "PASSWORD":
                Password = NullIfEmpty(value);
                return null;
            case "USER":
                User = NullIfEmpty(value);
                return null;
            case "SSL":
                Tls = value.Equals("true", StringComparison.OrdinalIgnoreCase);
                return Tls || value.Equals("false", StringComparison.OrdinalIgnoreCase) ? null : "ssl is true or false";
            case "SSLHOST":
                TlsHost = value;
                return HostRules.IsHost(value) ? null : "sslHost is a host's name";
            case "DEFAULTDATABASE":
                return ReadDatabase(value, "defaultDatabase");
            case "SERVICENAME":
                return "serviceName asks Sentinels who is master, which this check does not: name the server itself, in a check for each (ExpectRole tells when the roles change)";
            case "TUNNEL" or "PROXY":
                return $"{key} is a way to the server that this check does not know";
            default:
                return Ignored.Contains(key) ? null
                    : key.Length is > 0 and <= 30 && key.All(char.IsAsciiLetter) && Password is null ? $"{key} is no option that is known here"

                    // It may be the rest of the password.
                    : "a word before a '=' is no option that is known here (a password with a comma in it can only be written in a redis:// address)";
        }
    }

    private string? ReadHost(string text, int defaultPort)
    {
        Port = defaultPort;
        var host = text;
        var colon = text.LastIndexOf(':');
        var isBareAddress = !text.StartsWith('[') && text.Count(c => c == ':') > 1;
        if (isBareAddress)
        {
            return "an IPv6 address stands in brackets: [::1]:6379";
        }

        if (colon >= 0 && !text.EndsWith(']'))
        {
            host = text[..colon];
            if (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65_535)
            {
                return "here the port is none from 1 to 65535";
            }

            Port = port;
        }

        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
            if (!IPAddress.TryParse(host, out var six) || six.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return "here no IPv6 address stands in the brackets";
            }
        }

        if (!HostRules.IsHost(host))
        {
            return "here the host is none: a name such as cache.example, or an IP address";
        }

        Host = host;
        return null;
    }

    private string? ReadDatabase(string text, string what)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var database))
        {
            return $"here what stands {(what == "db" || what == "defaultDatabase" ? "at " : "")}{what} is not the number of a database, from 0";
        }

        Database = database;
        return null;
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    /// <summary>Percent-decoded; null when a percent sign is not followed by two hexadecimal digits.</summary>
    private static string? Decode(string text)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                return null;
            }
        }

        return Uri.UnescapeDataString(text);
    }
}
