using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Count, size and ages of the files in a directory, and who may write there.</summary>
internal sealed class DirectoryCheck(TimeProvider time, Func<DirectoryOptions> options) : IHealthCheck
{
    public static readonly CheckType<DirectoryOptions> Type = CheckType.Create<DirectoryOptions>(
        new CheckDescriptor(
            "Directory",
            "How many files are in a directory, what they occupy, how old the oldest and the newest are; whether this process can write there, and "
            + "not everybody.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "The directory is there, can be written, and no limit is passed.",
                [HealthStatus.Degraded] =
                    "A degraded limit of count, size or age is passed, everybody may write to it, or the walk ended before a limit could be judged.",
                [HealthStatus.Unhealthy] =
                    "An unhealthy limit is passed, too few files are there, this process cannot write to it, or it is missing or cannot be read.",
            },
            "du -xh --max-depth=1 <path> | sort -h finds what takes the space, du --inodes -x --max-depth=1 <path> | sort -n where the files are; "
            + "find <path> -type f -printf '%T+ %p\\n' | sort | head shows the oldest.",
            "Find out why the files pile up or stay away: mostly the job that takes them, deletes them or writes them has stopped.")
        {
            RemedyByReason = new Dictionary<string, string>
            {
                ["directory.tooMany"] = "Find what makes so many files (du --inodes -x --max-depth=1 <path> | sort -n) and see that what takes or deletes them runs.",
                ["directory.tooLarge"] = "Find what is large (du -xh --max-depth=1 <path> | sort -h); rotate, move or delete it.",
                ["directory.stale"] = "See that the job that takes the files runs, and what is wrong with the oldest one, which the text names.",
                ["directory.quiet"] = "See that the job that writes the files runs, and what its log says of its last time.",
                ["directory.empty"] = "See that the job that writes the files runs, that the path and the pattern are right, and that its disk is mounted.",
                ["directory.tooFew"] = "See what deleted files, and that the job that writes them runs.",
                ["directory.notWritable"] = "Give this process's user the w and x permissions (ls -ld <path>); if the file system is read-only, see dmesg and findmnt.",
                ["directory.worldWritable"] = "chmod o-w <path>, or chmod +t if everybody is meant to write there.",
                ["directory.partial"] = "Raise MaxWalkTime and the check's timeout above it, or watch a part of the tree.",
                ["directory.missing"] = "Create it, mount its disk, or correct the path.",
                ["directory.notADirectory"] = "Correct the path; see what put a file in the directory's place.",
                ["directory.denied"] = "Give this process the r and x permissions on the directory, and x on all above it.",
                ["directory.measure.failed"] = "Look at dmesg for the error in the text.",
            },
        },
        DirectoryLimits.Validate,
        static (services, options) => new DirectoryCheck(services.GetRequiredService<TimeProvider>(), options));

    /// <summary>After a walk there is a pause of so many times its length: at most 5 % of a core go into walks.</summary>
    private const int Pause = 20;

    /// <summary>A child that is larger is named even when all is well.</summary>
    private const long LargeChild = 100L << 20;

    private static readonly object True = true;
    private static readonly object False = false;

    private volatile DirectoryLimits? _limits;
    private volatile LastWalk? _last;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken.ThrowIfCancellationRequested();
        var current = options();
        if (_limits is not { } limits || limits.Options != current)
        {
            _limits = limits = new DirectoryLimits(current);
        }

        return Task.FromResult(Check(limits, context.Registration.FailureStatus, cancellationToken));
    }

    private HealthCheckResult Check(DirectoryLimits limits, HealthStatus failureStatus, CancellationToken cancellationToken)
    {
        var error = OperatingSystem.IsLinux()
            ? FileStatus.Read(limits.Utf8Path, followLink: true, out var status)
            : FileStatus.Read(limits.Path, followLink: true, out status);
        if (error != 0)
        {
            return Unmeasured(limits.Path, error, failureStatus);
        }

        if (status.Kind != FileKind.Directory)
        {
            return Unmeasured(limits.Path, "directory.notADirectory", "not a directory", "something else is there", failureStatus);
        }

        var walk = Figures(limits, status.Id, cancellationToken);
        if (walk.Figures.Error != 0)
        {
            return Unmeasured(limits.Path, walk.Figures.Error, failureStatus);
        }

        var verdict = new Verdict();
        int? writeError = OperatingSystem.IsLinux() ? DirectoryCalls.TestWritable(limits.Utf8Path) : null;
        JudgeAccess(limits, status, writeError, ref verdict);
        JudgeFigures(limits, walk, ref verdict);

        var data = new Dictionary<string, object>(20);
        if (verdict.Reason is not null)
        {
            data["reason"] = verdict.Reason;
        }

        data["path"] = limits.Path;
        if (writeError is not null)
        {
            data["writable"] = writeError == 0 ? True : False;
        }

        AddTo(data, walk, ShowsOldest(walk, verdict), ShowsNewest(walk));
        var facts = Describe(limits, walk, verdict);

        // What could not be judged is never healthy, whatever a failure reads as.
        var result = verdict.Reason == "directory.partial" ? HealthStatus.Degraded : verdict.Level.ToStatus(failureStatus);
        return new HealthCheckResult(result, verdict.Problem is null ? facts : $"{verdict.Problem}: {facts}", exception: null, data);
    }

    /// <summary>The figures of the last walk while it rests, else of a new one.</summary>
    private LastWalk Figures(DirectoryLimits limits, UnixFileId id, CancellationToken cancellationToken)
    {
        if (_last is { } last && last.Limits == limits && last.Figures.Id == id
            && time.GetElapsedTime(last.EndedAt) is var age && age < Pause * last.Figures.Duration)
        {
            return last with { Age = age };
        }

        var figures = DirectoryWalk.Run(limits.Path, limits.Rules, time, cancellationToken);
        var walk = new LastWalk(limits, figures, time.GetUtcNow(), time.GetTimestamp());
        if (figures.Error == 0)
        {
            _last = walk;
        }

        return walk;
    }

    private static void JudgeAccess(DirectoryLimits limits, in FileStatus status, int? writeError, ref Verdict verdict)
    {
        if (limits.Options.MustBeWritable && writeError is { } error and not 0)
        {
            verdict.Add(GaugeLevel.Unhealthy, "directory.notWritable", $"not writable ({Marshal.GetPInvokeErrorMessage(error)})");
        }

        if (!limits.Options.AllowWorldWritable && status is { OthersMayWrite: true, IsSticky: false })
        {
            var mode = Convert.ToString(status.Permissions, 8).PadLeft(4, '0');
            verdict.Add(GaugeLevel.Degraded, "directory.worldWritable", $"writable by everybody (mode {mode})");
        }
    }

    /// <summary>
    /// Judges what is known. Of a walk that stopped, count and size are lower bounds, and so is the age of the oldest file: above a limit is
    /// above it. That of the newest is an upper bound: below a limit is below it. What neither settles is said to be open.
    /// </summary>
    private static void JudgeFigures(DirectoryLimits limits, LastWalk walk, ref Verdict verdict)
    {
        var figures = walk.Figures;
        List<string>? open = null;
        if (figures.Files < limits.Options.MinimumFilesCount || (figures.Files == 0 && limits.NewestAge.IsSet))
        {
            var least = Math.Max(1, limits.Options.MinimumFilesCount);
            if (figures.StoppedEarly)
            {
                (open ??= []).Add("least count");
            }
            else if (figures.Files == 0)
            {
                verdict.Add(GaugeLevel.Unhealthy, "directory.empty", Format($"empty (at least {Plural(least, "file")} expected)"));
            }
            else
            {
                verdict.Add(GaugeLevel.Unhealthy, "directory.tooFew", Format($"too few files (at least {least} expected)"));
            }
        }

        JudgeHigh(limits.Bytes, figures.AllocatedBytes, "directory.tooLarge", "too large", "size", ref verdict);
        JudgeHigh(limits.Files, figures.Files, "directory.tooMany", "too many files", "count", ref verdict);
        JudgeHigh(limits.OldestAge, walk.OldestAge?.TotalSeconds, "directory.stale", "oldest file too old", "oldest age", ref verdict);
        if (limits.NewestAge.IsSet && walk.NewestAge is { } newest && limits.NewestAge.Judge(newest.TotalSeconds, out var limit) is var level and not GaugeLevel.Ok)
        {
            if (figures.StoppedEarly)
            {
                (open ??= []).Add("newest age");
            }
            else
            {
                verdict.Add(level, "directory.quiet", $"nothing new ({limit})");
            }
        }

        if (open is not null)
        {
            verdict.Add(GaugeLevel.Degraded, "directory.partial", $"the walk ended too early to judge {string.Join(", ", open)}");
        }

        void JudgeHigh(DirectoryLimit gauge, double? value, string reason, string problem, string quantity, ref Verdict verdict)
        {
            if (value is { } number && gauge.Judge(number, out var limit) is var level and not GaugeLevel.Ok)
            {
                verdict.Add(level, reason, $"{problem} ({limit})");
            }
            else if (gauge.IsSet && figures.StoppedEarly)
            {
                (open ??= []).Add(quantity);
            }
        }
    }

    /// <summary>Whether what was seen may be called the oldest: all was seen, or it is too old anyhow.</summary>
    private static bool ShowsOldest(LastWalk walk, in Verdict verdict) =>
        walk.OldestAge is not null && (!walk.Figures.StoppedEarly || verdict.Has("directory.stale"));

    private static bool ShowsNewest(LastWalk walk) => walk.NewestAge is not null && !walk.Figures.StoppedEarly;

    private static string Describe(DirectoryLimits limits, LastWalk walk, in Verdict verdict)
    {
        var figures = walk.Figures;
        var least = figures.IsComplete ? "" : "at least ";
        var culture = CultureInfo.InvariantCulture;
        var text = new StringBuilder(160);
        text.Append(limits.Path).Append(culture, $" has {least}{Plural(figures.Files, "file")}");
        if (limits.Options.Pattern is { } pattern)
        {
            text.Append(" named ").Append(pattern);
        }

        if (figures.Directories > 0)
        {
            text.Append(culture, $" and {(figures.Directories == 1 ? "1 directory" : Format($"{figures.Directories} directories"))}");
        }

        text.Append(culture, $", {least}{GaugeAmount.Bytes(figures.AllocatedBytes)}");
        if (ShowsOldest(walk, verdict))
        {
            text.Append(culture, $", oldest {GaugeAmount.Time(walk.OldestAge!.Value)} ({figures.Oldest!.Name})");
        }

        if (limits.NewestAge.IsSet && ShowsNewest(walk))
        {
            text.Append(culture, $", newest {GaugeAmount.Time(walk.NewestAge!.Value)} ({figures.Newest!.Name})");
        }

        if (verdict.Has("directory.tooMany") && figures.MostFiles is { } most)
        {
            text.Append(culture, $", most in {most.Name} ({most.Files})");
        }

        var largest = verdict.Has("directory.tooLarge") ? figures.Largest.Take(3) : figures.Largest.Take(1).Where(child => child.Bytes >= LargeChild);
        var separator = ", largest: ";
        foreach (var child in largest)
        {
            text.Append(culture, $"{separator}{child.Name} {GaugeAmount.Bytes(child.Bytes)}");
            separator = ", ";
        }

        if (figures.Unreadable > 0)
        {
            text.Append(culture, $"; {figures.Unreadable} could not be read ({figures.FirstUnreadable})");
        }

        if (figures.OtherFileSystems > 0)
        {
            text.Append(culture, $"; {Plural(figures.OtherFileSystems, "mount")} below not entered");
        }

        if (figures.StoppedEarly)
        {
            text.Append(culture, $"; the walk ended early, after {GaugeAmount.Time(figures.Duration)}");
        }

        if (walk.Age >= TimeSpan.FromSeconds(1))
        {
            text.Append(culture, $"; counted {GaugeAmount.Time(walk.Age)} ago");
        }

        return text.ToString();
    }

    private static void AddTo(Dictionary<string, object> data, LastWalk walk, bool showsOldest, bool showsNewest)
    {
        var figures = walk.Figures;
        data["complete"] = figures.IsComplete ? True : False;
        data["filesCount"] = figures.Files;
        data["directoriesCount"] = figures.Directories;
        data["allocatedBytes"] = figures.AllocatedBytes;
        data["lengthBytes"] = figures.LengthBytes;
        if (showsOldest)
        {
            data["oldest"] = figures.Oldest!.Name;
            data["oldestAgeSeconds"] = Math.Round(walk.OldestAge!.Value.TotalSeconds);
        }

        if (showsNewest)
        {
            data["newest"] = figures.Newest!.Name;
            data["newestAgeSeconds"] = Math.Round(walk.NewestAge!.Value.TotalSeconds);
        }

        if (figures.Largest.Count > 0)
        {
            data["largest"] = figures.Largest
                .Select(child => Format($"{child.Name}: {GaugeAmount.Bytes(child.Bytes)}, {Plural(child.Files, "file")}")).ToArray();
        }

        if (figures.Unreadable > 0)
        {
            data["unreadableCount"] = figures.Unreadable;
        }

        if (figures.OtherFileSystems > 0)
        {
            data["otherFileSystemsCount"] = figures.OtherFileSystems;
        }

        data["walkedAt"] = walk.At;
        data["walkSeconds"] = Math.Round(figures.Duration.TotalSeconds, 3);
    }

    private static HealthCheckResult Unmeasured(string path, int error, HealthStatus failureStatus)
    {
        var (reason, problem, facts) = error switch
        {
            LibC.NotFound or LibC.NotADirectory => ("directory.missing", "directory missing", "it does not exist"),
            LibC.PermissionDenied or LibC.NotPermitted => ("directory.denied", "no permission", "this process may not look there"),
            _ => ("directory.measure.failed", "could not be measured", Marshal.GetPInvokeErrorMessage(error)),
        };
        return Unmeasured(path, reason, problem, facts, failureStatus);
    }

    private static HealthCheckResult Unmeasured(string path, string reason, string problem, string facts, HealthStatus failureStatus) => new(
        UnknownStatus.Of(failureStatus),
        $"{problem}: {path}: {facts}",
        exception: null,
        new Dictionary<string, object> { ["reason"] = reason, ["path"] = path, ["error"] = facts });

    private static string Plural(long count, string word) => Format($"{count} {word}{(count == 1 ? "" : "s")}");

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A walk, and how long ago it was.</summary>
    private sealed record LastWalk(DirectoryLimits Limits, DirectoryFigures Figures, DateTimeOffset At, long EndedAt)
    {
        public TimeSpan Age { get; init; }

        /// <summary>How old the oldest file was then. A time to come is no age.</summary>
        public TimeSpan? OldestAge => AgeOf(Figures.Oldest);

        public TimeSpan? NewestAge => AgeOf(Figures.Newest);

        private TimeSpan? AgeOf(FoundFile? file) =>
            file is null ? null : file.ModifiedAt >= At ? TimeSpan.Zero : At - file.ModifiedAt;
    }

    /// <summary>What is wrong, the first of the worst named as the reason.</summary>
    private struct Verdict
    {
        private List<string>? _reasons;

        public GaugeLevel Level { get; private set; }

        public string? Reason { get; private set; }

        public string? Problem { get; private set; }

        public void Add(GaugeLevel level, string reason, string problem)
        {
            Problem = Problem is null ? problem : $"{Problem}, {problem}";
            (_reasons ??= []).Add(reason);
            if (level > Level)
            {
                Level = level;
                Reason = reason;
            }
        }

        public readonly bool Has(string reason) => _reasons?.Contains(reason) == true;
    }
}
