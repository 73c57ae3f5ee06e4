namespace HealthKit;

/// <summary>What a gauge's value is counted in.</summary>
public enum GaugeUnit
{
    /// <summary>Percent of a whole, 0 to 100.</summary>
    Percent,

    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>Bytes a second.</summary>
    BytesPerSecond,

    /// <summary>A number of things.</summary>
    Count,

    /// <summary>Seconds.</summary>
    Seconds,
}
