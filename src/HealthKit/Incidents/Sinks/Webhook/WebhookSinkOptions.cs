namespace HealthKit;

/// <summary>Where a webhook goes and what it sends.</summary>
public sealed class WebhookSinkOptions
{
    /// <summary>
    /// The receiver: an absolute address with <c>http</c> or <c>https</c>. Required. All of it is a secret: only scheme, host and port are
    /// ever shown. User information in it (<c>https://user:password@host/</c>, percent-encoded) is sent as Basic authentication (RFC 7617).
    /// </summary>
    public Uri? Url { get; set; }

    /// <summary>The body. Default: <see cref="WebhookFormat.Json"/>.</summary>
    public WebhookFormat Format { get; set; } = WebhookFormat.Json;

    /// <summary>
    /// The value of the <c>Authorization</c> header, its scheme included: <c>Bearer …</c>. A secret. Null for none; not together with user
    /// information in <see cref="Url"/>.
    /// </summary>
    public string? Authorization { get; set; }

    /// <summary>How long one attempt may take, from resolving the host to the answer: 1 s to 30 s. Default: 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The receiver as it may be shown: scheme, host and port.</summary>
    public override string ToString() => $"{Format} to {WebhookAddress.Show(Url)}";
}
