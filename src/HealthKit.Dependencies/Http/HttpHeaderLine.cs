using System.Diagnostics.CodeAnalysis;

namespace HealthKit;

/// <summary>A header as options write it: <c>Name: value</c>.</summary>
internal static class HttpHeaderLine
{
    private const int LeastWithDigit = 8;
    private const int LeastOfAny = 16;

    // Last words of a header's name that say that it holds a secret; of others the redactor knows.
    private static readonly HashSet<string> Telling = new(StringComparer.OrdinalIgnoreCase) { "auth", "key", "access", "credential", "credentials", "signature" };

    // What people put here without a secret in it.
    private static readonly HashSet<string> Plain = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Access-Control-Request-Headers", "Access-Control-Request-Method", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "Date", "From", "Host", "If-Modified-Since", "If-Unmodified-Since",
        "If-None-Match", "If-Match", "Max-Forwards", "Origin", "Pragma", "Prefer", "Range", "Referer", "User-Agent", "Via", "X-Forwarded-For", "X-Forwarded-Host",
        "X-Forwarded-Proto", "X-Requested-With",
    };

    // The connection's own, and the body's, of which there is none.
    private static readonly HashSet<string> Taken = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect", "Allow", "Expires", "Last-Modified",
    };

    public static bool TryParse(string? line, [NotNullWhen(true)] out string? name, [NotNullWhen(true)] out string? value)
    {
        (name, value) = (null, null);
        var colon = line?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon <= 0 || !IsName(line![..colon].TrimEnd()) || line.Any(char.IsControl))
        {
            return false;
        }

        (name, value) = (line[..colon].TrimEnd(), line[(colon + 1)..].Trim());
        return value.Length > 0;
    }

    /// <summary>Whether it is one that the check may send: not the connection's own, not the body's, and within Latin-1.</summary>
    public static bool IsSendable(string name, string value) =>
        !Taken.Contains(name) && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && value.All(static c => c <= 0xFF);

    /// <summary>A token (RFC 9110, section 5.6.2).</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 100 && name.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));

    /// <summary>
    /// What of a header may be a secret: its value, and the parts of it that stand alone elsewhere, always the credentials of <c>Basic</c>. Where the
    /// header's name does not say so, a short word is none: it would be hidden in every text of the process.
    /// </summary>
    public static IEnumerable<string> Secrets(string name, string value, Redactor redactor)
    {
        const string Probe = "0a1b2c3d4e5f6g7h";
        if (Plain.Contains(name))
        {
            return [];
        }

        var isNamed = Telling.Contains(name[(name.LastIndexOfAny(['-', '_', '.']) + 1)..])
            || !redactor.Redact($"{name}: {Probe}").Contains(Probe, StringComparison.Ordinal);
        var secrets = Parts(name, value).Where(part => isNamed || IsToken(part));
        return value.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) && value["Basic ".Length..].Trim() is var credentials && Password(credentials) is { } password
            ? [.. secrets, credentials, password]
            : secrets;
    }

    private static bool IsToken(string text) => text.Length >= LeastOfAny || (text.Length >= LeastWithDigit && text.Any(char.IsAsciiDigit));

    private static IEnumerable<string> Parts(string name, string value)
    {
        yield return value;
        if (name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
        {
            foreach (var cookie in value.Split(';'))
            {
                yield return cookie[(cookie.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim();
            }

            yield break;
        }

        var blank = value.IndexOf(' ', StringComparison.Ordinal);
        if (blank > 0)
        {
            yield return value[(blank + 1)..].Trim();
        }
    }

    private static string? Password(string basic)
    {
        var bytes = new byte[basic.Length];
        if (!Convert.TryFromBase64String(basic, bytes, out var length))
        {
            return null;
        }

        var text = System.Text.Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : text[(colon + 1)..];
    }
}
