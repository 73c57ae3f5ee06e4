namespace HealthKit;

/// <summary>What the HTTP check asks for, and what it takes as a good answer. Everything that is set must hold.</summary>
public sealed class HttpCheckOptions : DependencyOptions
{
    /// <summary>
    /// What is asked for: an absolute http or https address without user information (put credentials into <see cref="Headers"/>). Its query
    /// is sent and never shown.
    /// </summary>
    public Uri? Url { get; set; }

    /// <summary>The method, in capitals as a rule: any token but CONNECT (RFC 9110, section 9). No body is sent.</summary>
    public string Method { get; set; } = "GET";

    /// <summary>
    /// Headers of our own: <c>Name: value</c>. They go to the origin of <see cref="Url"/> (scheme, host, port) and to no other. Their values are
    /// never shown; those that may hold a secret are registered with the <see cref="Redactor"/>.
    /// </summary>
    public IList<string>? Headers { get; set; }

    /// <summary>Statuses that are good: <c>200</c>, <c>2xx</c>, <c>200-204</c>. A redirect status here means that it is not followed.</summary>
    public IList<string> ExpectedStatuses { get; set; } = ["2xx"];

    /// <summary>The media type that the body must have, without parameters: <c>application/json</c>, <c>text/*</c>.</summary>
    public string? ExpectedMediaType { get; set; }

    /// <summary>Headers that the answer must have: <c>Name</c>, or <c>Name: value</c> with that very value.</summary>
    public IList<string>? ExpectedHeaders { get; set; }

    /// <summary>A text that the body must hold; case counts.</summary>
    public string? BodyContains { get; set; }

    /// <summary>A text that the body must not hold; case counts.</summary>
    public string? BodyDoesNotContain { get; set; }

    /// <summary>
    /// A .NET regular expression that the body must match somewhere, without what needs backtracking (look-arounds, back references): its
    /// time is linear in the body.
    /// </summary>
    public string? BodyMatches { get; set; }

    /// <summary>A place in the body, which must be JSON: a pointer such as <c>/status</c> or <c>/checks/0/name</c> (RFC 6901). It must exist.</summary>
    public string? JsonPointer { get; set; }

    /// <summary>What stands at <see cref="JsonPointer"/>: a text as it is, a number by its value, <c>true</c>, <c>false</c> or <c>null</c>.</summary>
    public string? JsonEquals { get; set; }

    /// <summary>The least size of the body, in bytes after decoding. Allowed: 0 to 16777216 bytes. Default: 0.</summary>
    public long MinimumBodyBytes { get; set; }

    /// <summary>
    /// The greatest size of the body, in bytes, encoded and decoded: more is not read, and a failure. Allowed: 1 to 16777216 bytes. Default: 1048576.
    /// </summary>
    public long MaxBodyBytes { get; set; } = 1 << 20;

    /// <summary>
    /// How many redirects are followed. With 0 a redirect is a failure unless its status is expected. Allowed: 0 to 20. Default: 5.
    /// </summary>
    public int MaxRedirectsCount { get; set; } = 5;

    /// <summary>How long 503 is degraded, counted from the first one of a row, before it is unhealthy. Allowed: 0 to 1 day. Default: 00:02:00.</summary>
    public TimeSpan UnavailableGrace { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether a password field on a page that came over plain http degrades the check. Hosts on this machine are left out.</summary>
    public bool FindPasswordForms { get; set; } = true;

    /// <summary>
    /// Whether a connection may be used again by the next run. Then name, connection and TLS are tried only when a new one is needed, and
    /// a request that finds its connection closed is silently sent again.
    /// </summary>
    public bool ReuseConnection { get; set; }

    /// <summary>
    /// Fingerprints (SHA-256, hexadecimal, with or without colons) of which the certificate of <see cref="Url"/>'s origin must have one,
    /// instead of a trusted authority and the name. Redirects to elsewhere are held to the system's trust.
    /// </summary>
    public IList<string>? PinnedSha256 { get; set; }
}
