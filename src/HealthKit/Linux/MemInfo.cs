namespace HealthKit;

/// <summary>The machine's memory, of <c>/proc/meminfo</c> (proc_meminfo(5)), in bytes.</summary>
/// <param name="TotalBytes"><c>MemTotal</c>; above 0.</param>
/// <param name="AvailableBytes"><c>MemAvailable</c>: what can be had without swapping, page cache included. Since Linux 3.14.</param>
/// <param name="HugePagesBytes">What is set aside as huge pages, below the total: no other use can have it, and nothing of it counts as available.</param>
/// <param name="SwapTotalBytes"><c>SwapTotal</c>.</param>
/// <param name="SwapFreeBytes"><c>SwapFree</c>.</param>
internal readonly record struct MemInfo(long TotalBytes, long AvailableBytes, long HugePagesBytes, long SwapTotalBytes, long SwapFreeBytes)
{
    private const long LargestKibibytes = long.MaxValue / 1024;

    /// <param name="text">The file's content.</param>
    /// <param name="info">What it says.</param>
    /// <param name="ofMachine">Whether the totals are the machine's. In a container that is shown totals of its own the huge pages are still the machine's: no part of them.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, out MemInfo info, bool ofMachine = true)
    {
        info = default;
        if (!TryFind(text, "MemTotal:"u8, out var total) || total == 0 || !TryFind(text, "MemAvailable:"u8, out var available))
        {
            return false;
        }

        // A kernel without swap support may not name it.
        if (!TryFind(text, "SwapTotal:"u8, out var swapTotal) || !TryFind(text, "SwapFree:"u8, out var swapFree))
        {
            (swapTotal, swapFree) = (0, 0);
        }

        // Hugetlb counts pages of every size, since Linux 4.20; before, the pool of the default size is told.
        if (!TryFind(text, "Hugetlb:"u8, out var hugePages)
            && (!PseudoText.TryFind(text, "HugePages_Total:"u8, out var count)
                || !TryFind(text, "Hugepagesize:"u8, out var size)
                || size == 0
                || count > long.MaxValue / size
                || (hugePages = count * size) < 0))
        {
            hugePages = 0;
        }

        if (hugePages >= total || !ofMachine)
        {
            hugePages = 0;
        }

        info = new MemInfo(total, Math.Min(available, total - hugePages), hugePages, swapTotal, Math.Min(swapFree, swapTotal));
        return true;
    }

    private static bool TryFind(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key, out long bytes)
    {
        if (PseudoText.TryFind(text, key, out bytes) && bytes <= LargestKibibytes)
        {
            bytes *= 1024;
            return true;
        }

        bytes = 0;
        return false;
    }
}
