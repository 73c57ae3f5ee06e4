namespace HealthKit;

/// <summary>A time in which a check was unhealthy.</summary>
public sealed record Outage
{
    /// <summary>The check's name; null for the app as a whole: some check was unhealthy.</summary>
    public string? Check { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>When it ended; null while it lasts.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>The reason it began with; null when the check gave none.</summary>
    public string? Reason { get; init; }

    /// <summary>How much of it nobody saw, because the app did not run; not counted as down.</summary>
    public required TimeSpan Unknown { get; init; }

    /// <summary>Whether it began in a maintenance window; not counted as down.</summary>
    public required bool Planned { get; init; }
}
