using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What "not known" reads as.</summary>
internal static class UnknownStatus
{
    /// <summary>The failure status, and degraded where that is healthy: unknown is never healthy.</summary>
    public static HealthStatus Of(HealthStatus failureStatus) => failureStatus == HealthStatus.Healthy ? HealthStatus.Degraded : failureStatus;
}
