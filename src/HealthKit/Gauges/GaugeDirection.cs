namespace HealthKit;

/// <summary>Which end of a gauge is bad.</summary>
public enum GaugeDirection
{
    /// <summary>A value below a limit is bad: what is free, left, available.</summary>
    LowIsBad,

    /// <summary>A value above a limit is bad: what is used, queued, waiting.</summary>
    HighIsBad,
}
