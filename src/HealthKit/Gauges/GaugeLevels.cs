using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What levels read as.</summary>
public static class GaugeLevels
{
    /// <summary>The status of a level: unhealthy reads as the registration's failure status, and degraded never reads worse than that.</summary>
    public static HealthStatus ToStatus(this GaugeLevel level, HealthStatus failureStatus) => level switch
    {
        GaugeLevel.Ok => HealthStatus.Healthy,
        GaugeLevel.Degraded when failureStatus == HealthStatus.Healthy => HealthStatus.Healthy,
        GaugeLevel.Degraded => HealthStatus.Degraded,
        _ => failureStatus,
    };
}
