namespace HealthKit;

/// <summary>One look at a queue. What a source cannot know is null, which is not zero.</summary>
/// <param name="Depth">How many entries wait to be taken, all parts together.</param>
public sealed record QueueState(long Depth)
{
    /// <summary>Whether <see cref="Depth"/> is the most that there can be, and not the exact number.</summary>
    public bool DepthIsAtMost { get; init; }

    /// <summary>How long the oldest entry has waited; zero when none waits.</summary>
    public TimeSpan? OldestAge { get; init; }

    /// <summary>How many consumers or workers there are.</summary>
    public int? Consumers { get; init; }

    /// <summary>The names of the consumers: who is missing among them after a run is named as lost. At most the first 100 are looked at.</summary>
    public IReadOnlyList<string>? ConsumerNames { get; init; }

    /// <summary>
    /// The names of consumers that the source itself knows to have gone without a goodbye: a heartbeat that stopped, entries taken and held by somebody
    /// who is silent. They are not counted as <see cref="Consumers"/>.
    /// </summary>
    public IReadOnlyList<string>? LostConsumers { get; init; }

    /// <summary>How many entries are being worked on: taken, and not acknowledged yet.</summary>
    public long? InProgress { get; init; }

    /// <summary>How many entries wait for their time.</summary>
    public long? Scheduled { get; init; }

    /// <summary>How many of the scheduled and the retried have their time behind them, and only want somebody to look for them. Null: that is not known.</summary>
    internal long? Due { get; init; }

    /// <summary>How many entries failed and will be tried again.</summary>
    public long? Retrying { get; init; }

    /// <summary>How many entries were given up.</summary>
    public long? Dead { get; init; }

    /// <summary>How many entries ever came, by the source's own count. From one look to the next it gives the arrival rate; a count that went down began anew.</summary>
    public long? Arrived { get; init; }

    /// <summary>How many entries were ever worked off, by the source's own count, failed ones included.</summary>
    public long? Completed { get; init; }

    /// <summary>The queues that it consists of, where there are several, by name.</summary>
    public IReadOnlyDictionary<string, QueuePart>? Parts { get; init; }
}
