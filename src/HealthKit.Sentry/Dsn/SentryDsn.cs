using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace HealthKit;

/// <summary>
/// Where a Sentry project takes its events, and the key that allows it: <c>scheme://publicKey[:secret]@host[:port][/prefix]/projectId</c>
/// (https://develop.sentry.dev/sdk/foundations/transport/authentication/).
/// </summary>
/// <remarks>
/// The keys let anybody send to the project, so they are treated as secrets: <see cref="ToString"/> shows neither, and no error quotes
/// the text that it is about.
/// </remarks>
internal sealed partial class SentryDsn
{
    private const string Form = "scheme://publicKey@host/projectId";
    private const int MaxLength = 2048;

    private SentryDsn(Uri origin, string publicKey, string? secretKey, string prefix, string projectId, Uri envelopeUri)
    {
        Origin = origin.GetLeftPart(UriPartial.Authority);
        PublicKey = publicKey;
        SecretKey = secretKey;
        Prefix = prefix;
        ProjectId = projectId;
        EnvelopeUri = envelopeUri;
    }

    /// <summary>Scheme, host and port: all that a message may show.</summary>
    public string Origin { get; }

    /// <summary>The key that goes with each request.</summary>
    public string PublicKey { get; }

    /// <summary>The second key of old DSNs. Sentry has no use for it any more: it is kept only to be hidden from texts.</summary>
    public string? SecretKey { get; }

    /// <summary>The path before the project, without slashes at its ends, as the DSN has it; empty when there is none.</summary>
    public string Prefix { get; }

    /// <summary>The project.</summary>
    public string ProjectId { get; }

    /// <summary>Where envelopes go: <c>scheme://host[:port][/prefix]/api/projectId/envelope/</c>.</summary>
    public Uri EnvelopeUri { get; }

    /// <summary>Reads a DSN.</summary>
    /// <param name="text">The DSN; white space at its end is ignored.</param>
    /// <param name="dsn">The DSN, when it is one.</param>
    /// <param name="error">What is wrong with it otherwise; holds nothing of the text, which may be a key wherever it is wrong.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SentryDsn? dsn, [NotNullWhen(false)] out string? error)
    {
        dsn = null;
        text = text?.TrimEnd() ?? "";
        if (text.Length is 0 or > MaxLength)
        {
            error = text.Length == 0 ? $"is empty; a DSN is {Form}" : $"has {text.Length} characters; a DSN ({Form}) has at most {MaxLength}";
            return false;
        }

        var parts = Parts().Match(text);
        if (!parts.Success)
        {
            error = WhatIsMissing(text);
            return false;
        }

        var scheme = parts.Groups["scheme"].Value;
        var path = parts.Groups["path"].Value;
        var project = path[(path.LastIndexOf('/') + 1)..];
        var prefix = path[..Math.Max(0, path.Length - project.Length - 1)];

        // Old DSNs carried options behind the project: "?timeout=5".
        project = project.Split('?', '#')[0];
        error = scheme is not ("http" or "https") ? "has an unknown scheme; http or https is allowed"
            : project.Length == 0 ? $"has no project id at its end; a DSN is {Form}"
            : project.AsSpan().ContainsAnyExceptInRange('0', '9') ? "has a project id that is not a number"
            : parts.Groups["port"] is { Success: true } port && !IsPort(port.Value) ? "has a port outside 1 to 65535"
            : !PathPrefix().IsMatch(prefix) ? "has a path before the project id with characters that a path may not have"
            : null;
        if (error is not null)
        {
            return false;
        }

        var authority = $"{scheme}://{parts.Groups["host"].Value}{(parts.Groups["port"].Success ? ":" + parts.Groups["port"].Value : "")}";
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var origin)
            || !Uri.TryCreate($"{authority}{(prefix.Length > 0 ? "/" + prefix : "")}/api/{project}/envelope/", UriKind.Absolute, out var envelopeUri))
        {
            error = "has a host that is neither a name nor an address";
            return false;
        }

        var secret = parts.Groups["secret"].Value;
        dsn = new SentryDsn(origin, parts.Groups["key"].Value, secret.Length > 0 ? secret : null, prefix, project, envelopeUri);
        return true;
    }

    /// <summary>How it may be shown: without its keys and its path.</summary>
    public override string ToString() => $"{Origin}/…/{ProjectId}";

    private static bool IsPort(string digits) =>
        ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0;

    private static string WhatIsMissing(string text)
    {
        var schemeEnd = text.IndexOf("://", StringComparison.Ordinal);
        if (schemeEnd < 0)
        {
            return $"has no scheme; a DSN is {Form}";
        }

        var rest = text[(schemeEnd + 3)..];
        var at = rest.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? $"has no public key before an '@'; a DSN is {Form}"
            : !Keys().IsMatch(rest[..at]) ? "has a public key with other characters than letters, digits and '_'"
            : !rest[(at + 1)..].Contains('/', StringComparison.Ordinal) ? $"has no project id at its end; a DSN is {Form}"
            : $"has no valid host between the '@' and the next '/'; a DSN is {Form}";
    }

    [GeneratedRegex(
        @"\A(?<scheme>[A-Za-z0-9_]+)://(?<key>[A-Za-z0-9_]+)(:(?<secret>[A-Za-z0-9_]*))?@(?<host>\[[:.%A-Za-z0-9_]+\]|[A-Za-z0-9_.-]+)(:(?<port>[0-9]+))?/(?<path>.*)\z",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking | RegexOptions.Singleline)]
    private static partial Regex Parts();

    /// <summary>RFC 3986, section 3.3.</summary>
    [GeneratedRegex(@"\A([A-Za-z0-9/._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex PathPrefix();

    [GeneratedRegex(@"\A[A-Za-z0-9_]+(:[A-Za-z0-9_]*)?\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Keys();
}
