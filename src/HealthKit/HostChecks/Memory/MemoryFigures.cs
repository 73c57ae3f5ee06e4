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

    /// <summary>The files of cgroups further up that could not be read, each with why. Those limits are not known.</summary>
    public List<string> NotReadable { get; } = [];

    public void Clear()
    {
        Pools.Clear();
        NotReadable.Clear();
        OwnRssBytes = null;
        SwapTotalBytes = null;
        SwapUsedBytes = 0;
    }
}
