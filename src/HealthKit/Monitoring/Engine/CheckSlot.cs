using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What the engine keeps of one check. Times are the monitor's own (ticks of 100 ns); all of it belongs to the engine's lock.</summary>
internal sealed class CheckSlot
{
    public CheckSlot(MonitoredCheck check, int index)
    {
        Index = index;
        Registration = check.Registration;
        Descriptor = check.Descriptor;
        Tags = [.. check.Registration.Tags];
        UnknownStatus = HealthKit.UnknownStatus.Of(check.Registration.FailureStatus);
        Policy = PublishedPolicy = check.Policy;
        SetPolicy(check.Policy);
        VisibleStatus = UnknownStatus;
    }

    public int Index { get; }

    public HealthCheckRegistration Registration { get; }

    public CheckDescriptor? Descriptor { get; }

    public IReadOnlyList<string> Tags { get; }

    /// <summary>What unknown reads as: the failure status, and degraded where that is healthy, for unknown is never healthy.</summary>
    public HealthStatus UnknownStatus { get; }

    /// <summary>The policy in force: the engine's own copy.</summary>
    public CheckPolicy Policy { get; private set; }

    /// <summary>The copy that states carry: who changes it changes nothing here.</summary>
    public CheckPolicy PublishedPolicy { get; private set; }

    public long DueAt { get; set; }

    /// <summary>From when the age counts: the latest result, or the time from which a first one was expected.</summary>
    public long NewsAt { get; set; }

    public CheckRun? Run { get; set; }

    public bool HasRun { get; set; }

    public FrozenResult? Result { get; set; }

    public DateTimeOffset? CheckedAt { get; set; }

    public TimeSpan Duration { get; set; }

    public CheckCondition Condition { get; set; }

    /// <summary>Its run has waited for a place longer than it may take.</summary>
    public bool Busy { get; set; }

    /// <summary>The status after thresholds; null before the first result.</summary>
    public HealthStatus? Confirmed { get; set; }

    /// <summary>Consecutive results on one side of the confirmed status, and the one of them nearest to it.</summary>
    public int Streak { get; set; }

    public HealthStatus StreakNearest { get; set; }

    public bool StreakIsWorse { get; set; }

    /// <summary>The reason of the latest result that was not healthy: shown until the recovery is confirmed.</summary>
    public string? BadReason { get; set; }

    public HealthStatus VisibleStatus { get; set; }

    public DateTimeOffset Since { get; set; }

    /// <summary>Those who asked for the result of the run under way or the next one.</summary>
    public List<TaskCompletionSource<CheckState>>? Waiters { get; set; }

    /// <summary>The state as last built; null when something changed since.</summary>
    public CheckState? State { get; set; }

    public void SetPolicy(CheckPolicy policy)
    {
        Policy = policy with { };
        PublishedPolicy = policy with { };
    }
}
