namespace HealthKit;

/// <summary><c>/proc/meminfo</c> and the memory limits of every cgroup above this process, v1 and v2, as far as it can see them.</summary>
/// <param name="root">Where <c>proc</c> and the mount points of <c>/proc/self/mountinfo</c> are found: another one in tests.</param>
internal sealed class LinuxMemorySource(string root = "/") : MemorySource
{
    /// <summary>A controller may be turned on for a cgroup that had none, as by systemd when a limit is set; ZFS may be loaded.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly PseudoFile _memInfo = new(Path.Join(root, "proc/meminfo"));
    private readonly PseudoFile _arcStats = new(Path.Join(root, "proc/spl/kstat/zfs/arcstats"));
    private readonly PseudoFile _statm = new(Path.Join(root, "proc/self/statm"));
    private readonly PseudoFile _membership = new(Path.Join(root, "proc/self/cgroup"));
    private readonly string _mountInfo = Path.Join(root, "proc/self/mountinfo");
    private readonly MemoryPool _host = new(MemoryPool.Host);
    private readonly Dictionary<string, MemoryPool> _pools = [];
    private readonly List<CgroupMemory> _cgroups = [];
    private List<(CgroupDirectory Directory, bool Unified, bool Top)>? _directories;
    private byte[] _knownMembership = [];
    private string? _notFound;
    private TimeSpan _lookedAt;
    private TimeSpan? _lookedAtMachineAt;
    private bool _ofMachine;
    private bool _hasArc;

    public override MemoryFailure? Read(TimeSpan now, MemoryFigures figures)
    {
        figures.Clear();
        if (_memInfo.Read(_buffer, out var length) != PseudoFileRead.Ok)
        {
            return MemoryFailure.Unreadable($"{_memInfo.Path}: {_memInfo.Error ?? "it is missing"}");
        }

        LookAtMachine(now);
        if (!MemInfo.TryParse(_buffer.AsSpan(0, length), out var info, _ofMachine))
        {
            return MemoryFailure.Unreadable($"{_memInfo.Path}: it holds no MemTotal and MemAvailable");
        }

        // Huge pages are set aside for those who ask for them: nobody else can have them, used or not. ZFS gives its cache back.
        var total = info.TotalBytes - info.HugePagesBytes;
        figures.ArcReclaimableBytes = ReadArc() is { } arc ? Math.Min(arc, total - info.AvailableBytes) : null;
        _host.Set("MemTotal", total, info.AvailableBytes + (figures.ArcReclaimableBytes ?? 0));
        figures.Pools.Add(_host);
        figures.AddSwap(info.SwapTotalBytes, info.SwapTotalBytes - info.SwapFreeBytes);
        figures.OwnRssBytes = ReadRss();

        switch (_membership.Read(_buffer, out length))
        {
            case PseudoFileRead.Missing:
                // A kernel without cgroups.
                return null;
            case PseudoFileRead.Failed:
                return MemoryFailure.Unreadable($"{_membership.Path}: {_membership.Error}");
        }

        var membership = _buffer.AsSpan(0, length);
        if (_directories is null || !membership.SequenceEqual(_knownMembership))
        {
            var known = membership.ToArray();
            if (MountInfo.FindCgroups(_mountInfo) is not { } mounts)
            {
                return MemoryFailure.Unreadable($"{_mountInfo}: it cannot be read");
            }

            _knownMembership = known;
            _directories = FindDirectories(CgroupMembership.Parse(known), mounts);
            Open(now);
        }
        else if (now - _lookedAt >= LookAgain)
        {
            Open(now);
        }

        // A cgroup may go while we look: then look again, once.
        var read = ReadCgroups(figures, info.SwapTotalBytes > 0, out var error);
        if (read == PseudoFileRead.Missing)
        {
            Open(now);
            read = ReadCgroups(figures, info.SwapTotalBytes > 0, out error);
        }

        return read == PseudoFileRead.Failed ? MemoryFailure.Unreadable(error!) : null;
    }

    public override void Dispose()
    {
        _memInfo.Dispose();
        _arcStats.Dispose();
        _statm.Dispose();
        _membership.Dispose();
        Close();
        base.Dispose();
    }

    private PseudoFileRead ReadCgroups(MemoryFigures figures, bool swap, out string? error)
    {
        // The machine's stands first; another try begins behind it.
        figures.Pools.RemoveRange(1, figures.Pools.Count - 1);
        figures.NotReadable.Clear();
        if (_notFound is not null)
        {
            figures.NotReadable.Add(_notFound);
        }

        var missing = false;
        foreach (var cgroup in _cgroups)
        {
            switch (cgroup.Read(_buffer, swap))
            {
                case PseudoFileRead.Missing:
                    missing = true;
                    continue;
                case PseudoFileRead.Failed when cgroup == _cgroups[0] && !cgroup.IsIncomplete:
                    // The nearest limit is the one most likely in force: without it there is no verdict.
                    error = cgroup.Error;
                    return PseudoFileRead.Failed;
                case PseudoFileRead.Failed:
                    figures.NotReadable.Add(cgroup.Error!);
                    continue;
            }

            if (cgroup.LimitBytes is { } limit)
            {
                var pool = _pools[cgroup.Directory.Path];
                pool.Set(cgroup.LimitFile, limit, cgroup.FreeBytes);
                figures.Pools.Add(pool);
            }

            if (cgroup.SwapLimitBytes is { } swapLimit)
            {
                figures.AddSwap(swapLimit, cgroup.SwapUsedBytes);
            }
        }

        error = null;
        return missing ? PseudoFileRead.Missing : PseudoFileRead.Ok;
    }

    /// <summary>Looks whether <c>/proc/meminfo</c> is the machine's, and whether that has ZFS.</summary>
    private void LookAtMachine(TimeSpan now)
    {
        if (_lookedAtMachineAt is { } at && now - at < LookAgain)
        {
            return;
        }

        // LXC mounts a file of its own there, with the container's figures (lxcfs); the cache of ZFS and the huge pages stay the machine's.
        _lookedAtMachineAt = now;
        _ofMachine = !MountInfo.HasMountAt("/proc/meminfo"u8, _mountInfo);

        // To find out by opening it that there is no ZFS would cost an exception a run.
        _hasArc = _ofMachine && File.Exists(_arcStats.Path);
    }

    private long? ReadArc() =>
        _hasArc && _arcStats.Read(_buffer, out var length) == PseudoFileRead.Ok && ArcStats.TryParse(_buffer.AsSpan(0, length), out var bytes)
            ? bytes : null;

    private long? ReadRss() =>
        _statm.Read(_buffer, out var length) == PseudoFileRead.Ok
        && _buffer.AsSpan(0, length) is var text
        && text.IndexOf((byte)' ') is >= 0 and var space
        && PseudoText.TryParse(text[(space + 1)..], out var pages)
        && pages <= long.MaxValue / Environment.SystemPageSize
            ? pages * Environment.SystemPageSize
            : null;

    /// <summary>The directories of all cgroups above this process, in every hierarchy that limits memory.</summary>
    private List<(CgroupDirectory Directory, bool Unified, bool Top)> FindDirectories(CgroupMembership membership, List<CgroupMount> mounts)
    {
        List<(CgroupDirectory, bool, bool)> all = [];
        _notFound = null;
        foreach (var (path, unified) in new[] { (membership.UnifiedPath, true), (membership.MemoryPath, false) })
        {
            if (path is null)
            {
                continue;
            }

            // A hierarchy can be mounted several times: the mount that shows the most of our way up.
            IReadOnlyList<CgroupDirectory> best = [];
            foreach (var mount in mounts)
            {
                if (mount.IsUnified == unified
                    && Directory.Exists(Path.Join(root, mount.MountPoint))
                    && mount.DirectoriesOf(path) is var directories
                    && directories.Count > best.Count)
                {
                    best = directories;
                }
            }

            // The memory controller is in one hierarchy: where v1 has it, v2 limits nothing.
            if (best.Count == 0 && (!unified || membership.MemoryPath is null))
            {
                _notFound = $"cgroup {path}: no mount of its hierarchy shows it";
            }

            for (var i = 0; i < best.Count; i++)
            {
                var directory = best[i] with { Path = Path.Join(root, best[i].Path) };
                all.Add((directory, unified, i == best.Count - 1));
            }
        }

        return all;
    }

    /// <summary>Opens the cgroups that have a memory controller now. What is known of their growth stays.</summary>
    private void Open(TimeSpan now)
    {
        Close();
        _lookedAt = now;
        foreach (var (directory, unified, top) in _directories!)
        {
            // Only the root of a v1 hierarchy has this file: nothing is above it.
            var hidden = top && !unified && !File.Exists(Path.Join(directory.Path, "release_agent"));
            var cgroup = new CgroupMemory(directory, unified, hidden);
            if (cgroup.Read(_buffer, swap: false) == PseudoFileRead.Missing)
            {
                cgroup.Dispose();
                continue;
            }

            _cgroups.Add(cgroup);
            _pools.TryAdd(directory.Path, new MemoryPool(directory.Name));
        }

        foreach (var path in _pools.Keys)
        {
            if (!_cgroups.Exists(cgroup => cgroup.Directory.Path == path))
            {
                _pools.Remove(path);
            }
        }
    }

    private void Close()
    {
        foreach (var cgroup in _cgroups)
        {
            cgroup.Dispose();
        }

        _cgroups.Clear();
    }
}
