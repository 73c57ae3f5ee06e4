using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// One file against its contract. A file that did not change costs one look at it. One that did is read, in slices where it is large; until
/// that is done, and while someone writes it, the verdict is that of before.
/// </summary>
internal sealed class FileCheck(FileSource source, FileMemory memory, TimeProvider time, Redactor redactor, Func<FileCheckOptions> options) : IHealthCheck, IDisposable
{
    public static readonly CheckType<FileCheckOptions> Type = CheckType.Create<FileCheckOptions>(
        new CheckDescriptor(
            "File",
            "Whether a file keeps its contract: there, fresh, of the right size, changed, and with the header, encoding, format and number of "
            + "records that its readers rely on.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "The file keeps its contract.",
                [HealthStatus.Degraded] = "It is older, smaller, larger, shorter or unchanged for longer than the degraded limit, or is written without end.",
                [HealthStatus.Unhealthy] =
                    "It is missing, cannot be read, is empty or an HTML page, its content does not keep the contract, or a limit is passed.",
            },
            "The text says what is wrong and where: head -c 300 <file> and tail -n 3 <file> show it; stat <file> shows who wrote it and when; file <file> "
            + "guesses its encoding. Then the log of the job that makes or fetches it.",
            "Run the job that makes the file again, and look at what it got. Let it write to another name and rename the file when it is checked.")
        {
            RemedyByReason = new Dictionary<string, string>
            {
                ["file.missing"] = "Run the job that makes the file, mount its disk, or correct the path.",
                ["file.denied"] = "Give this process the r permission on the file and x on every directory of its path.",
                ["file.read.failed"] = "Look at dmesg for the error in the text.",
                ["file.html"] = "The server sent a page instead of the file: fetch it by hand and read the page (an error, a sign-in, a moved address). Let the job fail on such answers (curl --fail).",
                ["file.truncated"] = "The transfer or its writer was cut off, or the disk was full: run it again. Let the job write to another name and rename at the end.",
                ["file.encoding"] = "Ask whoever makes the file what changed; convert it (iconv -f <from> -t <to>) or change the Encoding option and the file's readers.",
                ["file.columns"] = "Ask whoever makes the file what changed; adapt its readers, then the Columns option.",
                ["file.header"] = "Ask whoever makes the file what changed; adapt its readers, then the Header option.",
                ["file.stale"] = "Look why the job that makes the file did not run or failed: its timer and its log.",
                ["file.unchanged"] = "The job runs, but what it gets does not change: look at its source, and at caches between.",
                ["file.shrunk"] = "Compare it with the last good one. If the smaller file is right, take the shrink limits out until one run was healthy: it is the new last good then.",
                ["file.futureTime"] = "Set the clock of the machine or the server that the time comes from, then touch the file.",
            },
        },
        FileLimits.Validate,
        static (services, options) => new FileCheck(
            new FileSource(), services.GetRequiredService<FileMemory>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<Redactor>(), options));

    /// <summary>How long a run reads; the default timeout of a check is 5 s.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(2);

    /// <summary>A file that was written in place a moment ago is still being written.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    /// <summary>The grain of times: two writes within it may leave the same time (2 s on FAT).</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromSeconds(2);

    /// <summary>For how long a file may go on changing before that is reported.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Clocks of file servers differ a little.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>How old the remembered time of a file that stays good may become.</summary>
    private static readonly TimeSpan WriteGoodEvery = TimeSpan.FromHours(1);

    // Without HealthKit's monitor two requests may run the check at once: the second waits for what the first reads.
    private readonly SemaphoreSlim _gate = new(1);
    private FileLimits? _limits;
    private FileRecord? _known;
    private bool _knownIsComplete;
    private bool _wasGood;
    private DateTimeOffset _goodAt;
    private FileContent? _content;
    private FileScan? _scan;
    private DateTimeOffset? _unsettledSince;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken.ThrowIfCancellationRequested();
        _gate.Wait(cancellationToken);
        try
        {
            return Task.FromResult(Run(context.Registration, cancellationToken));
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _scan?.Dispose();
        _gate.Dispose();
    }

    private HealthCheckResult Run(HealthCheckRegistration registration, CancellationToken cancellationToken)
    {
        var current = options();
        if (_limits is not { } limits || limits.Options != current)
        {
            _limits = limits = new FileLimits(current);
            DropScan();
            _content = null;
        }

        var isComplete = memory.HasReadEarlier;
        if (_known is not { } known || known.Check != registration.Name || known.Path != limits.Path || isComplete != _knownIsComplete)
        {
            _knownIsComplete = isComplete;
            _known = memory.Find(registration.Name, limits.Path);
            _wasGood = false; // of what was known before
        }

        var now = time.GetUtcNow();
        var error = source.Look(limits, out var status);
        if (error != 0)
        {
            return Unmeasured(limits, error, registration.FailureStatus, now);
        }

        var verdict = new Verdict();
        string? note = null;
        if (status.Kind != FileKind.Regular)
        {
            verdict.Add(FileFaultKind.NotRegular, GaugeLevel.Unhealthy, status.Kind == FileKind.Directory ? "a directory, not a file" : "no regular file");
            return Result(limits, verdict, status, null, null, registration.FailureStatus, now);
        }

        if (limits.NeedsHead && !IsKnown(status, now))
        {
            if (IsBeingWritten(status, now))
            {
                _unsettledSince ??= now;
                note = "being written";
            }
            else
            {
                note = Read(limits, ref verdict, status, now, cancellationToken);
            }
        }
        else
        {
            _unsettledSince = null;
        }

        if (_unsettledSince is { } since && now - since > Patience)
        {
            verdict.Add(
                FileFaultKind.Changing,
                GaugeLevel.Degraded,
                string.Create(CultureInfo.InvariantCulture, $"it has not rested for {GaugeAmount.Time(now - since)}, so that its content cannot be told"));
        }
        else if (note is not null && _content is null && !verdict.IsBad)
        {
            return NoNews.Result(registration.FailureStatus);
        }

        JudgeContent(limits, ref verdict, note is null ? status : _content?.Status ?? status, now, isFinal: note is null);
        JudgeTime(limits, ref verdict, status, now);
        return Result(limits, verdict, status, _content, note, registration.FailureStatus, now);
    }

    /// <summary>Whether the file is as it was when its content was read.</summary>
    private bool IsKnown(in FileStatus status, DateTimeOffset now)
    {
        if (_content is not { } content || !content.IsOf(status))
        {
            return false;
        }

        // Read right after it was written, it may have been written again without another time: once more, when that is over.
        var sinceWrite = content.ReadAt - status.ModifiedAt;
        return sinceWrite.Duration() >= Grain || (now - status.ModifiedAt).Duration() < Grain;
    }

    /// <summary>Whether someone writes into the file that was there before. One that was put in its place is whole.</summary>
    private bool IsBeingWritten(in FileStatus status, DateTimeOffset now)
    {
        var sinceWrite = now - status.ModifiedAt;
        return _content is { } content && content.Status.Id == status.Id && !content.IsOf(status)
            && OperatingSystem.IsLinux() // elsewhere all files have the same id
            && sinceWrite >= TimeSpan.Zero && sinceWrite < Quiet
            && (_unsettledSince is not { } since || now - since <= Patience);
    }

    /// <summary>Reads what is there, for a while.</summary>
    /// <returns>Null when <see cref="_content"/> is new, or why it is not.</returns>
    private string? Read(FileLimits limits, ref Verdict verdict, in FileStatus status, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_scan is { } begun && !FileContent.IsSame(begun.Status, status))
        {
            DropScan();
            _unsettledSince ??= now;
        }

        _scan ??= new FileScan(limits, status, redactor);
        try
        {
            if (!ReadSlice(limits, _scan, cancellationToken))
            {
                var percent = status.Length > 0 ? Math.Min(99, 100.0 * _scan.Offset / status.Length) : 0;
                return string.Create(CultureInfo.InvariantCulture, $"new content is being read, {percent:0} % so far");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DropScan();
            verdict.Add(Fault(e));
            _content = null;
            return "not read";
        }

        // What was read while it changed is neither the old file nor the new one.
        if (source.Look(limits, out var after) != 0 || !FileContent.IsSame(_scan.Status, after))
        {
            DropScan();
            _unsettledSince ??= now;
            return "changed while it was read";
        }

        _content = _scan.Complete(now, _known!.Good?.EndsWithLineEnd);
        _unsettledSince = null;
        DropScan();
        if (_content.Hash is { } hash && hash != _known.Hash)
        {
            // Seen for the first time at all, its content is at least as old as its time says.
            var since = _known.Hash is null && status.ModifiedAt < now ? status.ModifiedAt : now;
            memory.Keep(_known = _known with { Hash = hash, HashSince = since });
        }

        return null;
    }

    /// <returns>Whether all was read that has a say.</returns>
    private bool ReadSlice(FileLimits limits, FileScan scan, CancellationToken cancellationToken)
    {
        using var file = source.Open(limits.Path);
        var started = time.GetTimestamp();
        var buffer = ArrayPool<byte>.Shared.Rent(FileScan.BlockSize);
        try
        {
            while (scan.WantsMore)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (time.GetElapsedTime(started) > Slice)
                {
                    return false;
                }

                var length = 0;
                for (int read; length < FileScan.BlockSize
                    && (read = source.Read(file, buffer.AsSpan(length, FileScan.BlockSize - length), scan.Offset + length)) > 0; length += read)
                {
                }

                if (length == 0)
                {
                    return true;
                }

                scan.Add(buffer.AsSpan(0, length));
                if (length < FileScan.BlockSize)
                {
                    return true;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private void DropScan()
    {
        _scan?.Dispose();
        _scan = null;
    }

    private void JudgeContent(FileLimits limits, ref Verdict verdict, in FileStatus status, DateTimeOffset now, bool isFinal)
    {
        var good = _known!.Good;
        if (status.Length == 0 && !limits.Options.AllowEmpty)
        {
            verdict.Add(FileFaultKind.Empty, GaugeLevel.Unhealthy, "empty");
        }

        if (_content is not null)
        {
            foreach (var fault in _content.Faults)
            {
                verdict.Add(fault);
            }
        }

        if (FileLimits.Least.Judge(status.Length, limits.LeastLimits) is var small and not GaugeLevel.Ok)
        {
            verdict.Add(FileFaultKind.TooSmall, small, $"too small ({FileLimits.Least.ExplainLimit(small, limits.LeastLimits)})");
        }

        if (FileLimits.Most.Judge(status.Length, limits.MostLimits) is var large and not GaugeLevel.Ok)
        {
            verdict.Add(FileFaultKind.TooLarge, large, $"too large ({FileLimits.Most.ExplainLimit(large, limits.MostLimits)})");
        }

        if (good is { Bytes: > 0 } && status.Length < good.Bytes)
        {
            var percent = 100.0 * (good.Bytes - status.Length) / good.Bytes;
            if (FileLimits.Shrink.Judge(percent, limits.ShrinkLimits) is var shrunk and not GaugeLevel.Ok)
            {
                verdict.Add(
                    FileFaultKind.Shrunk,
                    shrunk,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"shrunk by {GaugeAmount.Percent(percent)} ({FileLimits.Shrink.ExplainLimit(shrunk, limits.ShrinkLimits)}) from {GaugeAmount.Bytes(good.Bytes)}"));
            }
        }

        if (isFinal)
        {
            Remember(status, now, isGood: !verdict.SpoilsContent);
        }
    }

    private void Remember(in FileStatus status, DateTimeOffset now, bool isGood)
    {
        var known = _known!;
        if (isGood)
        {
            var lines = _content?.RecordCount ?? _content?.LineCount;
            var lineEnd = _content?.EndsWithLineEnd;
            var isNews = known.Good is not { } good || good.Bytes != status.Length || good.LineCount != lines || good.EndsWithLineEnd != lineEnd
                || now - good.At >= WriteGoodEvery;
            _goodAt = now;
            if (isNews)
            {
                memory.Keep(_known = known with { Good = new GoodFile(now, status.Length, lines, lineEnd) });
            }
        }
        else if (_wasGood && known.Good is { } last)
        {
            // Until then it was good: the time is written down once, not at each run.
            memory.Keep(_known = known with { Good = last with { At = _goodAt } });
        }

        _wasGood = isGood;
    }

    private void JudgeTime(FileLimits limits, ref Verdict verdict, in FileStatus status, DateTimeOffset now)
    {
        var age = now - status.ModifiedAt;
        if (FileLimits.IsSet(limits.AgeLimits))
        {
            if (age < -ClockSkew)
            {
                verdict.Add(
                    FileFaultKind.FutureTime,
                    GaugeLevel.Unhealthy,
                    string.Create(CultureInfo.InvariantCulture, $"its time lies {GaugeAmount.Time(-age)} in the future, so that its age cannot be told"));
            }
            else if (FileLimits.Age.Judge(age.TotalSeconds, limits.AgeLimits) is var stale and not GaugeLevel.Ok)
            {
                verdict.Add(FileFaultKind.Stale, stale, $"stale ({FileLimits.Age.ExplainLimit(stale, limits.AgeLimits)})");
            }
        }

        if (UnchangedFor(limits, now) is { } unchanged
            && FileLimits.Unchanged.Judge(unchanged.TotalSeconds, limits.UnchangedLimits) is var same and not GaugeLevel.Ok)
        {
            verdict.Add(
                FileFaultKind.Unchanged,
                same,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"content unchanged for {GaugeAmount.Time(unchanged)} ({FileLimits.Unchanged.ExplainLimit(same, limits.UnchangedLimits)})"));
        }
    }

    private TimeSpan? UnchangedFor(FileLimits limits, DateTimeOffset now) =>
        limits.NeedsHash && _content?.Hash is not null && _known!.HashSince is { } since && since <= now ? now - since : null;

    private HealthCheckResult Result(
        FileLimits limits, in Verdict verdict, in FileStatus status, FileContent? content, string? note, HealthStatus failureStatus, DateTimeOffset now)
    {
        var data = new Dictionary<string, object>(8);
        if (verdict.IsBad)
        {
            data["reason"] = verdict.Worst.Reason;
        }

        data["path"] = limits.Path;
        var age = now - status.ModifiedAt;
        if (status.Kind == FileKind.Regular)
        {
            data["sizeBytes"] = status.Length;
            data["modifiedAt"] = status.ModifiedAt;
            if (age >= -ClockSkew)
            {
                data["ageSeconds"] = Math.Max(0, Math.Round(age.TotalSeconds));
            }
        }

        if (content?.RecordCount is { } records)
        {
            data["recordCount"] = records;
            data["columnCount"] = content.ColumnCount ?? 0;
        }
        else if (content?.LineCount is { } lines)
        {
            data["lineCount"] = lines;
        }

        if (UnchangedFor(limits, now) is { } unchanged)
        {
            data["unchangedSeconds"] = Math.Round(unchanged.TotalSeconds);
        }

        if (note is not null && content is not null)
        {
            data["pending"] = note;
        }

        var facts = status.Kind == FileKind.Regular ? Describe(limits, status, content, age) : limits.Path;
        if (note is not null && content is not null)
        {
            facts = string.Create(CultureInfo.InvariantCulture, $"{facts}; {note}, the verdict is that of {GaugeAmount.Time(now - content.ReadAt)} ago");
        }

        if (verdict.IsBad)
        {
            facts = $"{verdict.Text}: {facts}{AddLastGood(data, now)}";
        }

        return new HealthCheckResult(verdict.ToStatus(failureStatus), facts, exception: null, data);
    }

    /// <summary>How it was when last good: in the data, and in words.</summary>
    private string AddLastGood(Dictionary<string, object> data, DateTimeOffset now)
    {
        if (_known?.Good is not { } good)
        {
            return "";
        }

        var at = _wasGood ? _goodAt : good.At;
        data["lastGoodAt"] = at;
        data["lastGoodBytes"] = good.Bytes;
        if (good.LineCount is { } lines)
        {
            data["lastGoodLineCount"] = lines;
        }

        return string.Create(CultureInfo.InvariantCulture, $"; content last good {GaugeAmount.Time(now - at)} ago: {GaugeAmount.Bytes(good.Bytes)}");
    }

    private static string Describe(FileLimits limits, in FileStatus status, FileContent? content, TimeSpan age)
    {
        var text = new DefaultInterpolatedStringHandler(24, 4, CultureInfo.InvariantCulture, stackalloc char[512]);
        text.AppendFormatted(GaugeAmount.Bytes(status.Length));
        text.AppendLiteral(", ");
        if (age < -ClockSkew)
        {
            text.AppendLiteral("written ");
            text.AppendFormatted(GaugeAmount.Time(-age));
            text.AppendLiteral(" in the future");
        }
        else
        {
            text.AppendFormatted(GaugeAmount.Time(age < TimeSpan.Zero ? TimeSpan.Zero : age));
            text.AppendLiteral(" old");
        }

        if (content?.RecordCount is { } records)
        {
            text.AppendLiteral(", ");
            text.AppendFormatted(records);
            text.AppendLiteral(records == 1 ? " record of " : " records of ");
            text.AppendFormatted(content.ColumnCount ?? 0);
            text.AppendLiteral(content.ColumnCount == 1 ? " column" : " columns");
        }
        else if (content?.LineCount is { } lines)
        {
            text.AppendLiteral(", ");
            text.AppendFormatted(lines);
            text.AppendLiteral(lines == 1 ? " line" : " lines");
        }

        text.AppendLiteral(", ");
        text.AppendLiteral(limits.Path);
        return text.ToStringAndClear();
    }

    private HealthCheckResult Unmeasured(FileLimits limits, int error, HealthStatus failureStatus, DateTimeOffset now)
    {
        DropScan();
        _unsettledSince = null;
        if (_wasGood)
        {
            Remember(default, now, isGood: false);
        }

        var (kind, problem, facts) = error switch
        {
            LibC.NotFound or LibC.NotADirectory => (FileFaultKind.Missing, "missing", "it does not exist"),
            LibC.PermissionDenied or LibC.NotPermitted => (FileFaultKind.Denied, "no permission", "this process may not look there"),
            _ => (FileFaultKind.ReadFailed, "cannot be looked at", Marshal.GetPInvokeErrorMessage(error)),
        };
        var fault = new FileFault(kind, GaugeLevel.Unhealthy, problem);
        var data = new Dictionary<string, object>(4) { ["reason"] = fault.Reason, ["path"] = limits.Path, ["error"] = facts };
        var lastGood = "";
        if (_known?.Good is { } good)
        {
            // What is remembered is no measurement: no numbers.
            data["lastGoodAt"] = good.At;
            lastGood = string.Create(CultureInfo.InvariantCulture, $"; content last good {GaugeAmount.Time(now - good.At)} ago: {GaugeAmount.Bytes(good.Bytes)}");
        }

        return new HealthCheckResult(UnknownStatus.Of(failureStatus), $"{problem}: {limits.Path}: {facts}{lastGood}", exception: null, data);
    }

    private static FileFault Fault(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => new(FileFaultKind.Missing, GaugeLevel.Unhealthy, "removed when it was to be read"),
        UnauthorizedAccessException => new(FileFaultKind.Denied, GaugeLevel.Unhealthy, "no permission to read it"),
        _ => new(FileFaultKind.ReadFailed, GaugeLevel.Unhealthy, $"cannot be read: {e.Message}"),
    };

    /// <summary>What is wrong, the worst and most telling first.</summary>
    private struct Verdict
    {
        private List<FileFault>? _faults;
        private bool _isUnknown;

        public readonly bool IsBad => _faults is not null;

        public readonly bool SpoilsContent => _faults is not null && _faults.Exists(fault => fault.SpoilsContent);

        public readonly FileFault Worst => _faults![0];

        public readonly string Text => string.Join("; ", _faults!.Select(fault => fault.Text));

        public void Add(FileFaultKind kind, GaugeLevel level, string text) => Add(new FileFault(kind, level, text));

        public void Add(in FileFault fault)
        {
            _faults ??= [];
            _isUnknown |= fault.IsUnknown;
            var place = 0;
            while (place < _faults.Count && (_faults[place].Level > fault.Level
                || (_faults[place].Level == fault.Level && _faults[place].Kind <= fault.Kind)))
            {
                place++;
            }

            _faults.Insert(place, fault);
        }

        public readonly HealthStatus ToStatus(HealthStatus failureStatus) =>
            _faults is null ? HealthStatus.Healthy
            : _isUnknown ? UnknownStatus.Of(failureStatus)
            : _faults[0].Level.ToStatus(failureStatus);
    }
}
