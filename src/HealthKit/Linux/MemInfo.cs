namespace HealthKit;

/// <summary>The machine's memory, of <c>/proc/meminfo</c> (proc_meminfo(5)), in bytes.</summary>
/// <param name="TotalBytes"><c>MemTotal</c>; above 0.</param>
/// <param name="AvailableBytes"><c>MemAvailable</c>: what can be had without swapping, page cache included. Since Linux 3.14.</param>
/// <param name="SwapTotalBytes"><c>SwapTotal</c>.</param>
/// <param name="SwapFreeBytes"><c>SwapFree</c>.</param>
internal readonly record struct MemInfo(long TotalBytes, long AvailableBytes, long SwapTotalBytes, long SwapFreeBytes)
{
    private const long LargestKibibytes = long.MaxValue / 1024;

    public static bool TryParse(ReadOnlySpan<byte> text, out MemInfo info)
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

        info = new MemInfo(total, Math.Min(available, total), swapTotal, Math.Min(swapFree, swapTotal));
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
