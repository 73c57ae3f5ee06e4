namespace HealthKit;

/// <summary>
/// One event as it goes to Sentry: of an incident, or a message of the app's own. Immutable, without secrets, and within Sentry's limits.
/// </summary>
public sealed record SentryIncidentEvent
{
    /// <summary>32 lower-case hexadecimal digits. The same at every attempt, so that Sentry keeps one of those it gets.</summary>
    public required string EventId { get; init; }

    /// <summary>When it happened; not when it is sent.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>What makes it one issue with others; empty when Sentry decides.</summary>
    public IReadOnlyList<string> Fingerprint { get; init; } = [];

    /// <summary>
    /// The event as JSON in UTF-8 (https://develop.sentry.dev/sdk/foundations/transport/event-payloads/); at most 1 MiB.
    /// </summary>
    public required ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>Its files.</summary>
    public IReadOnlyList<SentryIncidentAttachment> Attachments { get; init; } = [];
}
