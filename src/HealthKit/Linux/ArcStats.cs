namespace HealthKit;

/// <summary>The cache of ZFS (ARC), of <c>/proc/spl/kstat/zfs/arcstats</c>: lines of name, type and value.</summary>
/// <remarks>
/// It is no page cache, so <c>MemAvailable</c> counts it as used; yet it gives way to whoever needs memory, down to <c>c_min</c> (OpenZFS,
/// Module Parameters: <c>zfs_arc_min</c>, <c>zfs_arc_sys_free</c>).
/// </remarks>
internal static class ArcStats
{
    /// <summary>What of it can be had back, in bytes: 0 or more.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long reclaimableBytes)
    {
        reclaimableBytes = 0;
        if (!TryFind(text, "size "u8, out var size) || !TryFind(text, "c_min "u8, out var least))
        {
            return false;
        }

        reclaimableBytes = Math.Max(0, size - least);
        return true;
    }

    private static bool TryFind(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out long value)
    {
        value = 0;
        while (true)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            if (line.StartsWith(name))
            {
                // The type stands between the two (4: an unsigned number of 64 bits).
                line = line[name.Length..].TrimStart((byte)' ');
                var space = line.IndexOf((byte)' ');
                return space > 0 && PseudoText.TryParse(line[..space], out _) && PseudoText.TryParse(line[space..].TrimStart((byte)' '), out value);
            }

            if (end < 0)
            {
                return false;
            }

            text = text[(end + 1)..];
        }
    }
}
