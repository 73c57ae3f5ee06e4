using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HealthKit;

/// <summary>Rules that all options share that name a host or a port.</summary>
internal static class HostRules
{
    /// <summary>What errors say is allowed as a host.</summary>
    public const string AllowedHosts = "a host name such as db.example (other scripts as xn--…) or an IP address, without scheme, port, path or user";

    /// <summary>What errors say is allowed as a name.</summary>
    public const string AllowedNames = "a host name such as db.example (other scripts as xn--…)";

    private const int LongestName = 253; // RFC 1035, section 2.3.4, without the lengths before labels
    private const int LongestLabel = 63;

    // An underscore is no letter of host names, and yet in use.
    private static readonly SearchValues<char> NameLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    /// <summary>Whether a text is a host's name or address.</summary>
    public static bool IsHost(string? text) => IsAddress(text) || IsName(text);

    /// <summary>Whether a text is a host's name: labels of letters, digits and hyphens, as RFC 1123 has it.</summary>
    public static bool IsName(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > LongestName || IPAddress.TryParse(text, out _))
        {
            return false;
        }

        // The dot at the end means: as it stands, no search domains.
        var name = text.EndsWith('.') ? text[..^1] : text;
        return Array.TrueForAll(name.Split('.'), label => label.Length is > 0 and <= LongestLabel && !label.AsSpan().ContainsAnyExcept(NameLetters));
    }

    /// <summary>An error about a host. A text that is none may hold a password (<c>user:password@host</c>), so it is not shown.</summary>
    public static OptionError Reject(string property, string? text, string allowed) => new(property, Shown(text), allowed);

    /// <summary>An error when the port is none.</summary>
    public static IEnumerable<OptionError> ValidatePort(string property, int port)
    {
        if (port is < 1 or > 65_535)
        {
            yield return new OptionError(property, port, "a port from 1 to 65535");
        }
    }

    /// <summary>A text that was to be a host, as far as it can be shown.</summary>
    private static string? Shown(string? text) => string.IsNullOrWhiteSpace(text)
        ? text
        : string.Create(CultureInfo.InvariantCulture, $"*** ({text.Length} characters, not shown because they may hold a password)");

    /// <summary>The host and port as one text: <c>db.example:5432</c>, <c>[::1]:443</c>.</summary>
    public static string Target(string host, int port) =>
        IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
            ? string.Create(CultureInfo.InvariantCulture, $"[{address}]:{port}")
            : string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");

    /// <summary>A host as certificates name it: an address without brackets, a name without the dot at its end.</summary>
    public static string TlsName(string host) => IPAddress.TryParse(host, out var address) ? address.ToString() : host.TrimEnd('.');

    /// <summary>
    /// A name for a check that configuration can address: <c>tcp_db_example_5432</c>. What is no host is not in it: it may hold a password, and is
    /// rejected at the start.
    /// </summary>
    public static string CheckName(string word, string host, int? port = null)
    {
        IEnumerable<string> parts = [word];
        if (IsHost(host))
        {
            parts = parts.Concat(host.Split(['.', ':', '-', '_', '[', ']', '%'], StringSplitOptions.RemoveEmptyEntries));
        }

        return string.Join('_', port is { } number ? parts.Append(number.ToString(CultureInfo.InvariantCulture)) : parts);
    }

    /// <summary>An IPv6 address may stand in brackets. Dotted IPv4 must be whole: 5432 or 10.1 are addresses to inet_aton(3), and slips to people.</summary>
    private static bool IsAddress(string? text) => IPAddress.TryParse(text, out var address)
        && (address.AddressFamily == AddressFamily.InterNetworkV6 ? !text.Contains("]:", StringComparison.Ordinal) : text.Count(c => c == '.') == 3);
}
