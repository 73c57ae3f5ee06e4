namespace HealthKit;

/// <summary>What the outages of a check, or of the app as a whole, add up to.</summary>
public sealed record Downtime
{
    /// <summary>The check's name; null for the app as a whole.</summary>
    public string? Check { get; init; }

    /// <summary>How many outages are kept.</summary>
    public required int Outages { get; init; }

    /// <summary>How long it was down in them: without what nobody saw, and without those that were planned.</summary>
    public required TimeSpan Total { get; init; }

    /// <summary>How long in the longest one.</summary>
    public required TimeSpan Longest { get; init; }

    /// <summary>Of the last 24 h, as far as the app ran: the share in which it was not down. Null when it did not run.</summary>
    public double? UptimePercentDay { get; init; }

    /// <summary>The same for the last 7 days.</summary>
    public double? UptimePercentWeek { get; init; }

    /// <summary>The same for the last 30 days.</summary>
    public double? UptimePercentMonth { get; init; }
}
