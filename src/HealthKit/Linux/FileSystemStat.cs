namespace HealthKit;

/// <summary>A file system's figures at one moment.</summary>
/// <param name="Id">Which file system.</param>
/// <param name="TotalBytes">Its size, as <c>df</c> shows it.</param>
/// <param name="UsedBytes">What is in use: size less all free blocks.</param>
/// <param name="FreeBytes">What a process without privileges can still write: less than size minus used where blocks are reserved.</param>
/// <param name="Inodes">How many inodes there are; 0 where the file system has none to run out of.</param>
/// <param name="FreeInodes">How many of them are free.</param>
/// <param name="ReadOnly">The mount or the file system is read-only.</param>
internal readonly record struct FileSystemStat(
    FileSystemId Id, long TotalBytes, long UsedBytes, long FreeBytes, long Inodes, long FreeInodes, bool ReadOnly)
{
    /// <summary>What this process sees full at: used and free together, without the reserve.</summary>
    public double CapacityBytes => UsedBytes + (double)FreeBytes;

    /// <summary>100 less the percentage that <c>df</c> shows as used: free of used and free, the reserve left out.</summary>
    public double FreePercent => FreeBytes == 0 ? 0 : Math.Min(100, 100 * (FreeBytes / CapacityBytes));

    public double FreeInodesPercent => Inodes == 0 ? 100 : Math.Min(100, 100 * ((double)FreeInodes / Inodes));

    /// <summary>
    /// The figures for two paths that are taken for one. They are equal, or nearly so; where they are not (two directories whose quotas are of
    /// one size), the least that is left counts.
    /// </summary>
    public FileSystemStat WithLeastOf(in FileSystemStat other)
    {
        var least = other.FreePercent < FreePercent
            ? this with { TotalBytes = other.TotalBytes, UsedBytes = other.UsedBytes, FreeBytes = other.FreeBytes } : this;
        return other.FreeInodesPercent < FreeInodesPercent ? least with { Inodes = other.Inodes, FreeInodes = other.FreeInodes } : least;
    }

    /// <summary>Makes the figures of a raw answer. Whatever it holds, they are in range: no file system has negative space.</summary>
    /// <returns>False when the answer says nothing about space, as that of <c>/proc</c>.</returns>
    public static bool TryMake(in StatVfs raw, FileSystemId id, out FileSystemStat stat)
    {
        // f_frsize counts the blocks; where it is not filled in, f_bsize does (statvfs(3); df does the same).
        var blockSize = raw.FragmentSize != 0 ? raw.FragmentSize : raw.BlockSize;
        if (raw.Blocks == 0 || blockSize == 0)
        {
            stat = default;
            return false;
        }

        // A file system may count its reserve down below zero, which reads as a huge number.
        var free = Math.Min(raw.BlocksFree, raw.Blocks);
        var available = raw.BlocksAvailable > long.MaxValue ? 0 : Math.Min(raw.BlocksAvailable, raw.Blocks);
        var inodes = (long)Math.Min(raw.Files, long.MaxValue);
        stat = new FileSystemStat(
            id,
            Bytes(raw.Blocks, blockSize),
            Bytes(raw.Blocks - free, blockSize),
            Bytes(available, blockSize),
            inodes,
            Math.Min((long)Math.Min(raw.FilesFree, long.MaxValue), inodes),
            (raw.Flags & StatVfs.ReadOnlyFlag) != 0);
        return true;
    }

    private static long Bytes(ulong blocks, ulong blockSize)
    {
        var high = Math.BigMul(blocks, blockSize, out var low);
        return high != 0 || low > long.MaxValue ? long.MaxValue : (long)low;
    }
}
