using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>How bad a gauge's value is; the greater the worse.</summary>
internal enum GaugeLevel
{
    /// <summary>Neither limit is passed.</summary>
    Ok,

    /// <summary>The degraded limit is passed.</summary>
    Degraded,

    /// <summary>The unhealthy limit is passed.</summary>
    Unhealthy,
}

internal static class GaugeLevels
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
