using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>
/// What an AMQP URI names (https://www.rabbitmq.com/docs/uri-spec): where the broker is, who logs in there, and to which virtual host. It is
/// never shown as a whole: <see cref="Target"/> is what people see.
/// </summary>
internal sealed record RabbitMqAddress(string Host, int Port, bool Tls, string User, string Password, string VirtualHost)
{
    /// <summary>What errors say is allowed.</summary>
    public const string Allowed =
        "an AMQP URI: amqp or amqps, user, password, a host with or without a port, and one virtual host at most; in user, password and virtual host write / as %2F, ? as %3F, @ as %40";

    private const int Port091 = 5672;
    private const int PortTls = 5671;
    private const int LongestText = 4_096;
    private const int LongestName = 255; // a short string of AMQP

    /// <summary>As people call it, without user and password: <c>amqp://mq.example:5672/orders</c>; the default virtual host is not shown.</summary>
    public string Target { get; } = Show(Host, Port, Tls, VirtualHost);

#pragma warning disable IDE0051 // Called by the record's own ToString.
    private bool PrintMembers(StringBuilder builder)
#pragma warning restore IDE0051
    {
        // A record would print its password.
        builder.Append(Target);
        return true;
    }

    /// <summary>Registers a password, unless it is a name too: that name would be hidden in every text.</summary>
    public static void Register(string password, string user, string virtualHost, Redactor redactor)
    {
        if (!password.Equals(user, StringComparison.OrdinalIgnoreCase) && !password.Equals(virtualHost, StringComparison.OrdinalIgnoreCase))
        {
            redactor.AddSecret(password);
        }
    }

    /// <summary>Reads an AMQP URI. Like RabbitMQ.Client, it takes an empty path for the virtual host <c>/</c>, and passes a query over.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RabbitMqAddress? address)
    {
        address = null;
        if (string.IsNullOrEmpty(text) || text.Length > LongestText || text.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c)))
        {
            return false;
        }

        var tls = text.StartsWith("amqps://", StringComparison.OrdinalIgnoreCase);
        if (!tls && !text.StartsWith("amqp://", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var rest = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
        if (rest.Contains('#', StringComparison.Ordinal))
        {
            return false;
        }

        if (rest.IndexOfAny(['/', '?']) is >= 0 and var end && rest.IndexOf('@', end) >= 0)
        {
            // A part of the password would be read as a host, and shown.
            return false;
        }

        rest = rest.Split('?', 2)[0];
        var (user, password) = ("guest", "guest");
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (authority, path) = slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..]);
        if (authority.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at)
        {
            var info = authority[..at].Split(':');
            authority = authority[(at + 1)..];
            if (info.Length > 2 || !TryDecode(info[0], out user) || !TryDecode(info.Length > 1 ? info[1] : "", out password))
            {
                return false;
            }
        }

        if (!TryReadHost(authority, tls ? PortTls : Port091, out var host, out var port) || path.Contains('/', StringComparison.Ordinal) || !TryDecode(path, out var virtualHost))
        {
            return false;
        }

        address = new RabbitMqAddress(host, port, tls, user, password, virtualHost.Length == 0 ? "/" : virtualHost);
        return Encoding.UTF8.GetByteCount(user) <= LongestName && Encoding.UTF8.GetByteCount(virtualHost) <= LongestName;
    }

    private static bool TryReadHost(string authority, int defaultPort, out string host, out int port)
    {
        (host, port) = (authority, defaultPort);
        var from = authority.StartsWith('[') ? authority.IndexOf(']', StringComparison.Ordinal) : 0;
        if (from >= 0 && authority.IndexOf(':', from) is >= 0 and var colon)
        {
            host = authority[..colon];
            if (!int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65_535)
            {
                return false;
            }
        }

        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
            return host.Contains(':', StringComparison.Ordinal) && HostRules.IsHost(host);
        }

        return !host.Contains(':', StringComparison.Ordinal) && HostRules.IsHost(host);
    }

    private static bool TryDecode(string text, out string decoded)
    {
        decoded = Uri.UnescapeDataString(text);
        return !decoded.Any(char.IsControl);
    }

    private static string Show(string host, int port, bool tls, string virtualHost)
    {
        var path = virtualHost == "/" ? "" : "/" + ForeignText.Shown(virtualHost, 255);
        return $"{(tls ? "amqps" : "amqp")}://{HostRules.Target(host, port)}{path}";
    }
}
