using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>What logs occupy, how fast they grow, when they will be at their limit or have filled their disk, and whether they are rotated.</summary>
internal sealed class LogFileCheck : IHealthCheck, IDisposable
{
    public static readonly CheckType<LogFileOptions> Type = CheckType.Create<LogFileOptions>(
        new CheckDescriptor(
            "LogFile",
            "What a log, or all logs under a path with wildcards, occupy on disk, how fast they grow, when they will be at their limit or have "
            + "filled their file system, whether they are rotated, and what is deleted and still held open.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "The logs are below their limits, will not reach them soon, and are rotated as they should be.",
                [HealthStatus.Degraded] =
                    "The logs are above the degraded limit, will soon be at their limit or have filled the disk, are not rotated in time, "
                    + "cannot be written, or a process writes on into a deleted one.",
                [HealthStatus.Unhealthy] =
                    "The logs are above the unhealthy limit, have filled their disk, are missing, or cannot be measured.",
            },
            "du -h and tail show what it writes; ls -l /proc/*/fd | grep <path> tells who; /etc/logrotate.d and logrotate -d whether and how it is rotated.",
            "Stop what writes so much, lower its log level, and rotate it. Where no room is left, cut the log in place: docs/guides/runaway-log.md.")
        {
            RemedyByReason = new Dictionary<string, string>
            {
                ["log.disk.full"] = "Make room with no room: LogTrimmer cuts the log in place (docs/guides/runaway-log.md). Do not delete it: it says what happened.",
                ["log.filling"] = "See with tail what it writes, stop or quieten that, and rotate or cut the log before the disk is full.",
                ["log.missing"] = "Correct the path, or look why nothing writes the log; AllowMissing where it may be absent.",
                ["log.denied"] = "Give this process the x permission on every directory of the path, and r on those with wildcards.",
                ["log.notRegular"] = "Watch the file itself: a device, pipe or directory has no size to watch.",
                ["log.notWritable"] = "See findmnt (read-only), lsattr (immutable), ls -l and the account of this process.",
                ["log.rotation.overdue"] = "Run logrotate -d on its configuration; look at the state file and at cron or the timer.",
                ["log.growth.high"] = "See with tail what it writes, and stop or quieten that.",
                ["log.rotation.notReopened"] = "Tell the writer to open its log again after a rotation (postrotate of logrotate, its reload signal), or rotate with copytruncate.",
                ["log.deletedOpen"] = "Let the named process open its log again (its reload signal, or a restart): what it writes now is lost to everybody and takes space.",
                ["log.tooManyFiles"] = "Delete old logs, or narrow the wildcards.",
                ["log.measure.failed"] = "Look at dmesg for the error in the text.",
            },
        },
        LogFileLimits.Validate,
        static (services, options) => new LogFileCheck(
            FileSystemSource.OfThisSystem,
            services.GetRequiredService<TimeProvider>(),
            services.GetService<GrowingFiles>(),
            services.GetService<DeletedFiles>(),
            services.GetRequiredService<ILoggerFactory>().CreateLogger<LogTrimmer>(),
            options));

    /// <summary>How long the file system's figures serve while no log changed.</summary>
    private static readonly TimeSpan FileSystemEvery = TimeSpan.FromSeconds(30);

    /// <summary>How long it takes until permissions are looked at again that nobody is seen to have changed.</summary>
    private static readonly TimeSpan PermissionsEvery = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan TrimEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TrimWhenFullEvery = TimeSpan.FromSeconds(5);

    /// <summary>How long a text tells of the last cut.</summary>
    private static readonly TimeSpan TrimTold = TimeSpan.FromHours(1);

    /// <summary>At a pace of two minutes: so near to a full disk is soon.</summary>
    private static readonly TimeSpan SoonAtThisPace = TimeSpan.FromMinutes(15);

    /// <summary>What a pace of two minutes must have eaten of the room there was, so that a few lines on a small disk are none.</summary>
    private const double LeastShareOfRoom = 0.02;

    /// <summary>Less free than this share of a file system is none.</summary>
    private const double FullShare = 0.01;

    /// <summary>What a log must take of a full file system to be called its cause.</summary>
    private const double CauseShare = 0.1;

    private readonly FileSystemSource _source;
    private readonly TimeProvider _time;
    private readonly GrowingFiles? _growing;
    private readonly DeletedOpenWatch? _deleted;
    private readonly ILogger<LogTrimmer> _logger;
    private readonly Func<LogFileOptions> _options;
    private readonly long _start;

    // Without HealthKit's monitor two requests may run the check at once: they take turns.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private GrowthHistory _growth = new();
    private GaugeForecast _forecast = new();
    private LogFileLimits? _limits;
    private LogFileSet? _set;
    private WatchedPath? _place;
    private (int Error, FileSystemStat Stat, long At)? _fileSystem;
    private long? _permissionsAt;
    private string? _notWritable;
    private Trimmed? _trimmed;
    private bool _wasThere;

    public LogFileCheck(
        FileSystemSource source,
        TimeProvider time,
        GrowingFiles? growing,
        DeletedFiles? deleted,
        ILogger<LogTrimmer> logger,
        Func<LogFileOptions> options)
    {
        _source = source;
        _time = time;
        _growing = growing;
        _deleted = deleted is null ? null : new DeletedOpenWatch(deleted);
        _logger = logger;
        _options = options;
        _start = time.GetTimestamp();
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Run(context.Registration.FailureStatus, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private HealthCheckResult Run(HealthStatus failureStatus, CancellationToken cancellationToken)
    {
        var options = _options();
        if (_limits?.Options != options)
        {
            // Other files have another history; other limits alone have not.
            var (old, limits) = (_limits, new LogFileLimits(options, _time));
            if (old is null || !limits.Patterns.Select(p => p.Text).SequenceEqual(old.Patterns.Select(p => p.Text)))
            {
                (_growth, _forecast, _fileSystem, _place, _trimmed) = (new GrowthHistory(), new GaugeForecast(), null, null, null);
                (_wasThere, _set) = (false, new LogFileSet(limits.Patterns, _time));
                _deleted?.Forget();
            }

            if (!options.WatchDeleted)
            {
                _deleted?.Forget();
            }

            _permissionsAt = null;
            _limits = limits;
        }

        var measured = Measure(cancellationToken);
        var verdict = Judge(measured);
        WatchedLog? cut = null;
        if (options.TrimToBytes is { } keep && measured.Worst is null && _set!.Largest is { } largest && IsTooLarge(measured)
            && (_trimmed is not { } last || _time.GetElapsedTime(last.At) >= (verdict.Reason == "log.disk.full" ? TrimWhenFullEvery : TrimEvery)))
        {
            var result = new LogTrimmer([largest.Path], _logger).Trim(largest.Path, new LogTrimRequest { KeepBytes = keep }, cancellationToken);
            _trimmed = new Trimmed(_time.GetTimestamp(), _time.GetUtcNow(), result);
            _fileSystem = null;
            cut = largest;
        }

        Tell(measured);
        var told = Result(measured, verdict, failureStatus);
        cut?.CountAnew();
        return told;
    }

    private Measured Measure(CancellationToken cancellationToken)
    {
        var set = _set!;
        set.Measure(cancellationToken);
        var now = _time.GetElapsedTime(_start);
        if (set is { Files.Count: > 0, IsComplete: true })
        {
            _growth.Add(now, set.WrittenBytes);
        }

        var stat = MeasureFileSystem(set);
        var deleted = _limits!.Options.WatchDeleted && _deleted is not null
            ? _deleted.Measure(_limits.Patterns, _fileSystem is { Error: 0 } known ? known.Stat.Id : null, cancellationToken)
            : 0;
        var total = set.AllocatedBytes + deleted;
        FindNotWritable(set);
        var unhealthyAt = _limits.UnhealthyAt(stat?.CapacityBytes);
        var fullAt = stat is { } space ? total + (double)space.FreeBytes : double.PositiveInfinity;
        if (set is { Files.Count: > 0, IsComplete: true })
        {
            _forecast.Add(now, total, Math.Min(unhealthyAt, fullAt));
        }

        (string Path, int Error)? worst = null;
        foreach (var error in set.Errors)
        {
            if (error.Error is not (LibC.NotFound or LibC.NotADirectory) || !_limits.Options.AllowMissing)
            {
                worst ??= error;
            }
        }

        return new Measured(total, deleted, stat, unhealthyAt, fullAt, worst);
    }

    private FileSystemStat? MeasureFileSystem(LogFileSet set)
    {
        if (set.Largest is not { } largest)
        {
            return null;
        }

        if (_place?.Path != largest.Path)
        {
            (_place, _fileSystem) = (new WatchedPath(largest.Path), null);
        }

        if (_fileSystem is not { } known || set.HasChanged || _time.GetElapsedTime(known.At) >= FileSystemEvery)
        {
            var error = _source.Measure(_place, out var stat);
            if (error == 0 && _place.Mount?.Id != stat.Id)
            {
                _place.Mount = new KnownMount(stat.Id, stat.ReadOnly, _source.FindMount(_place, stat));
            }

            _fileSystem = known = (error, stat, _time.GetTimestamp());
        }

        return known.Error == 0 ? known.Stat : null;
    }

    private void FindNotWritable(LogFileSet set)
    {
        if (_limits!.Options.MustBeWritable == false)
        {
            _notWritable = null;
            return;
        }

        if (_permissionsAt is { } at && _time.GetElapsedTime(at) < PermissionsEvery && !set.Files.Exists(file => file.IsNewlyChanged))
        {
            return;
        }

        _permissionsAt = _time.GetTimestamp();
        _notWritable = null;
        foreach (var file in set.Files)
        {
            const int readOnlyFileSystem = 30;
            if (file.Status.IsImmutable)
            {
                _notWritable = $"{ForeignText.Clean(file.Path)} cannot be written: it is immutable (chattr +i)";
            }
            else if (file.WhyNotWritable() is var error && (error == readOnlyFileSystem || (error != 0 && _limits.Options.MustBeWritable == true)))
            {
                _notWritable = $"{ForeignText.Clean(file.Path)} cannot be written: {Marshal.GetPInvokeErrorMessage(error)}";
            }

            if (_notWritable is not null)
            {
                return;
            }
        }
    }

    private GaugeVerdict Judge(in Measured measured)
    {
        var verdict = new GaugeVerdict();
        var set = _set!;
        var options = _limits!.Options;
        if (measured.Worst is { } worst)
        {
            var (reason, problem) = worst.Error switch
            {
                LibC.NotFound or LibC.NotADirectory => ("log.missing", FilePattern.IsWild(worst.Path) ? "no such log" : "log missing"),
                LibC.PermissionDenied or LibC.NotPermitted => ("log.denied", "no permission"),
                _ => ("log.measure.failed", "could not be measured"),
            };
            verdict.Add(GaugeLevel.Unhealthy, reason, worst.Error is LibC.NotFound or LibC.NotADirectory or LibC.PermissionDenied
                ? $"{problem}: {ForeignText.Clean(worst.Path)}"
                : $"{problem}: {ForeignText.Clean(worst.Path)}: {Marshal.GetPInvokeErrorMessage(worst.Error)}");
        }

        if (set.Others.Count > 0)
        {
            verdict.Add(GaugeLevel.Unhealthy, "log.notRegular", $"not a regular file: {string.Join(", ", set.Others)}");
        }

        if (_deleted?.Problem(measured.Deleted) is { } held)
        {
            verdict.Add(GaugeLevel.Degraded, "log.deletedOpen", held);
        }

        if (set.FindStillWritten() is { } former)
        {
            verdict.Add(
                GaugeLevel.Degraded,
                "log.rotation.notReopened",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{ForeignText.Clean(former.File.Path!)} is still written ({GaugeAmount.Bytes(former.File.Length)}), {GaugeAmount.Time(former.Since)} after it was rotated away"));
        }

        if (set.Files.Count == 0)
        {
            return verdict;
        }

        if (_fileSystem is { Error: > 0 and var unknown })
        {
            verdict.Add(GaugeLevel.Unhealthy, "log.measure.failed", $"its file system could not be measured: {Marshal.GetPInvokeErrorMessage(unknown)}");
        }

        if (HasFilled(measured.FileSystem, measured.Total) && measured.FileSystem is { } space)
        {
            verdict.Add(GaugeLevel.Unhealthy, "log.disk.full", $"has filled its file system ({GaugeAmount.Bytes(space.FreeBytes)} free)");
        }

        if (_limits.JudgeSize(measured.Total, measured.SharePercent, out var limit) is var size and not GaugeLevel.Ok)
        {
            verdict.Add(size, "log.size.large", $"log too large ({limit})");
        }

        if (_growth.HourRate is { } rate && _limits.JudgeGrowth(rate, out var growthLimit) is var growth and not GaugeLevel.Ok)
        {
            verdict.Add(growth, "log.growth.high", $"grows too fast ({growthLimit})");
        }

        if (options.DegradedWhenFilling && WhenFull(measured) is { } filling)
        {
            verdict.Add(GaugeLevel.Degraded, "log.filling", filling);
        }

        if (_notWritable is not null)
        {
            verdict.Add(GaugeLevel.Degraded, "log.notWritable", _notWritable);
        }

        if (RotationRule.FindOverdue(set, options, _time.GetUtcNow()) is { } overdue)
        {
            verdict.Add(GaugeLevel.Degraded, "log.rotation.overdue", overdue);
        }

        if (set.IsCutShort)
        {
            verdict.Add(GaugeLevel.Degraded, "log.tooManyFiles", $"more than {FilePattern.MaxFiles} files or directories: the others are not counted");
        }

        return verdict;
    }

    private static bool HasFilled(FileSystemStat? stat, long bytes) => stat is { ReadOnly: false } space
        && space.FreeBytes <= FullShare * space.CapacityBytes && bytes >= CauseShare * space.CapacityBytes;

    /// <summary>Whether the logs that can be cut are themselves too large, whatever else is wrong, and whatever deleted files hold.</summary>
    private bool IsTooLarge(in Measured measured)
    {
        var bytes = _set!.AllocatedBytes;
        var share = measured.FileSystem is { CapacityBytes: > 0 } stat ? 100 * bytes / stat.CapacityBytes : (double?)null;
        return HasFilled(measured.FileSystem, bytes) || _limits!.JudgeSize(bytes, share, out _) == GaugeLevel.Unhealthy;
    }

    /// <summary>That the limit or the full disk is near, in words; null when it is not.</summary>
    private string? WhenFull(in Measured measured)
    {
        // Past its limit, what is left to tell is when the disk is full.
        var limit = measured.Total < measured.UnhealthyAt ? Math.Min(measured.UnhealthyAt, measured.FullAt) : measured.FullAt;
        if (measured.FileSystem is null || limit <= measured.Total)
        {
            return null;
        }

        // The pace of minutes sees what comes within minutes; the forecast, which is not fooled by bursts, all that is further away.
        var (room, rate) = (limit - measured.Total, _growth.RecentRate ?? 0);
        var left = rate > 0 && room / rate < SoonAtThisPace.TotalSeconds && _growth.RecentGrowth >= LeastShareOfRoom * (room + _growth.RecentGrowth)
            ? TimeSpan.FromSeconds(room / rate)
            : _forecast.IsFilling ? _forecast.TimeToLimit : null;
        if (left is not { } time || time <= TimeSpan.Zero)
        {
            return null;
        }

        var pace = room / time.TotalSeconds;
        var file = _set!.Fastest is { } fastest && _set.Files.Count > 1 ? $"{ForeignText.Clean(fastest.Path)} grows: " : "";
        var full = TimeSpan.FromSeconds(Math.Min((measured.FullAt - measured.Total) / pace, TimeSpan.MaxValue.TotalSeconds / 2));
        var when = measured.FullAt <= measured.UnhealthyAt
            || measured.Total >= measured.UnhealthyAt
            ? $"disk full in about {GaugeAmount.Time(time)}"
            : $"at its limit ({GaugeAmount.Bytes(measured.UnhealthyAt):L}) in about {GaugeAmount.Time(time)}, disk full in about {GaugeAmount.Time(full)}";
        return $"{file}{when} at {GaugeAmount.Bytes(pace * 60)}/min";
    }

    /// <summary>Tells the disk check which file grows.</summary>
    private void Tell(in Measured measured)
    {
        if (_growing is not null && _fileSystem is { Error: 0 } known)
        {
            var file = _set!.Fastest is { } fastest
                ? new GrowingFile(fastest.Path, fastest.GrownBytes, _set.GrownWithin, fastest.Status.AllocatedBytes)
                : null;

            // It need not be where the largest one is, which is where the file system was measured.
            var (here, there) = (_set.Largest?.Status.Id ?? default, _set.Fastest?.Status.Id ?? default);
            var device = (here.DeviceMajor, here.DeviceMinor) == (there.DeviceMajor, there.DeviceMinor)
                ? (known.Stat.Id.Major, known.Stat.Id.Minor)
                : (there.DeviceMajor, there.DeviceMinor);
            _growing.Tell(this, file, device, _time.GetTimestamp());
        }
    }

    private HealthCheckResult Result(in Measured measured, GaugeVerdict verdict, HealthStatus failureStatus)
    {
        var set = _set!;
        var data = new Dictionary<string, object>(20);
        if (verdict.Reason is not null)
        {
            data["reason"] = verdict.Reason;
        }

        var patterns = _limits!.Patterns;
        if (patterns.Length == 1)
        {
            data["path"] = patterns[0].Text;
        }
        else
        {
            data["paths"] = patterns.Select(pattern => pattern.Text).ToList();
        }

        if (set.Errors.Count > 0 && measured.Worst is not null)
        {
            const int shown = 20;
            data["missing"] = set.Errors.Take(shown).Select(error => ForeignText.Clean(error.Path)).ToList();
        }

        var facts = "";
        if (set.Files.Count > 0)
        {
            AddReadings(data, measured);
            facts = Describe(measured);
        }
        else if (verdict.Problem is null)
        {
            facts = string.Join(", ", set.Errors.Take(3).Select(error => ForeignText.Clean(error.Path))) + (_wasThere ? ": not there" : ": not there yet");
        }

        if (set.Files.Count == 0)
        {
            _deleted?.AddTo(data, measured.Deleted);
        }

        _wasThere |= set.Files.Count > 0;
        if (set.Files.Count > 0 && _trimmed is { } trimmed && _time.GetElapsedTime(trimmed.At) < TrimTold)
        {
            var done = trimmed.Result.Method != LogTrimMethod.None;
            var ago = GaugeAmount.Time(_time.GetElapsedTime(trimmed.At));
            var file = ForeignText.Clean(trimmed.Result.Path);
            facts = done
                ? $"{facts}; {file} was cut {ago} ago ({trimmed.Result.Method}): {GaugeAmount.Bytes(trimmed.Result.FreedBytes)} freed"
                : $"{facts}; {file} could not be cut {ago} ago ({trimmed.Result.Reason}): {trimmed.Result.Text}";
            data[done ? "trimmedAt" : "trimRefusedAt"] = trimmed.When;
            data["trimMethod"] = trimmed.Result.Method.ToString();
            data["trimFreedBytes"] = trimmed.Result.FreedBytes;
            if (trimmed.Result.Reason is { } why)
            {
                data["trimReason"] = why;
            }
        }

        var description = verdict.Problem is null ? facts : facts.Length == 0 ? verdict.Problem : $"{verdict.Problem}: {facts}";
        var unknown = measured.Worst is not null;
        return new HealthCheckResult(
            unknown ? UnknownStatus.Of(failureStatus) : verdict.Level.ToStatus(failureStatus), description, exception: null, data);
    }

    private void AddReadings(Dictionary<string, object> data, in Measured measured)
    {
        var set = _set!;
        data["filesCount"] = set.Files.Count;
        data["allocatedBytes"] = set.AllocatedBytes;
        data["lengthBytes"] = set.LengthBytes;
        data["largest"] = ForeignText.Clean(set.Largest!.Path);
        data["largestBytes"] = set.Largest.Status.AllocatedBytes;
        _deleted?.AddTo(data, measured.Deleted);

        if (measured.SharePercent is { } share)
        {
            data["fileSystemPercent"] = Math.Round(share, 2);
            data["freeBytes"] = measured.FileSystem!.Value.FreeBytes;
        }

        if (_growth.HourRate is { } rate)
        {
            data["growthBytesPerSecond"] = Math.Round(rate, 1);
            if (_growth.RecentRate is { } recent)
            {
                data["recentGrowthBytesPerSecond"] = Math.Round(recent, 1);
            }

            if (_growth.IsAccelerating is { } accelerating)
            {
                data["accelerating"] = accelerating;
            }

            if (set.Fastest is { } fastest)
            {
                data["fastest"] = ForeignText.Clean(fastest.Path);
            }

            Add("timeToLimitSeconds", measured.UnhealthyAt - measured.Total);
            Add("timeToFullSeconds", measured.FullAt - measured.Total);
            void Add(string key, double room)
            {
                // Further away than a month is not worth a number.
                if (rate > 0 && double.IsFinite(room) && Math.Max(0, room) / rate < 30 * 86400.0)
                {
                    data[key] = Math.Round(Math.Max(0, room) / rate);
                }
            }
        }
    }

    private string Describe(in Measured measured)
    {
        var set = _set!;
        var text = new StringBuilder(160);
        text.Append(CultureInfo.InvariantCulture, $"{GaugeAmount.Bytes(measured.Total)}");
        if (set.LengthBytes - set.AllocatedBytes > 0.1 * set.LengthBytes + 4096)
        {
            text.Append(CultureInfo.InvariantCulture, $" (length {GaugeAmount.Bytes(set.LengthBytes)})");
        }

        var single = set.Files.Count == 1 && _limits!.Patterns is [{ HasWildcards: false }];
        text.Append(CultureInfo.InvariantCulture, $" in {(single ? ForeignText.Clean(set.Largest!.Path) : $"{set.Files.Count} {(set.Files.Count == 1 ? "file" : "files")}")}");
        if (!single)
        {
            text.Append(CultureInfo.InvariantCulture, $", largest {ForeignText.Clean(set.Largest!.Path)} ({GaugeAmount.Bytes(set.Largest.Status.AllocatedBytes)})");
        }

        if (measured.Deleted > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", {GaugeAmount.Bytes(measured.Deleted)} of it deleted but still open");
        }

        if (_growth.HourRate is { } rate)
        {
            text.Append(CultureInfo.InvariantCulture, $", grows {GaugeAmount.Bytes(rate * 3600)}/h");
            if (_growth.IsAccelerating == true)
            {
                text.Append(", faster and faster");
            }
        }

        if (measured.SharePercent is { } share)
        {
            text.Append(CultureInfo.InvariantCulture, $", {GaugeAmount.Percent(share)} of {_place?.Mount?.Mount?.MountPoint ?? "its file system"}");
            text.Append(CultureInfo.InvariantCulture, $" with {GaugeAmount.Bytes(measured.FileSystem!.Value.FreeBytes)} free");
        }

        return text.ToString();
    }

    /// <param name="Total">What the files occupy, deleted ones included.</param>
    /// <param name="Deleted">What the deleted ones occupy.</param>
    /// <param name="FileSystem">The figures of the file system of the largest file; null when they cannot be had.</param>
    /// <param name="UnhealthyAt">The size at which the check is unhealthy.</param>
    /// <param name="FullAt">The size at which the disk is full.</param>
    /// <param name="Worst">The first that could not be measured.</param>
    private readonly record struct Measured(
        long Total, long Deleted, FileSystemStat? FileSystem, double UnhealthyAt, double FullAt, (string Path, int Error)? Worst)
    {
        public double? SharePercent => FileSystem is { CapacityBytes: > 0 } stat ? Math.Min(100, 100 * Total / stat.CapacityBytes) : null;
    }

    private sealed record Trimmed(long At, DateTimeOffset When, LogTrimResult Result);
}
