namespace HealthKit;

/// <summary>
/// The limits of the memory check. A limit that is null is not set. With none set, the check is degraded below 10 % or 1 GiB free and
/// unhealthy below 5 % or 512 MiB, whichever is less. A limit set alone brings its other tier with it: degraded is twice unhealthy. A limit
/// of 0 is never passed.
/// </summary>
public sealed class MemoryOptions
{
    /// <summary>
    /// Degraded when less than this is free, in percent of a limit. Every limit is judged. Allowed: 0 to 100 percent. Default: none, which means 10 % or 1 GiB,
    /// whichever is less.
    /// </summary>
    public double? DegradedBelowFreePercent { get; set; }

    /// <summary>
    /// Unhealthy when less than this is free, in percent of a limit. Every limit is judged. Allowed: 0 to 100 percent. Default: none, which means 5 % or 512 MiB,
    /// whichever is less.
    /// </summary>
    public double? UnhealthyBelowFreePercent { get; set; }

    /// <summary>
    /// Degraded when less than this is free, in bytes. It acts beside the percentages: the worst counts. Allowed: 0 or more bytes. Default: none.
    /// </summary>
    public long? DegradedBelowFreeBytes { get; set; }

    /// <summary>
    /// Unhealthy when less than this is free, in bytes. It acts beside the percentages: the worst counts. Allowed: 0 or more bytes. Default: none.
    /// </summary>
    public long? UnhealthyBelowFreeBytes { get; set; }

    /// <summary>
    /// The swap that should be there, in bytes: degraded when this process has less (swap that was not turned on after a restart, or that its cgroup may
    /// not use). One percent less is enough, for the kernel keeps a page for itself. Null or 0 expects none. Allowed: 0 or more bytes. Default: none.
    /// </summary>
    public long? ExpectedSwapBytes { get; set; }

    /// <summary>Degraded when, by its growth, memory will soon be used up.</summary>
    public bool DegradedWhenFilling { get; set; } = true;
}
