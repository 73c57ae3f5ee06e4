using System.Text;

namespace HealthKit;

/// <summary>The address of a receiver: what is requested, what is sent as authorization, what may be shown of it.</summary>
internal sealed class WebhookAddress
{
    // A path such as /alerts is no secret of its own, and hiding it would tear the texts of others.
    private const int MinSecretPathLength = 12;

    private readonly Uri _url;
    private readonly string? _configuredAuthorization;

    /// <param name="url">A validated address.</param>
    /// <param name="authorization">The configured value of the header.</param>
    public WebhookAddress(Uri url, string? authorization)
    {
        _url = url;
        _configuredAuthorization = authorization;
        Target = new Uri(url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped));
        Shown = Show(url);

        // HttpClient drops user information without a word.
        Authorization = authorization
            ?? (url.UserInfo.Length == 0 ? null : "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Credentials(url))));
    }

    /// <summary>What is requested: without user information and fragment.</summary>
    public Uri Target { get; }

    /// <summary>The value of the Authorization header; null for none.</summary>
    public string? Authorization { get; }

    /// <summary>Scheme, host and port.</summary>
    public string Shown { get; }

    /// <summary>What may be shown of an address: scheme, host, and the port where it is not the scheme's own.</summary>
    public static string Show(Uri? url) =>
        url is null ? "nothing"
        : url is { IsAbsoluteUri: true, Host.Length: > 0 } && IsWeb(url) ? url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)
        : Redactor.Marker;

    /// <summary>Whether it is an address that a webhook can use.</summary>
    public static bool IsWeb(Uri url) => url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps;

    public void RegisterSecrets(Redactor redactor)
    {
        if (_url.PathAndQuery.Length > 1 || _url.UserInfo.Length > 0)
        {
            redactor.AddSecret(_url.OriginalString);
            redactor.AddSecret(_url.AbsoluteUri);
            redactor.AddSecret(_url.ToString());
            redactor.AddSecret(Target.AbsoluteUri);
        }

        redactor.AddConnectionString(_url.OriginalString);
        foreach (var part in new[] { _url.PathAndQuery, _url.AbsolutePath, _url.Query })
        {
            if (part.Length >= MinSecretPathLength)
            {
                redactor.AddSecret(part);
                redactor.AddSecret(Uri.UnescapeDataString(part));
            }
        }

        if (_url.UserInfo.Length > 0)
        {
            redactor.AddSecret(_url.UserInfo);
            RegisterCredentials(redactor, Credentials(_url));
        }

        if (_configuredAuthorization is { } header)
        {
            redactor.AddSecret(header);
            var blank = header.IndexOf(' ', StringComparison.Ordinal);
            var value = header[(blank + 1)..];
            redactor.AddSecret(value);
            if (blank > 0 && header.AsSpan(0, blank).Equals("Basic", StringComparison.OrdinalIgnoreCase))
            {
                RegisterBasic(redactor, value);
            }
        }
    }

    private static void RegisterBasic(Redactor redactor, string base64)
    {
        var bytes = new byte[base64.Length];
        if (Convert.TryFromBase64String(base64, bytes, out var length))
        {
            RegisterCredentials(redactor, Encoding.UTF8.GetString(bytes, 0, length));
        }
    }

    private static void RegisterCredentials(Redactor redactor, string credentials)
    {
        // Found as base64 too, which is what Basic authentication sends.
        redactor.AddSecret(credentials);
        redactor.AddSecret(credentials[(credentials.IndexOf(':', StringComparison.Ordinal) + 1)..]);
    }

    /// <summary><c>user:password</c>, decoded. A token that stands alone is a user without a password.</summary>
    private static string Credentials(Uri url)
    {
        var userInfo = url.UserInfo;
        return Uri.UnescapeDataString(userInfo.Contains(':', StringComparison.Ordinal) ? userInfo : userInfo + ":");
    }
}
