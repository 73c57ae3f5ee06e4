namespace HealthKit;

/// <summary>How a sink stands, as its check sees it. Every text is redacted.</summary>
internal sealed record SinkReport
{
    public required string Name { get; init; }

    public required string Type { get; init; }

    public int Waiting { get; init; }

    /// <summary>How old the oldest message that waits is; 0 when none does.</summary>
    public TimeSpan OldestAge { get; init; }

    public long Delivered { get; init; }

    /// <summary>Dropped or rejected since the app started.</summary>
    public long Dropped { get; init; }

    public long DroppedInHour { get; init; }

    public long RejectedInHour { get; init; }

    /// <summary>Why the last one was rejected.</summary>
    public string? Rejection { get; init; }

    /// <summary>Why the last attempt failed; null when it did not.</summary>
    public string? Problem { get; init; }

    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>When the attempt began that does not come back; null when none does.</summary>
    public DateTimeOffset? StuckSince { get; init; }

    /// <summary>Why it has nowhere to send to; null when it is used.</summary>
    public string? WhyOff { get; init; }

    /// <summary>
    /// Whether it is known how the sink stands: nothing waits, or an attempt has come to an end since the app started.
    /// </summary>
    public bool IsProven { get; init; } = true;

    public SinkState ToState() => new()
    {
        Name = Name,
        Type = Type,
        Waiting = Waiting,
        Delivered = Delivered,
        Dropped = Dropped,
        Problem = Problem,
        FailingSince = FailingSince,
    };
}
