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

    /// <summary>The state as last built; null when something changed since.</summary>
    public CheckState? State { get; set; }
}

/// <summary>How many of the latest results in a row bear out a status.</summary>
internal readonly record struct ResultStreaks(int Unhealthy, int DegradedOrWorse, int DegradedOrBetter, int Healthy)
{
    public ResultStreaks With(HealthStatus latest) => new(
        latest == HealthStatus.Unhealthy ? Unhealthy + 1 : 0,
        latest != HealthStatus.Healthy ? DegradedOrWorse + 1 : 0,
        latest != HealthStatus.Unhealthy ? DegradedOrBetter + 1 : 0,
        latest == HealthStatus.Healthy ? Healthy + 1 : 0);

    /// <summary>The status after thresholds: what all results of a streak bear out. Unhealthy, degraded, unhealthy are three degraded ones.</summary>
    public HealthStatus Confirm(HealthStatus confirmed, CheckPolicy policy) =>
        confirmed != HealthStatus.Unhealthy && Unhealthy >= policy.FailureThreshold ? HealthStatus.Unhealthy
        : confirmed == HealthStatus.Healthy && DegradedOrWorse >= policy.FailureThreshold ? HealthStatus.Degraded
        : confirmed != HealthStatus.Healthy && Healthy >= policy.RecoveryThreshold ? HealthStatus.Healthy
        : confirmed == HealthStatus.Unhealthy && DegradedOrBetter >= policy.RecoveryThreshold ? HealthStatus.Degraded
        : confirmed;
}
