using System.Runtime.InteropServices;

namespace HealthKit;

/// <summary>The files of a log check: found, measured, and compared with what they were. Not safe for several threads at once.</summary>
internal sealed class LogFileSet(FilePattern[] patterns, TimeProvider time)
{
    private static readonly TimeSpan GrowthWindow = TimeSpan.FromHours(1);

    private readonly Dictionary<string, WatchedLog> _logs = new(StringComparer.Ordinal);
    private readonly List<string> _gone = [];
    private Dictionary<UnixFileId, long> _counted = [];
    private Dictionary<UnixFileId, long> _countedBefore = [];
    private long _run;
    private bool _measured;
    private long _windowFrom = time.GetTimestamp();
    private long _growthFrom = time.GetTimestamp();

    /// <summary>What could not be measured, and why, as a number of errno(3).</summary>
    public List<(string Path, int Error)> Errors { get; } = [];

    /// <summary>The files that were measured, each once however many names it has.</summary>
    public List<WatchedLog> Files { get; } = [];

    /// <summary>Paths at which there is something else than a file.</summary>
    public List<string> Others { get; } = [];

    public long AllocatedBytes { get; private set; }

    public long LengthBytes { get; private set; }

    /// <summary>Whether anything is not as it was at the last run.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>Whether some pattern stands for more files than are looked at.</summary>
    public bool IsCutShort { get; private set; }

    /// <summary>Whether all was measured that is there: sizes can be compared with those of another such run.</summary>
    public bool IsComplete { get; private set; }

    public WatchedLog? Largest { get; private set; }

    /// <summary>The file that grew most within the last half hour to hour, or in what there is of it; null when none grew.</summary>
    public WatchedLog? Fastest { get; private set; }

    /// <summary>The time that <see cref="WatchedLog.GrownBytes"/> is of.</summary>
    public TimeSpan GrownWithin => time.GetElapsedTime(_growthFrom);

    /// <summary>Whether a file is one that was rotated from another of these, by its name: <c>app.log.1</c>, <c>app.log-20261122</c>.</summary>
    public bool IsRotated(WatchedLog log)
    {
        var path = log.Path.AsSpan();
        var known = _logs.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var i = path.LastIndexOf(Path.DirectorySeparatorChar) + 2; i < path.Length; i++)
        {
            if (path[i] is '.' or '-' or '_' && known.TryGetValue(path[..i], out var other) && other.Run == _run)
            {
                return true;
            }
        }

        return false;
    }

    public void Measure(CancellationToken cancellationToken)
    {
        _run++;
        Errors.Clear();
        Files.Clear();
        Others.Clear();
        if (IsComplete)
        {
            (_counted, _countedBefore) = (_countedBefore, _counted);
        }

        _counted.Clear();
        (AllocatedBytes, LengthBytes, HasChanged, IsCutShort, Largest, Fastest) = (0, 0, false, false, null, null);
        var newWindow = time.GetElapsedTime(_windowFrom) >= GrowthWindow / 2;
        if (newWindow)
        {
            (_growthFrom, _windowFrom) = (_windowFrom, time.GetTimestamp());
        }

        foreach (var pattern in patterns)
        {
            var paths = pattern.Find(cancellationToken);
            IsCutShort |= pattern.IsCutShort;
            if (pattern.Obstacle is { Error: not 0, Path: { } obstacle })
            {
                Errors.Add((obstacle, pattern.Obstacle.Error));
            }

            var any = false;
            foreach (var path in paths)
            {
                cancellationToken.ThrowIfCancellationRequested();
                any |= Measure(path, fromWildcard: pattern.HasWildcards, newWindow);
            }

            // A name that fits may lead to nothing, or to no file.
            if (!any && pattern is { HasWildcards: true, Obstacle.Error: 0 })
            {
                Errors.Add((pattern.Text, LibC.NotFound));
            }
        }

        IsComplete = Errors.TrueForAll(error => error.Error is LibC.NotFound or LibC.NotADirectory);
        FindFastest();
        if (IsComplete || _logs.Count > 2 * FilePattern.MaxFiles)
        {
            Forget();
        }
    }

    private void FindFastest()
    {
        foreach (var log in Files)
        {
            // What comes under the name of a rotated file was written as another one: its copy, its archive.
            if (log.HasNews)
            {
                log.Count(_countedBefore, isNews: _measured && !IsRotated(log));
            }

            if (log.GrownBytes > (Fastest?.GrownBytes ?? 0))
            {
                Fastest = log;
            }
        }

        _measured |= IsComplete;
    }

    /// <returns>Whether there is a file, or something that could not be measured.</returns>
    private bool Measure(string path, bool fromWildcard, bool newWindow)
    {
        ref var log = ref CollectionsMarshal.GetValueRefOrAddDefault(_logs, path, out var known);
        log ??= new WatchedLog(path, fromWildcard);
        log.Run = _run;
        var error = log.Read(newWindow, out var changed);
        HasChanged |= changed || !known;
        if (error != 0)
        {
            // What a wildcard stood for a moment ago may be rotated away by now.
            if (fromWildcard && error is LibC.NotFound or LibC.NotADirectory)
            {
                return false;
            }

            Errors.Add((path, error));
            return true;
        }

        if (log.Status.Kind != FileKind.Regular)
        {
            if (!fromWildcard)
            {
                Others.Add(path);
            }

            return !fromWildcard;
        }

        if (log.Status.Id != default && !_counted.TryAdd(log.Status.Id, log.Status.AllocatedBytes))
        {
            return true;
        }

        Files.Add(log);
        AllocatedBytes += log.Status.AllocatedBytes;
        LengthBytes += log.Status.Length;
        if (Largest is null || log.Status.AllocatedBytes > Largest.Status.AllocatedBytes)
        {
            Largest = log;
        }

        return true;
    }

    private void Forget()
    {
        if (_logs.Count <= Files.Count + Errors.Count + Others.Count)
        {
            return;
        }

        foreach (var (path, log) in _logs)
        {
            if (log.Run != _run)
            {
                _gone.Add(path);
            }
        }

        foreach (var path in _gone)
        {
            _logs.Remove(path);
        }

        _gone.Clear();
    }
}

/// <summary>One file of a log check.</summary>
internal sealed class WatchedLog(string path, bool fromWildcard)
{
    private readonly byte[] _utf8 = FileStatus.ToUtf8(path);
    private FileStatus? _counted;
    private bool _wasMissing;
    private long _grownNow;
    private long _grownBefore;

    public string Path => path;

    /// <summary>Whether it was not listed itself: then it may be one that nobody writes any more.</summary>
    public bool IsFromWildcard => fromWildcard;

    /// <summary>The run that looked at it last.</summary>
    public long Run { get; set; }

    public FileStatus Status { get; private set; }

    /// <summary>Why it could not be measured the last time; 0 when it could, below 0 before the first time.</summary>
    public int Error { get; private set; } = -1;

    /// <summary>What it gained within this window and the one before.</summary>
    public long GrownBytes => _grownNow + _grownBefore;

    /// <summary>When it was last seen to begin anew: another file at its path, or a cut one.</summary>
    public DateTimeOffset? RotatedAt { get; set; }

    /// <summary>Whether nothing must be asked again that only changes with the file itself.</summary>
    public bool IsNewlyChanged { get; private set; }

    public int Read(bool newWindow, out bool changed)
    {
        if (newWindow)
        {
            (_grownBefore, _grownNow) = (_grownNow, 0);
        }

        var error = OperatingSystem.IsLinux()
            ? FileStatus.Read(_utf8, followLink: true, out var status)
            : FileStatus.Read(path, followLink: true, out status);
        changed = error != Error || status != Status;
        IsNewlyChanged = error != Error || status with { Length = 0, AllocatedBytes = 0, ModifiedAt = default }
            != Status with { Length = 0, AllocatedBytes = 0, ModifiedAt = default };
        if (error == 0)
        {
            Status = status;
        }

        _wasMissing |= error is LibC.NotFound or LibC.NotADirectory;
        Error = error;
        return error;
    }

    /// <summary>Whether <see cref="Count"/> has anything to do.</summary>
    public bool HasNews => _counted != Status;

    /// <summary>Adds what it gained since it was counted last; it may have failed to be measured meanwhile.</summary>
    /// <param name="before">What files occupied at the last run, under whatever name.</param>
    /// <param name="isNews">Whether a file that is new at its path was written there.</param>
    public void Count(Dictionary<UnixFileId, long> before, bool isNews)
    {
        var (last, now) = (_counted, Status);
        _counted = now;

        // The number of a deleted file is given to the next one.
        if (last is { } same && same.Id == now.Id && same.BornAt == now.BornAt && now.Length >= same.Length)
        {
            _grownNow += Math.Max(0, now.AllocatedBytes - same.AllocatedBytes);
            return;
        }

        // Another file, or cut: what is there now was written since, unless it was there under another name.
        RotatedAt = last is null && !_wasMissing ? RotatedAt : now.ModifiedAt;
        if (last?.Id != now.Id && before.TryGetValue(now.Id, out var bytes))
        {
            _grownNow += Math.Max(0, now.AllocatedBytes - bytes);
        }
        else if (isNews)
        {
            _grownNow += now.AllocatedBytes;
        }
    }

    /// <summary>Takes it as it is now: it was cut by the check itself, and what is left of it is neither new nor rotated.</summary>
    public void CountAnew()
    {
        _ = Read(newWindow: false, out _);
        _counted = Status;
    }

    /// <summary>Why this process may not write to it, as a number of errno(3); 0 when it may.</summary>
    public int WhyNotWritable() => OperatingSystem.IsLinux() ? FileStatus.WhyNotWritable(_utf8, directory: false) : 0;
}
