namespace HealthKit;

/// <summary>What a source found in one run; filled anew by each.</summary>
internal sealed class MemoryFigures
{
    /// <summary>All that limits this process; never empty after a good run.</summary>
    public List<MemoryPool> Pools { get; } = [];

    /// <summary>This process's resident set; null when it is not known.</summary>
    public long? OwnRssBytes { get; set; }

    /// <summary>The swap that this process may use; null when it is not known.</summary>
    public long? SwapTotalBytes { get; set; }

    /// <summary>What of it is in use, by whomever; 0 to the total.</summary>
    public long SwapUsedBytes { get; set; }

    /// <summary>The pool with the least left: what this process can still get.</summary>
    public MemoryPool Tightest => Pools.MinBy(static pool => pool.FreeBytes)!;

    public void Clear()
    {
        Pools.Clear();
        OwnRssBytes = null;
        SwapTotalBytes = null;
        SwapUsedBytes = 0;
    }
}
