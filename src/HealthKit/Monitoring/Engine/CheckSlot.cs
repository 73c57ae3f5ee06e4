using System.Collections.ObjectModel;
using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What the engine keeps of one check. Times are the monitor's own (ticks of 100 ns); all of it belongs to the engine's lock.</summary>
internal sealed class CheckSlot
{
    private CheckState? _state;

    public CheckSlot(MonitoredCheck check, int index)
    {
        Index = index;
        Registration = check.Registration;
        Descriptor = check.Descriptor;
        Tags = [.. check.Registration.Tags];
        UnknownStatus = HealthKit.UnknownStatus.Of(check.Registration.FailureStatus);
        Policy = check.Policy;
        VisibleStatus = UnknownStatus;
    }

    public int Index { get; }

    public HealthCheckRegistration Registration { get; }

    public CheckDescriptor? Descriptor { get; }

    public IReadOnlyList<string> Tags { get; }

    /// <summary>What unknown reads as: the failure status, and degraded where that is healthy, for unknown is never healthy.</summary>
    public HealthStatus UnknownStatus { get; }

    public CheckPolicy Policy { get; set; }

    public long DueAt { get; set; }

    /// <summary>From when the age counts: the latest result, or the time from which a first one was expected.</summary>
    public long NewsAt { get; set; }

    public CheckRun? Run { get; set; }

    /// <summary>A run has ended since the monitor started or the check was turned on.</summary>
    public bool HasRun { get; set; }

    public FrozenResult? Result { get; set; }

    public DateTimeOffset? CheckedAt { get; set; }

    public TimeSpan Duration { get; set; }

    public CheckCondition Condition { get; set; }

    /// <summary>Its run has waited for a place longer than it may take.</summary>
    public bool Busy { get; set; }

    /// <summary>The status after thresholds; null before the first result.</summary>
    public HealthStatus? Confirmed { get; set; }

    /// <summary>How many of the latest results in a row were unhealthy, degraded or worse, degraded or better, healthy.</summary>
    public ResultStreaks Streaks { get; set; }

    /// <summary>The reason of the latest result that was not healthy: shown until the recovery is confirmed.</summary>
    public string? BadReason { get; set; }

    public HealthStatus VisibleStatus { get; set; }

    public DateTimeOffset Since { get; set; }

    /// <summary>Those who asked for the result of the run under way or the next one.</summary>
    public List<TaskCompletionSource<CheckState>>? Waiters { get; set; }

    /// <summary>The state, built when it is asked for after a change.</summary>
    public CheckState State => _state ??= new CheckState
    {
        Name = Registration.Name,
        Status = VisibleStatus,
        LatestStatus = Result?.Status,
        Condition = Condition,
        Reason = Reason,
        Description = Description,
        Data = Result?.Data ?? ReadOnlyDictionary<string, object?>.Empty,
        Readings = Result?.Readings ?? [],
        Exception = Result?.Exception,
        CheckedAt = CheckedAt,
        Since = Since,
        RunningSince = Run is { HasBegun: true } run ? run.StartedAtUtc : null,
        Duration = Duration,
        Tags = Tags,
        Policy = Policy,
        Descriptor = Descriptor,
    };

    private string? Reason => Condition switch
    {
        _ when Busy && Condition != CheckCondition.Current => "monitor.busy",
        CheckCondition.Pending => "check.pending",
        // A run that never ended says more than that its result is old.
        CheckCondition.Stale when Run is { Phase: RunPhase.Expired } => Result?.Reason ?? "check.timeout",
        CheckCondition.Stale => "check.stale",
        _ => Result?.Reason ?? (VisibleStatus == HealthStatus.Healthy ? null : BadReason),
    };

    private string? Description
    {
        get
        {
            var latest = Result?.Description;
            switch (Condition)
            {
                case CheckCondition.Pending:
                    return "No result yet.";
                case CheckCondition.Stale when Run is { Phase: RunPhase.Expired }:
                    return latest ?? "A run from before the check was turned off goes on; no other starts before it ends.";
                case CheckCondition.Stale:
                    var text = string.Create(
                        CultureInfo.InvariantCulture,
                        $"No result for {Policy.StaleLimit.TotalSeconds:0.###} s or more; one was expected every {Policy.Period.TotalSeconds:0.###} s.");
                    return latest is null ? text : $"{text} The last one: {latest}";
                default:
                    return latest;
            }
        }
    }

    /// <summary>Something that the state shows has changed.</summary>
    public void Invalidate() => _state = null;
}
