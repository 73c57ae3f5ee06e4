namespace HealthKit;

/// <summary>How a sink stands.</summary>
public sealed record SinkState
{
    /// <summary>The sink's name.</summary>
    public required string Name { get; init; }

    /// <summary>The name of its type: <c>Log</c>, <c>Webhook</c>.</summary>
    public required string Type { get; init; }

    /// <summary>How many messages wait for delivery.</summary>
    public required int Waiting { get; init; }

    /// <summary>How many were delivered since the app started.</summary>
    public required long Delivered { get; init; }

    /// <summary>How many were given up since the app started: the outbox was full, or the receiver rejected them.</summary>
    public required long Dropped { get; init; }

    /// <summary>Why the last attempt failed; null when it did not.</summary>
    public string? Problem { get; init; }

    /// <summary>Since when attempts have failed; null when the last one did not.</summary>
    public DateTimeOffset? FailingSince { get; init; }
}
