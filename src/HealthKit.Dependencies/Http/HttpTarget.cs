using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>How addresses are shown: without user information and query, and foreign ones without what may be a secret in their path.</summary>
internal static class HttpTarget
{
    private const int LongestPath = 200;
    private const int LongestForeignPath = 80;
    private const int LongestWord = 24;

    /// <summary>One of our own: <c>https://api.example:8443/health</c>.</summary>
    public static string Text(Uri url)
    {
        var path = url.AbsolutePath;
        return Origin(url) + (path.Length <= LongestPath ? path : path[..LongestPath] + "…");
    }

    /// <summary>One that a server named: segments that are no plain words are left out.</summary>
    public static string ForeignText(Uri url)
    {
        var text = new StringBuilder(Origin(url));
        foreach (var segment in url.AbsolutePath.Split('/').Skip(1))
        {
            if (text.Length > LongestForeignPath)
            {
                return text.Append("/…").ToString();
            }

            text.Append('/').Append(segment.Length <= LongestWord && segment.All(static c => char.IsAsciiLetter(c) || c is '-' or '_' or '.') ? segment : "…");
        }

        return text.ToString();
    }

    /// <summary>Scheme, host and port: <c>https://api.example:8443</c>.</summary>
    public static string Origin(Uri url)
    {
        var host = url.HostNameType == UriHostNameType.IPv6 ? $"[{url.IdnHost}]" : url.IdnHost;
        return url.IsDefaultPort ? $"{url.Scheme}://{host}" : string.Create(CultureInfo.InvariantCulture, $"{url.Scheme}://{host}:{url.Port}");
    }

    /// <summary>Whether both have scheme, host and port in common (RFC 6454, section 5).</summary>
    public static bool IsSameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is on this machine, by its name.</summary>
    public static bool IsHere(Uri url) => url.IsLoopback || url.IdnHost.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>A name that configuration can address.</summary>
    public static string CheckName(Uri url)
    {
        var name = new StringBuilder("http");
        var inWord = false;
        foreach (var c in url.IsAbsoluteUri ? url.Host + (url.IsDefaultPort ? "" : $":{url.Port.ToString(CultureInfo.InvariantCulture)}") + url.AbsolutePath : "")
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                name.Append(inWord ? "" : "_").Append(c);
                inWord = true;
            }
            else
            {
                inWord = false;
            }
        }

        return name.ToString();
    }
}
