namespace HealthKit;

/// <summary>What a source found in one run; filled anew by each.</summary>
internal sealed class MemoryFigures
{
    /// <summary>All that limits this process; never empty after a good run.</summary>
    public List<MemoryPool> Pools { get; } = [];

    /// <summary>This process's resident set; null when it is not known.</summary>
    public long? OwnRssBytes { get; set; }

    /// <summary>What the cache of ZFS would give back, counted as free on the machine; null where there is none.</summary>
    public long? ArcReclaimableBytes { get; set; }

    /// <summary>The swap of which the least is left: the machine's, or what a cgroup allows; null when it is not known.</summary>
    public long? SwapTotalBytes { get; set; }

    /// <summary>What of it is in use, by whomever; 0 to the total.</summary>
    public long SwapUsedBytes { get; set; }

    /// <summary>The most swap that this process may ever use: the least of the machine's and of all limits; null when it is not known.</summary>
    public long? SwapAllowedBytes { get; set; }

    /// <summary>What limits this process and could not be found or read, each with why. Those limits are not known.</summary>
    public List<string> NotReadable { get; } = [];

    public void Clear()
    {
        Pools.Clear();
        NotReadable.Clear();
        OwnRssBytes = null;
        SwapTotalBytes = null;
        SwapUsedBytes = 0;
        SwapAllowedBytes = null;
        ArcReclaimableBytes = null;
    }

    /// <summary>Another limit of swap: the one of which the least is left is the one that is reported.</summary>
    public void AddSwap(long totalBytes, long usedBytes)
    {
        usedBytes = Math.Min(usedBytes, totalBytes);
        var (left, leastLeft) = (totalBytes - usedBytes, SwapTotalBytes - SwapUsedBytes);
        if (leastLeft is null || left < leastLeft || (left == leastLeft && totalBytes < SwapTotalBytes))
        {
            (SwapTotalBytes, SwapUsedBytes) = (totalBytes, usedBytes);
        }

        SwapAllowedBytes = Math.Min(SwapAllowedBytes ?? totalBytes, totalBytes);
    }
}
