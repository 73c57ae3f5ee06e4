using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What "not known" reads as.</summary>
internal static class UnknownStatus
{
    /// <summary>The failure status, and degraded where that is healthy: unknown is never healthy. One that does not exist is unhealthy.</summary>
    public static HealthStatus Of(HealthStatus failureStatus) =>
        failureStatus is HealthStatus.Healthy or HealthStatus.Degraded ? HealthStatus.Degraded : HealthStatus.Unhealthy;
}
