namespace HealthKit;

/// <summary>The memory of one cgroup, v1 or v2: its limit and how much of it is left. It keeps its files open.</summary>
/// <remarks>
/// <para>
/// Used is what reclaim cannot free: the cgroup's usage less its file pages on both LRU lists and its reclaimable slab. That is how the
/// kernel reckons <c>MemAvailable</c> for the machine; file pages that cannot be had back (tmpfs, shared memory) are on the anonymous or
/// the unevictable lists (Documentation/admin-guide/cgroup-v2.rst, memory.stat: <c>inactive_file</c>, <c>active_file</c>,
/// <c>slab_reclaimable</c>). Taking off only the inactive pages, as some tools do, calls a well-used page cache a lack of memory.
/// </para>
/// <para>
/// v1 does not tell its reclaimable slab (cgroup-v1/memory.rst, 5.2), and its <c>total_…</c> fields include the cgroups below.
/// </para>
/// </remarks>
internal sealed class CgroupMemory : IDisposable
{
    /// <summary>v1 writes "none" as the greatest number of whole pages: 0x7FFFFFFFFFFFF000, with larger pages a little less.</summary>
    private const long NoLimitFrom = long.MaxValue - (1 << 20);

    private readonly bool _unified;
    private readonly bool _hidden;
    private readonly PseudoFile _max;
    private readonly PseudoFile? _high;
    private readonly PseudoFile _usage;
    private readonly PseudoFile _stat;
    private readonly PseudoFile? _swapMax;
    private readonly PseudoFile? _swapUsage;

    /// <param name="directory">The cgroup.</param>
    /// <param name="unified">v2.</param>
    /// <param name="hidden">
    /// What is above it cannot be seen: the memory.stat of a v1 cgroup tells of limits further up (<c>hierarchical_memory_limit</c>).
    /// </param>
    public CgroupMemory(CgroupDirectory directory, bool unified, bool hidden)
    {
        Directory = directory;
        _unified = unified;
        _hidden = hidden;
        _max = Open(unified ? "memory.max" : "memory.limit_in_bytes");
        _high = unified ? Open("memory.high") : null;
        _usage = Open(unified ? "memory.current" : "memory.usage_in_bytes");
        _stat = Open("memory.stat");
        _swapMax = unified ? Open("memory.swap.max") : null;
        _swapUsage = unified ? Open("memory.swap.current") : null;

        PseudoFile Open(string name) => new(Path.Join(directory.Path, name));
    }

    public CgroupDirectory Directory { get; }

    /// <summary>The limit; null when there is none.</summary>
    public long? LimitBytes { get; private set; }

    /// <summary>The file that sets the limit: <c>memory.max</c>, <c>memory.high</c>, <c>memory.limit_in_bytes</c>.</summary>
    public string LimitFile { get; private set; } = "";

    /// <summary>What is left of the limit, 0 to the limit. Without a limit it means nothing.</summary>
    public long FreeBytes { get; private set; }

    /// <summary>The most swap that the cgroup may use (v2); null when it has no such limit.</summary>
    public long? SwapLimitBytes { get; private set; }

    /// <summary>The swap that the cgroup uses, where it has a limit.</summary>
    public long SwapUsedBytes { get; private set; }

    /// <summary>Why the last read failed.</summary>
    public string? Error { get; private set; }

    /// <summary>Whether it failed because a file is missing that a cgroup with a limit has: somebody shows us only a part.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>Reads it anew.</summary>
    /// <param name="buffer">Takes one file at a time.</param>
    /// <param name="swap">Whether its swap is wanted.</param>
    /// <returns>Missing when the cgroup is gone or has no memory controller.</returns>
    public PseudoFileRead Read(Span<byte> buffer, bool swap)
    {
        IsIncomplete = false;
        var read = ReadLimit(_max, buffer, out var limit);
        if (read != PseudoFileRead.Ok)
        {
            return read;
        }

        LimitFile = _unified ? "memory.max" : "memory.limit_in_bytes";
        if (_high is not null)
        {
            // Above memory.high the kernel throttles the cgroup's processes instead of ending them: as little room as none.
            read = ReadLimit(_high, buffer, out var high);
            if (read == PseudoFileRead.Failed)
            {
                return read;
            }

            if (read == PseudoFileRead.Ok && high < limit)
            {
                limit = high;
                LimitFile = "memory.high";
            }
        }

        // memory.stat is the dear one: it is read only where it matters.
        var stat = ReadOnlySpan<byte>.Empty;
        if (limit < NoLimitFrom || _hidden)
        {
            read = _stat.Read(buffer, out var length);
            if (read == PseudoFileRead.Failed)
            {
                return Fail(_stat, _stat.Error);
            }

            if (read == PseudoFileRead.Missing)
            {
                // Without it all page cache would count as used.
                return FailMissing(_stat, buffer);
            }

            stat = buffer[..length];
            if (_hidden && PseudoText.TryFind(stat, "hierarchical_memory_limit "u8, out var above) && above < limit)
            {
                limit = above;
                LimitFile = "hierarchical_memory_limit";
            }
        }

        LimitBytes = null;
        if (limit < NoLimitFrom)
        {
            var reclaimable = Reclaimable(stat);
            read = ReadNumber(_usage, buffer, out var usage);
            if (read != PseudoFileRead.Ok)
            {
                return read == PseudoFileRead.Missing ? FailMissing(_usage, buffer) : read;
            }

            LimitBytes = limit;
            FreeBytes = limit - Math.Clamp(usage - Math.Min(usage, reclaimable), 0, limit);
        }

        SwapLimitBytes = null;
        return swap && _swapMax is not null ? ReadSwap(buffer) : PseudoFileRead.Ok;
    }

    public void Dispose()
    {
        _max.Dispose();
        _high?.Dispose();
        _usage.Dispose();
        _stat.Dispose();
        _swapMax?.Dispose();
        _swapUsage?.Dispose();
    }

    private PseudoFileRead ReadSwap(Span<byte> buffer)
    {
        // Both are missing where the kernel does not account swap.
        var read = ReadLimit(_swapMax!, buffer, out var limit);
        if (read != PseudoFileRead.Ok || limit >= NoLimitFrom)
        {
            return read == PseudoFileRead.Failed ? read : PseudoFileRead.Ok;
        }

        read = ReadNumber(_swapUsage!, buffer, out var usage);
        if (read == PseudoFileRead.Ok)
        {
            SwapLimitBytes = limit;
            SwapUsedBytes = usage;
        }

        return read == PseudoFileRead.Failed ? read : PseudoFileRead.Ok;
    }

    private long Reclaimable(ReadOnlySpan<byte> stat)
    {
        // A key that is not there counts nothing: then less is free than there may be, never more.
        _ = PseudoText.TryFind(stat, _unified ? "inactive_file "u8 : "total_inactive_file "u8, out var inactive);
        _ = PseudoText.TryFind(stat, _unified ? "active_file "u8 : "total_active_file "u8, out var active);
        var slab = 0L;
        if (_unified)
        {
            _ = PseudoText.TryFind(stat, "slab_reclaimable "u8, out slab);
        }

        var sum = (UInt128)(ulong)inactive + (ulong)active + (ulong)slab;
        return sum > long.MaxValue ? long.MaxValue : (long)sum;
    }

    private PseudoFileRead ReadLimit(PseudoFile file, Span<byte> buffer, out long limit)
    {
        limit = long.MaxValue;
        var read = file.Read(buffer, out var length);
        if (read != PseudoFileRead.Ok)
        {
            return Fail(read, file);
        }

        var text = buffer[..length];
        return text is [(byte)'m', (byte)'a', (byte)'x', (byte)'\n', ..] or [(byte)'m', (byte)'a', (byte)'x'] || PseudoText.TryParse(text, out limit)
            ? PseudoFileRead.Ok
            : Fail(file, "it holds no number");
    }

    private PseudoFileRead ReadNumber(PseudoFile file, Span<byte> buffer, out long number)
    {
        number = 0;
        var read = file.Read(buffer, out var length);
        return read != PseudoFileRead.Ok ? Fail(read, file)
            : PseudoText.TryParse(buffer[..length], out number) ? PseudoFileRead.Ok
            : Fail(file, "it holds no number");
    }

    private PseudoFileRead FailMissing(PseudoFile file, Span<byte> buffer)
    {
        // The cgroup may have gone meanwhile, and the limit with it.
        var read = _max.Read(buffer, out _);
        IsIncomplete = read == PseudoFileRead.Ok;
        return IsIncomplete ? Fail(file, "it is missing") : Fail(read, _max);
    }

    private PseudoFileRead Fail(PseudoFileRead read, PseudoFile file) => read == PseudoFileRead.Failed ? Fail(file, file.Error) : read;

    private PseudoFileRead Fail(PseudoFile file, string? why)
    {
        Error = $"{file.Path}: {why}";
        return PseudoFileRead.Failed;
    }
}
