namespace HealthKit;

/// <summary>What an address, headers and pins of a request may be, and what they become. Nothing that may be a secret is told.</summary>
internal static class HttpRequestRules
{
    private const string Hidden = "***";
    private const string Address = "an absolute address that starts with http:// or https://, such as https://api.example/health";

    /// <param name="urlOption">The option that holds the address; null when none is needed.</param>
    /// <param name="url">The address.</param>
    /// <param name="headers">Lines <c>Name: value</c>.</param>
    /// <param name="pins">Fingerprints of certificates.</param>
    public static IEnumerable<OptionError> Validate(string? urlOption, Uri? url, IList<string>? headers, IList<string>? pins)
    {
        switch (url)
        {
            case null when urlOption is null:
                break;
            case null:
                yield return new OptionError(urlOption, null, Address);
                break;
            case { IsAbsoluteUri: false }:
                yield return new OptionError(urlOption!, url, Address);
                break;
            case { UserInfo.Length: > 0 }:
                yield return new OptionError(
                    urlOption!,
                    $"{url.Scheme}://{Hidden}@{url.Host}",
                    "an address without credentials in it: send them by Headers, as an Authorization header (RFC 7617 for a user name)");
                break;
            case { Scheme: not ("http" or "https") } or { Host.Length: 0 }:
                yield return new OptionError(urlOption!, url, Address);
                break;
        }

        foreach (var header in headers ?? [])
        {
            if (!HttpHeaderLine.TryParse(header, out var name, out var value))
            {
                yield return new OptionError("Headers", Hidden, "texts 'Name: value' of one line");
            }
            else if (!HttpHeaderLine.IsSendable(name, value))
            {
                yield return new OptionError(
                    "Headers", $"{name}: {Hidden}", "headers of a request without a body, other than those of the connection (Connection, Transfer-Encoding, …), in Latin-1");
            }
        }

        foreach (var pin in pins ?? [])
        {
            if (CertificatePins.Parse(pin) is null || url is { IsAbsoluteUri: true, Scheme: "http" })
            {
                yield return new OptionError("PinnedSha256", pin, $"{CertificatePins.Allowed}; only with an https address");
            }
        }
    }

    /// <summary>An address that was given as text.</summary>
    /// <exception cref="ArgumentException">It is none that can be asked.</exception>
    public static Uri ParseUrl(string text, string parameter)
    {
        // Not shown: what is no address may be anything, a password too.
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url))
        {
            throw new ArgumentException($"{parameter} = {Hidden}; allowed: {Address}", parameter);
        }

        foreach (var error in Validate(parameter, url, headers: null, pins: null))
        {
            throw new ArgumentException($"{error.Property} = {Hidden}; allowed: {error.Allowed}", parameter);
        }

        return url;
    }

    /// <summary>The headers, their values made known to the redactor as secrets.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Headers(IList<string>? lines, Redactor redactor)
    {
        List<KeyValuePair<string, string>> headers = [];
        foreach (var line in lines ?? [])
        {
            if (HttpHeaderLine.TryParse(line, out var name, out var value))
            {
                headers.Add(new(name, value));
                foreach (var secret in HttpHeaderLine.Secrets(name, value, redactor))
                {
                    redactor.AddSecret(secret);
                }
            }
        }

        return headers;
    }
}
