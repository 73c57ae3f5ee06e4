using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

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
