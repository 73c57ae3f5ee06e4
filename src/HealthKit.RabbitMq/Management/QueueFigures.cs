namespace HealthKit;

/// <summary>A queue as the management API tells it. What it does not tell is null.</summary>
internal sealed record QueueFigures
{
    public long? Ready { get; init; }

    public long? Unacknowledged { get; init; }

    public int? Consumers { get; init; }

    /// <summary>The time that the publisher gave the oldest message.</summary>
    public DateTimeOffset? HeadMessageAt { get; init; }

    /// <summary>How many messages were ever put into it.</summary>
    public long? Published { get; init; }

    /// <summary>How many were ever worked off: acknowledged, or taken without the need to.</summary>
    public long? Acknowledged { get; init; }
}
