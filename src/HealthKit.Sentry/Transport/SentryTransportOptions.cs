namespace HealthKit;

/// <summary>How envelopes travel. Immutable.</summary>
internal sealed record SentryTransportOptions
{
    /// <summary>The proxy, with its user and password if it wants any; null for the system's (<c>HTTPS_PROXY</c>, <c>NO_PROXY</c>, …).</summary>
    public Uri? Proxy { get; init; }

    /// <summary>How long an attempt may take, from connecting to the end of the answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long connecting may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
