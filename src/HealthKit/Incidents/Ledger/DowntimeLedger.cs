using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Keeps account of when each check was unhealthy and when the app ran to see it, across restarts and kills.
/// </summary>
/// <remarks>
/// <see cref="Open"/>, <see cref="Observe"/>, <see cref="Removed"/>, <see cref="RemoveMissing"/> and <see cref="Stop"/> are called by one
/// thread at a time; <see cref="Report"/> and <see cref="LastSignOfLife"/> by any. A sign of life is written down with the observations, so
/// a kill costs what was observed since the last one: at most 1 minute, at most 10 s while something is down, and never more than
/// the run had lasted, so that a run of a minute counts too.
/// </remarks>
internal sealed partial class DowntimeLedger : IDisposable
{
    private const int CapacityBytes = 1024 * 1024;

    /// <summary>Old and new summary and what is written between them must fit into one segment of the journal, an eighth of it left free.</summary>
    private const int MaxSummaryBytes = 190 * 1024;
    private const int SummarizeAfterBytes = 56 * 1024;
    private const int MaxReasonLength = 200;

    private static readonly long LifeEvery = TimeSpan.FromMinutes(1).Ticks;
    private static readonly long LifeEveryWhileDown = TimeSpan.FromSeconds(10).Ticks;
    private static readonly long ShortestLife = TimeSpan.FromSeconds(10).Ticks;

    private readonly Func<JournalFilter, Journal> _openJournal;
    private readonly ILogger _logger;
    private readonly Lock _gate = new(); // of _state and _down: reports read them while the observing thread writes
    private readonly Dictionary<string, bool> _down = new(StringComparer.OrdinalIgnoreCase);
    private LedgerState _state = new();
    private Journal? _journal;
    private long _neededFrom;
    private int _bytesSinceSummary;
    private long _runSequence;
    private long _runStart;
    private long _lastLife;
    private long _lifeEvery;
    private long _previousLife;
    private bool _isHistoryMissing;
    private bool _isRunning;
    private bool _isStopped;
    private bool _isFull;

    public DowntimeLedger(StateDirectory directory, TimeProvider time, ILogger logger)
        : this(keep => Journal.Open(directory, "ledger", CapacityBytes, keep, time, logger), logger)
    {
    }

    /// <summary>With a journal of the test's.</summary>
    internal DowntimeLedger(Func<JournalFilter, Journal> openJournal, ILogger logger) =>
        (_openJournal, _logger) = (openJournal, logger);

    /// <summary>The last sign of life of the run before this one; null when there was none, or nothing could be read.</summary>
    public DateTimeOffset? LastSignOfLife => Volatile.Read(ref _previousLife) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Why the ledger is kept in memory only, or null.</summary>
    public StateProblem? Problem => _journal?.Problem;

    /// <summary>Reads what earlier runs wrote down. Never throws because of the disk; a second call does nothing.</summary>
    public void Open()
    {
        if (_journal is null)
        {
            _journal = _openJournal((sequence, _) => sequence >= _neededFrom);
            _isHistoryMissing = _journal.Problem is not null;
            Read();
        }
    }

    /// <summary>Takes note of a check's state. Costs next to nothing while its status is as known.</summary>
    /// <param name="state">The state; one that is pending is no observation.</param>
    /// <param name="planned">Whether maintenance covers the check: an outage that begins now is planned.</param>
    /// <param name="now">The time of the observation.</param>
    public void Observe(CheckState state, bool planned, DateTimeOffset now)
    {
        if (state.Condition == CheckCondition.Pending || _isStopped)
        {
            return;
        }

        var at = now.UtcTicks;
        var down = state.Status == HealthStatus.Unhealthy;
        if (_isRunning && _down.TryGetValue(state.Name, out var wasDown) && wasDown == down)
        {
            // A clock that was set back is written down as soon: from there on, time counts anew.
            if (at - _lastLife >= _lifeEvery || at < _lastLife - ShortestLife)
            {
                LiveOn(at);
            }

            return;
        }

        BeginRun(at);
        Note(state, planned, at, down);
        lock (_gate)
        {
            _down[state.Name] = down;
        }
    }

    /// <summary>Closes the outage of a check that was turned off.</summary>
    /// <param name="last">Its last state.</param>
    /// <param name="now">The time.</param>
    public void Removed(CheckState last, DateTimeOffset now)
    {
        if (_isStopped)
        {
            return;
        }

        Open();
        if (_state.OpenOf(last.Name) is { } outage)
        {
            BeginRun(now.UtcTicks);
            Close(outage, now.UtcTicks, now.UtcTicks);
        }

        lock (_gate)
        {
            _down.Remove(last.Name);
        }
    }

    /// <summary>
    /// Closes the outages that an earlier run left open for checks that are not there any more, at the last moment somebody saw them.
    /// </summary>
    /// <param name="isThere">Whether there is a check of a name that will be observed.</param>
    /// <param name="now">The time.</param>
    public void RemoveMissing(Func<string, bool> isThere, DateTimeOffset now)
    {
        Open();
        foreach (var outage in _state.Open.Where(outage => !_down.ContainsKey(outage.Check) && !isThere(outage.Check)).ToList())
        {
            BeginRun(now.UtcTicks);
            Close(outage, _state.OpenOf(outage.Check)!.GapFrom, now.UtcTicks);
        }
    }

    /// <summary>Writes down an orderly stop. Nothing is observed after it.</summary>
    /// <param name="now">The time.</param>
    public void Stop(DateTimeOffset now)
    {
        if (_isRunning && !_isStopped)
        {
            Write(new LedgerRecord { T = LedgerRecord.Stop, A = now.UtcTicks });
            _ = _journal!.Flush();
        }

        _isStopped = true;
    }

    /// <summary>The ledger as it stands.</summary>
    /// <param name="now">The time.</param>
    public DowntimeReport Report(DateTimeOffset now)
    {
        LedgerPicture picture;
        lock (_gate)
        {
            picture = _state.Picture(now.UtcTicks, _down.Keys);
        }

        return picture.ToReport();
    }

    /// <summary>Closes the journal; says nothing about how the run ended.</summary>
    public void Dispose()
    {
        _isStopped = true;
        _journal?.Dispose();
    }

    private void BeginRun(long at)
    {
        if (_isRunning)
        {
            return;
        }

        Open();
        (_isRunning, _runStart) = (true, at);
        _runSequence = Write(new LedgerRecord { T = LedgerRecord.Run, A = at });
    }

    private void Note(CheckState state, bool planned, long at, bool down)
    {
        var since = Math.Min(state.Since.UtcTicks, at);
        var outage = _state.OpenOf(state.Name);
        if (outage is null)
        {
            if (down)
            {
                Write(new LedgerRecord { T = LedgerRecord.Down, A = at, C = state.Name, S = since, R = Shorten(state.Reason), P = planned });
            }
        }
        else if (!down)
        {
            Close(outage, SeenAt(outage, since, at), at);
        }
        else if (outage.GapFrom > 0)
        {
            Write(new LedgerRecord { T = LedgerRecord.Seen, A = at, C = state.Name, S = SeenAt(outage, since, at) });
        }
    }

    /// <summary>When a check was seen that an earlier run had seen last: at its first result in this one.</summary>
    private static long SeenAt(LedgerOutage outage, long since, long at) => since > outage.GapFrom ? since : Math.Max(at, outage.GapFrom);

    private void Close(LedgerOutage outage, long end, long at) =>
        Write(new LedgerRecord { T = LedgerRecord.Up, A = at, C = outage.Check, S = end });

    private void LiveOn(long at)
    {
        if (_isHistoryMissing && _journal!.IsPersistent)
        {
            ReadWhatCameBack(at);
        }

        Write(new LedgerRecord { T = LedgerRecord.Life, A = at });
    }

    /// <summary>Applies a record and writes it down; its number, 0 when it is kept in memory only.</summary>
    private long Write(LedgerRecord record)
    {
        bool isAnyDown;
        lock (_gate)
        {
            _state.Apply(record);
            isAnyDown = _state.IsAnyDown;
        }

        _lastLife = record.A;
        _lifeEvery = Math.Clamp(record.A - _runStart, ShortestLife, isAnyDown ? LifeEveryWhileDown : LifeEvery);
        var sequence = Append(record.ToBytes());
        if (_bytesSinceSummary >= SummarizeAfterBytes)
        {
            Summarize();
        }

        return sequence;
    }

    private long Append(byte[] bytes)
    {
        _bytesSinceSummary += bytes.Length + JournalFormat.RecordHeaderSize;
        if (_journal!.TryAppend(bytes, out var sequence))
        {
            _isFull = false;
        }
        else if (!_isFull)
        {
            _isFull = true;
            LogNotWritten(_logger, bytes.Length);
        }

        return sequence;
    }

    /// <summary>Puts everything that is known in place of the records that say it.</summary>
    private void Summarize()
    {
        List<byte[]>? parts;
        lock (_gate)
        {
            parts = _state.Summarize(MaxSummaryBytes, _journal!.MaxRecordBytes);
        }

        _bytesSinceSummary = 0; // when it fails, it is tried again after as many bytes as after success
        if (parts is null)
        {
            LogTooLarge(_logger, MaxSummaryBytes);
            return;
        }

        var first = 0L;
        foreach (var part in parts)
        {
            if (!_journal.TryAppend(part, out var sequence))
            {
                LogNotWritten(_logger, part.Length);
                return;
            }

            first = first == 0 ? sequence : first;
        }

        _neededFrom = first;
        _journal.Compact((sequence, _) => sequence >= first);
    }

    private void Read()
    {
        var state = new LedgerState();
        var summaryBegan = 0L;
        var beforeThisRun = 0L;
        _bytesSinceSummary = 0;
        foreach (var record in _journal!.ReadAll())
        {
            _bytesSinceSummary += record.Size;
            if (LedgerRecord.Parse(record.Payload.Span) is not { } parsed)
            {
                continue;
            }

            if (parsed.T == LedgerRecord.Summary)
            {
                summaryBegan = record.Sequence;
            }

            if (_isRunning && record.Sequence == _runSequence)
            {
                beforeThisRun = state.LastLife;
            }

            if (state.Apply(parsed))
            {
                (_neededFrom, _bytesSinceSummary) = (summaryBegan, 0);
            }
        }

        if (!_isRunning)
        {
            beforeThisRun = state.LastLife;
            state.EndReading();
        }

        Volatile.Write(ref _previousLife, beforeThisRun);
        lock (_gate)
        {
            _state = state;
        }
    }

    /// <summary>The disk was not there when this run began, and now is: earlier runs' records stand before this one's.</summary>
    private void ReadWhatCameBack(long at)
    {
        _isHistoryMissing = false;
        Read();
        foreach (var outage in _state.Open.Where(outage => _down.TryGetValue(outage.Check, out var down) && !down).ToList())
        {
            Close(outage, Math.Max(_runStart, outage.GapFrom), at);
        }
    }

    private static string? Shorten(string? reason) => reason?.Length > MaxReasonLength
        ? reason[..(char.IsHighSurrogate(reason[MaxReasonLength - 1]) ? MaxReasonLength - 1 : MaxReasonLength)]
        : reason;

    [LoggerMessage(7101, LogLevel.Warning, "The downtime ledger's journal has no room for a record of {Bytes} bytes: what it says will be lost with the process.")]
    private static partial void LogNotWritten(ILogger logger, int bytes);

    [LoggerMessage(7102, LogLevel.Warning, "The downtime ledger cannot be summed up in {Bytes} bytes: too many checks are down, or their names are too long.")]
    private static partial void LogTooLarge(ILogger logger, int bytes);
}
