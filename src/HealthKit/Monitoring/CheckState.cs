using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>One check as it stands: its latest result, how old that is and since when the status has held. Immutable.</summary>
/// <remarks>Every text of the result has passed the <see cref="Redactor"/> and is bounded in length.</remarks>
public sealed record CheckState
{
    /// <summary>The registered name.</summary>
    public required string Name { get; init; }

    /// <summary>The confirmed status (after thresholds): the one that is served and counted. Unknown reads as the failure status.</summary>
    public required HealthStatus Status { get; init; }

    /// <summary>The latest run's status, before thresholds; null before the first result.</summary>
    public HealthStatus? LatestStatus { get; init; }

    /// <summary>How fresh the latest result is.</summary>
    public required CheckCondition Condition { get; init; }

    /// <summary>The stable dotted code of what is wrong or unknown: <c>disk.space.low</c>, <c>check.timeout</c>; null when nothing is.</summary>
    public string? Reason { get; init; }

    /// <summary>The latest result's text.</summary>
    public string? Description { get; init; }

    /// <summary>
    /// The latest result's data, frozen: null, bool, long, double, decimal, string, DateTimeOffset, TimeSpan, lists of these
    /// (<c>IReadOnlyList&lt;object?&gt;</c>) and maps of these (<c>IReadOnlyDictionary&lt;string, object?&gt;</c>).
    /// </summary>
    public IReadOnlyDictionary<string, object?> Data { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, object?>.Empty;

    /// <summary>The numbers with a unit among the data.</summary>
    public IReadOnlyList<Reading> Readings { get; init; } = [];

    /// <summary>The exception of the latest result, if it had one.</summary>
    public ExceptionInfo? Exception { get; init; }

    /// <summary>When the latest result came; null before the first.</summary>
    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>Since when <see cref="Status"/> has held.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When the run that is under way began; null when none is. A run past its deadline goes on and is shown here.</summary>
    public DateTimeOffset? RunningSince { get; init; }

    /// <summary>How long the latest run took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The registration's tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The policy in force.</summary>
    public required CheckPolicy Policy { get; init; }

    /// <summary>What the check's type says of itself; null for checks that are not HealthKit's.</summary>
    public CheckDescriptor? Descriptor { get; init; }

    /// <summary>What to do when it is bad: the policy's remedy, else the one for the reason, else the type's; null while pending.</summary>
    public string? Remedy => Policy.Remedy
        ?? (Condition == CheckCondition.Pending ? null : MonitorReasons.RemedyFor(Reason) ?? Descriptor?.RemedyFor(Reason));

    /// <summary>
    /// Whether the state counts in an overall status. A check that waits for its <see cref="CheckPolicy.Delay"/> to pass does not yet.
    /// </summary>
    public bool Counts => Condition != CheckCondition.Pending || Policy.Delay == TimeSpan.Zero;
}
