using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Bytes, inodes and writability of the file systems under some paths, and when they will be full.</summary>
internal sealed class DiskSpaceCheck(
    FileSystemSource source, TimeProvider time, Func<DiskSpaceOptions> options, GrowingFiles? growing = null, ForecastMemory? memory = null)
    : IHealthCheck
{
    public static readonly CheckType<DiskSpaceOptions> Type = CheckType.Create<DiskSpaceOptions>(
        new CheckDescriptor(
            "DiskSpace",
            "Bytes and inodes free to this process on the file systems under the given paths, whether they can be written, and when they "
            + "will be full at their present growth.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "There is space, there are inodes, and neither will run out soon.",
                [HealthStatus.Degraded] = "Space or inodes are below the degraded limit, or the file system will soon be full at its present growth.",
                [HealthStatus.Unhealthy] =
                    "Space or inodes are below the unhealthy limit, the file system turned read-only, or a path is missing or cannot be measured.",
            },
            "df -h and df -i show every file system; du -xh --max-depth=1 <mount point> | sort -h finds what takes the space (du --inodes: the "
            + "inodes); lsof +L1 lists deleted files that a process still holds open; dmesg and findmnt tell why a file system is read-only.",
            "Delete or rotate what grew, or enlarge the file system. The space of a deleted file returns only when the process that holds it "
            + "open is restarted.")
        {
            RemedyByReason = new Dictionary<string, string>
            {
                ["disk.inodes.low"] = "Find what makes so many files (du --inodes -x --max-depth=1 <mount point> | sort -n): mostly sessions, caches, mail queues. Delete them.",
                ["disk.space.filling"] = "Find what grows (du -xh --max-depth=1 <mount point>, twice), and stop or rotate it before the disk is full.",
                ["disk.readOnly"] = "See dmesg and findmnt; check the disk, then fsck and mount it again.",
                ["disk.path.missing"] = "Mount it, or correct the path.",
                ["disk.path.denied"] = "Give this process the x permission on every directory of the path.",
                ["disk.measure.failed"] = "Look at dmesg for the error in the text; watch a path on a disk.",
            },
        },
        DiskSpaceLimits.Validate,
        static (services, options) => new DiskSpaceCheck(FileSystemSource.OfThisSystem, services.GetRequiredService<TimeProvider>(), options,
            services.GetService<GrowingFiles>(), services.GetService<ForecastMemory>()));

    private const int MeasuredOnStack = 16;

    /// <summary>What a file must have gained, of the whole file system, to be named as the cause.</summary>
    private const double CauseShare = 0.01;

    /// <summary>How many file systems are followed for each path, those included that are not there now.</summary>
    private const int FollowedPerPath = 8;

    /// <summary>Sizes that differ by less, of the larger, are one: that of a pool changes while others write to it.</summary>
    private const double SizeTolerance = 0.01;

    /// <summary>Another disk has other contents: its use differs by more, of the size.</summary>
    private const double ContentTolerance = 0.05;

    private static readonly object True = true;
    private static readonly object False = false;

    private readonly long _start = time.GetTimestamp();

    // Without HealthKit's monitor two requests may run the check at once. Never held while the system is asked.
    private readonly Lock _gate = new();
    private readonly List<Followed> _followed = [];
    private volatile DiskSpaceLimits? _limits;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var current = options();
        if (_limits is not { } limits || limits.Options != current)
        {
            _limits = limits = new DiskSpaceLimits(current);
        }

        var paths = limits.Paths;
        Span<Measured> measured = paths.Length <= MeasuredOnStack ? stackalloc Measured[paths.Length] : new Measured[paths.Length];
        for (var i = 0; i < paths.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var error = source.Measure(paths[i], out var stat);
            measured[i] = new Measured(error, stat, error == 0 ? IndexOfFirst(measured[..i], stat) : i);
            if (error == 0 && (paths[i].Mount is not { } known || known.Id != stat.Id || known.ReadOnly != stat.ReadOnly))
            {
                paths[i].Mount = new KnownMount(stat.Id, stat.ReadOnly, source.FindMount(paths[i], stat));
            }
        }

        lock (_gate)
        {
            return Task.FromResult(Judge(limits, measured, context.Registration));
        }
    }

    private HealthCheckResult Judge(DiskSpaceLimits limits, ReadOnlySpan<Measured> measured, HealthCheckRegistration check)
    {
        var now = time.GetElapsedTime(_start);
        var items = measured.Length == 1 ? null : new List<Item>();
        Item worst = default;
        for (var i = 0; i < measured.Length; i++)
        {
            if (measured[i].First != i)
            {
                continue;
            }

            var item = Judge(limits, measured, i, now, check.Name);
            items?.Add(item);
            if (worst.Facts is null || item.IsWorseThan(worst))
            {
                worst = item;
            }
        }

        Forget(now, limits.Paths.Length);
        var data = new Dictionary<string, object>(worst.Error is null ? 16 : 4);
        if (worst.Reason is not null)
        {
            data["reason"] = worst.Reason;
        }

        worst.AddTo(data);
        var description = worst.Problem is null ? worst.Facts! : $"{worst.Problem}: {worst.Facts}";
        if (items?.Count > 1)
        {
            description = AddOthers(description, worst, items);
            data["items"] = ItemData(items, worst.Path, out var name);
            if (worst.Reason is not null)
            {
                data["item"] = name;
            }
        }

        var status = worst.Error is null ? worst.Level.ToStatus(check.FailureStatus) : UnknownStatus.Of(check.FailureStatus);
        return new HealthCheckResult(status, description, exception: null, data);
    }

    /// <summary>The first path on the same file system: that one stands for all.</summary>
    private static int IndexOfFirst(ReadOnlySpan<Measured> before, in FileSystemStat stat)
    {
        for (var i = 0; i < before.Length; i++)
        {
            if (before[i].Error == 0 && before[i].First == i && IsSame(before[i].Stat, stat))
            {
                return i;
            }
        }

        return before.Length;
    }

    /// <summary>Whether both are of one file system, and of one project quota there: that gives a directory a size of its own.</summary>
    private static bool IsSame(in FileSystemStat one, in FileSystemStat other) => one.Id == other.Id && IsSameSize(one, other);

    private static bool IsSameSize(in FileSystemStat one, in FileSystemStat other) =>
        Math.Abs((double)one.TotalBytes - other.TotalBytes) <= SizeTolerance * Math.Max(one.TotalBytes, other.TotalBytes);

    private Item Judge(DiskSpaceLimits limits, ReadOnlySpan<Measured> measured, int first, TimeSpan now, string check)
    {
        var (error, stat, _) = measured[first];
        var path = limits.Paths[first];
        if (error != 0)
        {
            return Unmeasured(path.Path, error);
        }

        // The others on the same file system.
        List<string>? paths = null;
        var allowed = IsAllowed(limits.Options, path, stat);
        for (var i = first + 1; i < measured.Length; i++)
        {
            if (measured[i].First == first)
            {
                paths ??= [path.Path];
                paths.Add(limits.Paths[i].Path);
                allowed &= IsAllowed(limits.Options, limits.Paths[i], measured[i].Stat);
                stat = stat.WithLeastOf(measured[i].Stat);
            }
        }

        var verdict = new GaugeVerdict();
        if (!allowed)
        {
            verdict.Add(GaugeLevel.Unhealthy, "disk.readOnly", "read-only, and not meant to be");
        }

        var mount = path.Mount?.Mount;
        var fills = mount is not { FileSystemReadOnly: true };
        GaugeForecast? forecast = null;
        if (fills)
        {
            // Nobody can write to a file system that is itself read-only: an image is full from the start.
            if (limits.JudgeSpace(stat, out var limit) is var space and not GaugeLevel.Ok)
            {
                verdict.Add(space, "disk.space.low", $"disk space low ({limit})");
            }

            if (limits.JudgeInodes(stat, out limit) is var inodes and not GaugeLevel.Ok)
            {
                verdict.Add(inodes, "disk.inodes.low", $"inodes low ({limit})");
            }

            forecast = Follow(check, path.Path, stat, now);
            if (forecast.IsFilling && limits.Options.DegradedWhenFilling)
            {
                verdict.Add(GaugeLevel.Degraded, "disk.space.filling", Filling(forecast, stat));
            }
        }

        var facts = Describe(stat, mount, path.Path, paths, exact: verdict.Problem is not null);
        var cause = verdict.Reason is "disk.space.low" or "disk.space.filling" ? FindCause(stat) : null;
        if (cause is not null)
        {
            facts = string.Create(
                CultureInfo.InvariantCulture,
                $"{facts}; likely cause: {ForeignText.Clean(cause.Path)} grew {GaugeAmount.Bytes(cause.GrownBytes)} in {GaugeAmount.Time(cause.Within)}, to {GaugeAmount.Bytes(cause.AllocatedBytes)}");
        }

        return new Item
        {
            Level = verdict.Level,
            Reason = verdict.Reason,
            Problem = verdict.Problem,
            Facts = facts,
            Cause = cause is null ? null : ForeignText.Clean(cause.Path),
            Path = path.Path,
            Paths = paths,
            Stat = stat,
            Mount = mount,
            TimeToFull = forecast?.TimeToLimit,
        };
    }

    /// <summary>The watched file that grew most there, if that is a good part of it.</summary>
    private GrowingFile? FindCause(in FileSystemStat stat) =>
        growing?.FindFastest((stat.Id.Major, stat.Id.Minor), time) is { } file && file.GrownBytes >= CauseShare * stat.CapacityBytes ? file : null;

    private static bool IsAllowed(DiskSpaceOptions options, WatchedPath path, in FileSystemStat stat) =>
        !stat.ReadOnly || (options.AllowReadOnly ?? path.Mount?.Mount is { } mount && (!mount.FileSystemReadOnly || IsImage(mount.FileSystem)));

    private static bool IsImage(string fileSystem) => fileSystem is "squashfs" or "iso9660" or "erofs" or "cramfs" or "romfs" or "udf";

    private GaugeForecast Follow(string check, string path, in FileSystemStat stat, TimeSpan now)
    {
        var followed = FindFollowed(path, stat);
        if (followed is null)
        {
            var name = NameOf(check, path, stat);
            followed = new Followed(path, name, memory?.Find(name, now) ?? new GaugeForecast());
            _followed.Add(followed);
        }
        else if (!IsSameSize(followed.Stat, stat))
        {
            // After a restart its size may be all that it is known by.
            followed.Name = NameOf(check, followed.Path, stat);
        }

        followed.Stat = stat;
        followed.At = now;
        followed.Forecast.AddLeft(now, stat.FreeBytes, stat.CapacityBytes, stat.TotalBytes);
        memory?.Keep(followed.Name, followed.Forecast);
        return followed.Forecast;
    }

    /// <summary>
    /// What is known of the file system at a path; else of the same under another path, as when the first of several is missing now.
    /// </summary>
    private Followed? FindFollowed(string path, in FileSystemStat stat)
    {
        foreach (var followed in _followed)
        {
            if (followed.Path == path && IsStill(followed.Stat, stat))
            {
                return followed;
            }
        }

        foreach (var followed in _followed)
        {
            if (IsSame(followed.Stat, stat))
            {
                return followed;
            }
        }

        return null;
    }

    /// <summary>
    /// Whether what is at a path now is what was there before. The file system's own id stays when the device is given another number. Where
    /// it has none, it is the device: one that is enlarged still holds what it held, unlike another disk in its place.
    /// </summary>
    private static bool IsStill(in FileSystemStat before, in FileSystemStat stat) => stat.Id.FsId != 0
        ? before.Id.FsId == stat.Id.FsId
        : before.Id == stat.Id
            && (IsSameSize(before, stat) || Math.Abs((double)stat.UsedBytes - before.UsedBytes) <= ContentTolerance * before.TotalBytes);

    private static string NameOf(string check, string path, in FileSystemStat stat) => $"{check}\n{path}\n{IdentityOf(stat)}";

    /// <summary>
    /// What tells a file system from another one at the same path, across restarts: its own id, which stays when the device is given another
    /// number (a new container, another order of disks) and when it is enlarged; where it has none (XFS, vfat, NFS, FUSE), the device and the
    /// size, so that under another number, or enlarged while the app was down, it is another one.
    /// </summary>
    private static string IdentityOf(in FileSystemStat stat) =>
        stat.Id.FsId != 0 ? stat.Id.FsId.ToString("x", CultureInfo.InvariantCulture)
        : stat.Id.HasDevice ? string.Create(CultureInfo.InvariantCulture, $"{stat.Id.Major}:{stat.Id.Minor} {stat.TotalBytes}")
        : stat.TotalBytes.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Forgets what was not measured for a day, as a restart does, and of too many what was so the longest ago. What is unmounted, or
    /// cannot be measured now, keeps its history.
    /// </summary>
    private void Forget(TimeSpan now, int paths)
    {
        for (var i = _followed.Count - 1; i >= 0; i--)
        {
            if (now - _followed[i].At > ForecastMemory.LongestBreak)
            {
                _followed.RemoveAt(i);
            }
        }

        while (_followed.Count > FollowedPerPath * paths)
        {
            _followed.Remove(_followed.MinBy(followed => followed.At)!);
        }
    }

    private static string Filling(GaugeForecast forecast, in FileSystemStat stat)
    {
        if (forecast.TimeToLimit is not { } left || left <= TimeSpan.Zero)
        {
            return "filled up";
        }

        var perMinute = GrowthPerSecond(left, stat) * 60;
        return string.Create(CultureInfo.InvariantCulture, $"full in about {GaugeAmount.Time(left)} at {GaugeAmount.Bytes(perMinute)}/min");
    }

    private static double GrowthPerSecond(TimeSpan timeToFull, in FileSystemStat stat) => stat.FreeBytes / timeToFull.TotalSeconds;

    private static string Describe(in FileSystemStat stat, MountEntry? mount, string path, List<string>? paths, bool exact)
    {
        // A limit that was just passed shows in two decimals.
        var percent = exact ? Math.Round(stat.FreePercent, 2) : stat.FreePercent;
        var format = exact ? "L" : null;
        var text = new DefaultInterpolatedStringHandler(24, 4, CultureInfo.InvariantCulture, stackalloc char[512]);
        text.AppendFormatted(GaugeAmount.Bytes(stat.FreeBytes));
        text.AppendLiteral(" of ");
        text.AppendFormatted(GaugeAmount.Bytes(stat.TotalBytes));
        text.AppendLiteral(" free (");
        text.AppendFormatted(GaugeAmount.Percent(percent), format);

        // As in df, size and percentage do not fit each other where much is reserved for root: say so.
        var reserved = stat.TotalBytes - stat.CapacityBytes;
        if (reserved > 0.1 * stat.TotalBytes)
        {
            text.AppendLiteral(", ");
            text.AppendFormatted(GaugeAmount.Bytes(reserved));
            text.AppendLiteral(" reserved");
        }

        text.AppendLiteral(")");
        if (stat.Inodes > 0)
        {
            text.AppendLiteral(", inodes ");
            text.AppendFormatted(GaugeAmount.Percent(exact ? Math.Round(stat.FreeInodesPercent, 2) : stat.FreeInodesPercent), format);
            text.AppendLiteral(" free");
        }

        if (mount is not null)
        {
            text.AppendLiteral(", ");
            text.AppendLiteral(mount.Device);
            text.AppendLiteral(" ");
            text.AppendLiteral(mount.FileSystem);
            text.AppendLiteral(" on ");
            text.AppendLiteral(mount.MountPoint);
        }

        if (stat.ReadOnly)
        {
            text.AppendLiteral(", read-only");
        }

        if (paths is not null)
        {
            text.AppendLiteral(", for ");
            text.AppendLiteral(string.Join(", ", paths));
        }
        else if (mount?.MountPoint != path)
        {
            text.AppendLiteral(", for ");
            text.AppendLiteral(path);
        }

        return text.ToStringAndClear();
    }

    private static Item Unmeasured(string path, int error)
    {
        var (reason, problem, facts) = error switch
        {
            LibC.NotFound or LibC.NotADirectory => ("disk.path.missing", "path missing", "it does not exist"),
            LibC.PermissionDenied or LibC.NotPermitted => ("disk.path.denied", "no permission", "this process may not look there"),
            FileSystemSource.NoBlocks => ("disk.measure.failed", "nothing to measure", "its file system counts no blocks; watch another path"),
            _ => ("disk.measure.failed", "could not be measured", Marshal.GetPInvokeErrorMessage(error)),
        };
        return new Item
        {
            Level = GaugeLevel.Unhealthy,
            Reason = reason,
            Problem = problem,
            Facts = $"{path}: {facts}",
            Path = path,
            Error = facts,
        };
    }

    private static string AddOthers(string description, in Item worst, List<Item> items)
    {
        var text = new StringBuilder(description);
        foreach (var item in items)
        {
            if (item.Path == worst.Path)
            {
                continue;
            }

            text.Append("; ");
            if (item.Problem is not null)
            {
                text.Append(item.Problem).Append(": ");
            }

            text.Append(item.Facts);
        }

        return text.ToString();
    }

    private static Dictionary<string, object> ItemData(List<Item> items, string worst, out string nameOfWorst)
    {
        nameOfWorst = worst;
        var all = new Dictionary<string, object>(items.Count);
        foreach (var item in items)
        {
            var data = new Dictionary<string, object>(16);
            if (item.Reason is not null)
            {
                data["reason"] = item.Reason;
            }

            item.AddTo(data);

            // Two file systems may stand at one place, one over the other, or have no name: then the path tells them apart.
            var name = item.Mount?.MountPoint ?? item.Path;
            if (!all.TryAdd(name, data))
            {
                name = item.Path;
                all[name] = data;
            }

            if (item.Path == worst)
            {
                nameOfWorst = name;
            }
        }

        return all;
    }

    /// <param name="Error">0, or why it could not be measured.</param>
    /// <param name="Stat">The figures.</param>
    /// <param name="First">The first path on the same file system. What was not measured stands for itself.</param>
    private readonly record struct Measured(int Error, FileSystemStat Stat, int First);

    /// <summary>A file system whose growth is followed.</summary>
    private sealed class Followed(string path, string name, GaugeForecast forecast)
    {
        /// <summary>The first path that was seen to lie on it.</summary>
        public string Path => path;

        /// <summary>What the memory keeps it under.</summary>
        public string Name { get; set; } = name;

        public GaugeForecast Forecast => forecast;

        /// <summary>Its last figures.</summary>
        public FileSystemStat Stat { get; set; }

        /// <summary>When those were taken.</summary>
        public TimeSpan At { get; set; }
    }

    /// <summary>One file system, or one path that could not be measured.</summary>
    private readonly struct Item
    {
        public GaugeLevel Level { get; init; }

        public string? Reason { get; init; }

        public string? Problem { get; init; }

        public string? Facts { get; init; }

        public string Path { get; init; }

        public List<string>? Paths { get; init; }

        public FileSystemStat Stat { get; init; }

        public MountEntry? Mount { get; init; }

        public TimeSpan? TimeToFull { get; init; }

        public string? Error { get; init; }

        public string? Cause { get; init; }

        public bool IsWorseThan(in Item other) => Level != other.Level
            ? Level > other.Level
            : (Error is null) == (other.Error is null) ? Error is null && Stat.FreePercent < other.Stat.FreePercent : Error is not null;

        public void AddTo(Dictionary<string, object> data)
        {
            if (Paths is not null)
            {
                data["paths"] = Paths;
            }
            else
            {
                data["path"] = Path;
            }

            if (Error is not null)
            {
                data["error"] = Error;
                return;
            }

            if (Mount is not null)
            {
                data["mountPoint"] = Mount.MountPoint;
                data["device"] = Mount.Device;
                data["fileSystem"] = Mount.FileSystem;
            }

            if (Cause is not null)
            {
                data["likelyCause"] = Cause;
            }

            data["readOnly"] = Stat.ReadOnly ? True : False;
            data["totalBytes"] = Stat.TotalBytes;
            data["usedBytes"] = Stat.UsedBytes;
            data["freeBytes"] = Stat.FreeBytes;
            data["freePercent"] = Math.Round(Stat.FreePercent, 2);
            if (Stat.Inodes > 0)
            {
                data["freeInodesCount"] = Stat.FreeInodes;
                data["freeInodesPercent"] = Math.Round(Stat.FreeInodesPercent, 2);
            }

            if (TimeToFull is { } left)
            {
                data["timeToFullSeconds"] = Math.Round(left.TotalSeconds);
                if (left > TimeSpan.Zero)
                {
                    data["growthBytesPerSecond"] = Math.Round(GrowthPerSecond(left, Stat), 1);
                }
            }
        }
    }
}
