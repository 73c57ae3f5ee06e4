using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Who is not to be told: mutes and maintenance windows of policies, configuration, code and the maintenance file. Those of code are written down,
/// so that they survive a restart. Opens nothing before <see cref="Open"/> or the first question. Safe for use by several threads.
/// </summary>
internal sealed partial class Silences(
    Func<IncidentRules> rules,
    StateDirectory directory,
    MaintenanceFile file,
    JournalFlusher flusher,
    ResultFreezer freezer,
    TimeProvider time,
    ILogger logger) : IDisposable
{
    /// <summary>How soon a file that is in force is to be looked at again: nothing tells when it goes.</summary>
    public static readonly TimeSpan FileLookEvery = TimeSpan.FromSeconds(5);

    private const int CapacityBytes = 128 * 1024;
    private const int MaxWindows = 100;
    private const int MaxNameLength = 100;

    private static readonly TimeSpan ClockStep = TimeSpan.FromDays(1);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Sequence, Mute Mute)> _mutes = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, (long Sequence, MaintenanceWindow Window)> _windows = new(StringComparer.OrdinalIgnoreCase);
    private Journal? _journal;
    private volatile bool _isLoaded;
    private long _triedAt;
    private bool _disposed;

    // What code has silenced. Who asks reads this, and waits neither for the lock nor for the disk that is written to under it.
    private volatile Kept _kept = new([], []);

    // The records that still count. Read inside the journal's lock, where ours must not be waited for. Null: nothing is known yet.
    private volatile HashSet<long>? _live; // never changed once it stands here

    /// <summary>Reads what earlier runs wrote down, and reserves space for what comes.</summary>
    public void Open()
    {
        lock (_gate)
        {
            Load();
        }
    }

    /// <summary>What keeps from telling of a check at a time; null when nothing does. Of several, a mute, and the one that ends last.</summary>
    public Silencing? Find(string check, DateTimeOffset now)
    {
        var mute = AllMutes(now)
            .Where(mute => mute.Check.Equals(check, StringComparison.OrdinalIgnoreCase))
            .MaxBy(mute => mute.Until);
        if (mute is not null)
        {
            return new(IncidentSilence.Muted, mute.Reason, mute.Until);
        }

        var window = AllWindows().Where(window => window.Covers(check, now)).MaxBy(window => window.End);
        return window is null ? null : new(IncidentSilence.Maintenance, window.Reason, window.End, window.Name);
    }

    /// <summary>The mutes in force, by check.</summary>
    public IReadOnlyList<Mute> Mutes(DateTimeOffset now) =>
        [.. AllMutes(now).OrderBy(mute => mute.Check, StringComparer.OrdinalIgnoreCase).ThenBy(mute => mute.Until)];

    /// <summary>The maintenance windows that have not ended, also those that have not begun, by begin.</summary>
    public IReadOnlyList<MaintenanceWindow> Windows(DateTimeOffset now) =>
        [.. AllWindows().Where(window => now < window.End).OrderBy(window => window.Begin).ThenBy(window => window.Name, StringComparer.OrdinalIgnoreCase)];

    /// <summary>
    /// When what <see cref="Find"/> answers may change by itself; null when it does not. A reload or a new file may change it at any time.
    /// </summary>
    public DateTimeOffset? NextChange(DateTimeOffset now)
    {
        var times = AllMutes(now).Select(mute => mute.Until)
            .Concat(AllWindows().SelectMany(window => new[] { window.Begin, window.End }));
        if (file.Look(rules()) is { } fromFile && now >= fromFile.Begin && now < fromFile.End)
        {
            times = times.Append(now + FileLookEvery);
        }

        return times.Where(at => at > now).Select(at => (DateTimeOffset?)at).Min();
    }

    /// <summary>Looks at the maintenance file, if that is due, so that a mistake in it shows.</summary>
    public void LookAtFile() => _ = file.Look(rules());

    /// <inheritdoc cref="HealthIncidents.Mute"/>
    public void Mute(string check, TimeSpan duration, string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        RequireDuration(duration);
        var name = Require(check, nameof(check));
        var now = time.GetUtcNow();
        var mute = new Mute(name, MaintenanceLimits.Cut(freezer.Text(reason)), now + duration);
        lock (_gate)
        {
            Load();
            Prune(now);
            _mutes[name] = (Write(new(SilenceRecord.Mute, name, now, mute.Until, mute.Reason)), mute);
            Publish(_isLoaded);
        }

        FlushInBackground();
    }

    /// <inheritdoc cref="HealthIncidents.Unmute"/>
    public bool Unmute(string check)
    {
        ArgumentNullException.ThrowIfNull(check);
        lock (_gate)
        {
            Load();
            Prune(time.GetUtcNow());
            if (!_mutes.Remove(check))
            {
                return false;
            }

            WriteEnd(new(SilenceRecord.Unmute, check));
        }

        FlushInBackground();
        return true;
    }

    /// <inheritdoc cref="HealthIncidents.BeginMaintenance"/>
    public void BeginMaintenance(string name, TimeSpan duration, string? reason = null, IEnumerable<string>? checks = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > MaxNameLength)
        {
            throw new ArgumentException($"The window's name has {name.Length} characters; allowed: 1 to {MaxNameLength}.", nameof(name));
        }

        RequireDuration(duration);
        var now = time.GetUtcNow();
        var window = new MaintenanceWindow
        {
            Name = freezer.Text(name),
            Begin = now,
            End = now + duration,
            Reason = reason is null ? null : MaintenanceLimits.Cut(freezer.Text(reason)),
            Checks = [.. (checks ?? []).Select(check => Require(check, nameof(checks))).Distinct()],
        };
        lock (_gate)
        {
            Load();
            Prune(now);
            if (_windows.Count >= MaxWindows && !_windows.ContainsKey(window.Name))
            {
                throw new ArgumentException(
                    $"'{window.Name}' would be one window more than {MaxWindows}; allowed: a name in use, or one of them ended before.", nameof(name));
            }

            _windows[window.Name] =
                (Write(new(SilenceRecord.BeginMaintenance, window.Name, window.Begin, window.End, window.Reason, window.Checks)), window);
            Publish(_isLoaded);
        }

        FlushInBackground();
    }

    /// <inheritdoc cref="HealthIncidents.EndMaintenance"/>
    public bool EndMaintenance(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_gate)
        {
            Load();
            Prune(time.GetUtcNow());
            var kept = freezer.Text(name);
            if (!_windows.Remove(kept))
            {
                return false;
            }

            WriteEnd(new(SilenceRecord.EndMaintenance, kept));
        }

        FlushInBackground();
        return true;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            if (_journal is { } journal)
            {
                flusher.Forget(journal);
                journal.Dispose();
            }
        }
    }

    /// <summary>The mutes in force. One of code that ends later than any may was given when the clock was ahead: it must not last until then.</summary>
    private List<Mute> AllMutes(DateTimeOffset now)
    {
        List<Mute> all = [.. rules().Mutes];
        all.AddRange(Known().Mutes.Where(mute => mute.Until - now <= MaintenanceLimits.Longest + ClockStep));
        all.RemoveAll(mute => mute.Until <= now);
        return all;
    }

    private List<MaintenanceWindow> AllWindows()
    {
        var current = rules();
        List<MaintenanceWindow> all = [.. current.Windows];
        if (file.Look(current) is { } window)
        {
            all.Add(window);
        }

        all.AddRange(Known().Windows);
        return all;
    }

    /// <summary>What code has silenced, in this run and as far as it is known in earlier ones.</summary>
    private Kept Known()
    {
        // Who has the lock for longer finds out that there is no disk to read it from.
        if (!_isLoaded && _gate.TryEnter(DiskThread.Patience))
        {
            try
            {
                Load();
            }
            finally
            {
                _gate.Exit();
            }
        }

        return _kept;
    }

    private string Require(string check, string parameter)
    {
        var names = rules().Names;
        return check is null
            ? throw new ArgumentNullException(parameter)
            : names.Find(check) ?? throw new ArgumentException($"No check is named '{check}'; registered: {names}.", parameter);
    }

    private static void RequireDuration(TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero || duration > MaintenanceLimits.Longest)
        {
            throw new ArgumentOutOfRangeException(nameof(duration), duration, "Allowed: above 00:00:00, at most 31.00:00:00 (31 days).");
        }
    }

    /// <summary>Opens the journal, and takes what earlier runs wrote once that can be read.</summary>
    private void Load()
    {
        if (_isLoaded || _disposed || (_journal is not null && time.GetElapsedTime(_triedAt) < RetryEvery))
        {
            return;
        }

        _triedAt = time.GetTimestamp();
        _journal ??= Journal.Open(directory, "silence", CapacityBytes, Keep, time, logger);

        // Without a disk at the start, what an earlier run left comes to light when the disk does.
        if (_journal.IsPersistent)
        {
            Replay(_journal.ReadAll());
            Publish(isComplete: true);
            _isLoaded = true; // not before: who sees it waits for nothing
        }
    }

    private void Replay(IReadOnlyList<JournalRecord> records)
    {
        _mutes.Clear();
        _windows.Clear();
        foreach (var record in records)
        {
            switch (SilenceRecord.Parse(record.Payload.Span))
            {
                case { Event: SilenceRecord.Mute, Until: { } until, Reason: { } reason } mute:
                    _mutes[mute.Name] = (record.Sequence, new Mute(mute.Name, reason, until));
                    break;
                case { Event: SilenceRecord.Unmute } unmute:
                    _mutes.Remove(unmute.Name);
                    break;
                case { Event: SilenceRecord.BeginMaintenance, Begin: { } begin, Until: { } end } window:
                    _windows[window.Name] = (record.Sequence, new MaintenanceWindow
                    {
                        Name = window.Name,
                        Begin = begin,
                        End = end,
                        Reason = window.Reason,
                        Checks = window.Checks ?? [],
                    });
                    break;
                case { Event: SilenceRecord.EndMaintenance } window:
                    _windows.Remove(window.Name);
                    break;
            }
        }

        Prune(time.GetUtcNow());
    }

    private void Prune(DateTimeOffset now)
    {
        foreach (var (check, kept) in _mutes)
        {
            if (kept.Mute.Until <= now)
            {
                _mutes.Remove(check);
            }
        }

        foreach (var (name, kept) in _windows)
        {
            if (kept.Window.End <= now)
            {
                _windows.Remove(name);
            }
        }
    }

    /// <summary>
    /// Records of what was replaced, ended or has expired go, and go together: dropping the end of a mute and keeping its begin would
    /// bring it back.
    /// </summary>
    private bool Keep(long sequence, ReadOnlySpan<byte> payload) => _live is not { } live || live.Contains(sequence);

    private void Publish(bool isComplete)
    {
        _live = isComplete ? [.. _mutes.Values.Select(kept => kept.Sequence), .. _windows.Values.Select(kept => kept.Sequence)] : null;
        _kept = new([.. _mutes.Values.Select(kept => kept.Mute)], [.. _windows.Values.Select(kept => kept.Window)]);
    }

    private long Write(SilenceRecord record)
    {
        if (_disposed)
        {
            return 0;
        }

        if (!_journal!.TryAppend(record.ToBytes(), out var sequence))
        {
            LogNotKept(logger, record.Event, record.Name);
        }

        return sequence;
    }

    private void WriteEnd(SilenceRecord record)
    {
        var isWritten = !_disposed && _journal!.TryAppend(record.ToBytes(), out _);
        Publish(_isLoaded);
        if (!isWritten && !_disposed)
        {
            _journal!.Compact(Keep); // no room for the end: take the begin away
        }
    }

    /// <summary>A kill takes nothing as it is; a power cut could. The disk's slowness is nobody's to wait for.</summary>
    private void FlushInBackground()
    {
        if (_journal is { } journal)
        {
            flusher.MarkDirty(journal);
        }
    }

    private sealed record Kept(IReadOnlyList<Mute> Mutes, IReadOnlyList<MaintenanceWindow> Windows);

    [LoggerMessage(7051, LogLevel.Warning, "The journal of silences has no room for {Event} '{Name}': it is in force and will not survive a restart.")]
    private static partial void LogNotKept(ILogger logger, string @event, string name);
}
