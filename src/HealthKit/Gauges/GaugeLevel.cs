namespace HealthKit;

/// <summary>How bad a gauge's value is; the greater the worse.</summary>
public enum GaugeLevel
{
    /// <summary>Neither limit is passed.</summary>
    Ok,

    /// <summary>The degraded limit is passed.</summary>
    Degraded,

    /// <summary>The unhealthy limit is passed.</summary>
    Unhealthy,
}
