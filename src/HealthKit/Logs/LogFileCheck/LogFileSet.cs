using System.Runtime.InteropServices;

namespace HealthKit;

/// <summary>The files of a log check: found, measured, and compared with what they were. Not safe for several threads at once.</summary>
internal sealed class LogFileSet(LogFileLimits limits, TimeProvider time)
{
    private static readonly TimeSpan GrowthWindow = TimeSpan.FromHours(1);

    private readonly Dictionary<string, WatchedLog> _logs = new(StringComparer.Ordinal);
    private readonly HashSet<UnixFileId> _counted = [];
    private readonly List<string> _gone = [];
    private long _run;
    private long _windowFrom = time.GetTimestamp();

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

    public WatchedLog? Largest { get; private set; }

    /// <summary>The file that grew most within the last half hour to hour, or in what there is of it; null when none grew.</summary>
    public WatchedLog? Fastest { get; private set; }

    public void Measure(CancellationToken cancellationToken)
    {
        _run++;
        Errors.Clear();
        Files.Clear();
        Others.Clear();
        _counted.Clear();
        (AllocatedBytes, LengthBytes, HasChanged, IsCutShort, Largest, Fastest) = (0, 0, false, false, null, null);
        var newWindow = time.GetElapsedTime(_windowFrom) >= GrowthWindow / 2;
        if (newWindow)
        {
            _windowFrom = time.GetTimestamp();
        }

        foreach (var pattern in limits.Patterns)
        {
            var paths = pattern.Find(cancellationToken);
            IsCutShort |= pattern.IsCutShort;
            if (pattern.Obstacle is { Error: not 0, Path: { } obstacle })
            {
                Errors.Add((obstacle, pattern.Obstacle.Error));
            }
            else if (paths.Count == 0)
            {
                Errors.Add((pattern.Text, LibC.NotFound));
            }

            foreach (var path in paths)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Measure(path, fromWildcard: pattern.HasWildcards, newWindow);
            }
        }

        Forget();
    }

    private void Measure(string path, bool fromWildcard, bool newWindow)
    {
        ref var log = ref CollectionsMarshal.GetValueRefOrAddDefault(_logs, path, out var known);
        log ??= new WatchedLog(path);
        log.Run = _run;
        var error = log.Read(newWindow, out var changed);
        HasChanged |= changed || !known;
        if (error != 0)
        {
            // What a wildcard stood for a moment ago may be rotated away by now.
            if (!fromWildcard || error is not (LibC.NotFound or LibC.NotADirectory))
            {
                Errors.Add((path, error));
            }

            return;
        }

        if (log.Status.Kind != FileKind.Regular)
        {
            if (!fromWildcard)
            {
                Others.Add(path);
            }

            return;
        }

        if (log.Status.Id != default && !_counted.Add(log.Status.Id))
        {
            return;
        }

        Files.Add(log);
        AllocatedBytes += log.Status.AllocatedBytes;
        LengthBytes += log.Status.Length;
        if (Largest is null || log.Status.AllocatedBytes > Largest.Status.AllocatedBytes)
        {
            Largest = log;
        }

        if (log.GrownBytes > (Fastest?.GrownBytes ?? 0))
        {
            Fastest = log;
        }
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
internal sealed class WatchedLog(string path)
{
    private readonly byte[] _utf8 = FileStatus.ToUtf8(path);
    private long _grownNow;
    private long _grownBefore;

    public string Path => path;

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
        if (changed && error == 0)
        {
            if (Error == 0 && status.Id == Status.Id && status.Length >= Status.Length)
            {
                _grownNow += Math.Max(0, status.AllocatedBytes - Status.AllocatedBytes);
            }
            else if (Error >= 0)
            {
                // Another file, or cut: what is there now was written since.
                RotatedAt = status.ModifiedAt;
                _grownNow += status.AllocatedBytes;
            }
        }

        if (error == 0)
        {
            Status = status;
        }

        Error = error;
        return error;
    }

    /// <summary>Why this process may not write to it, as a number of errno(3); 0 when it may.</summary>
    public int WhyNotWritable() => OperatingSystem.IsLinux() ? FileStatus.WhyNotWritable(_utf8, directory: false) : 0;
}
