using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Drives the tracker: takes results from the monitor, writes incidents down, hands messages to the sinks, and looks again when time
/// alone changes something.
/// </summary>
internal sealed partial class IncidentService : HealthIncidents, IHealthObserver, IIncidentEffects, IDisposable
{
    private const int MaxRecent = 100;

    private static readonly TimeSpan OpenPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(1);

    private readonly Lock _beginning = new();
    private readonly Lock _gate = new();
    private readonly IncidentJournal _journal;
    private readonly IncidentDelivery _delivery;
    private readonly JournalFlusher _flusher;
    private readonly DowntimeLedger _ledger;
    private readonly EvidenceStore _evidence;
    private readonly Silences _silences;
    private readonly DeclaredChecks _declared;
    private readonly BackgroundMonitor _monitor;
    private readonly SelfReport _report;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _application;
    private readonly Alarm _alarm;
    private readonly IncidentTracker _tracker;

    /// <summary>Every incident that is kept. Read without the lock: whoever reads waits for no disk.</summary>
    private readonly ConcurrentDictionary<string, Incident> _incidents = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The resolved ones in the order of their end.</summary>
    private readonly LinkedList<string> _resolved = new();

    /// <summary>When the end of mutes or maintenance is to be looked for; <see cref="long.MaxValue"/> for never.</summary>
    private long _silenceLookAt = long.MaxValue;
    private DateTimeOffset? _lastSignOfLife;
    private DateTimeOffset _begunAt;
    private volatile bool _hasBegun;
    private bool _lacksThread;
    private volatile bool _isHeld;
    private volatile bool _stopped;

    public IncidentService(
        IncidentJournal journal,
        IncidentDelivery delivery,
        JournalFlusher flusher,
        DowntimeLedger ledger,
        EvidenceStore evidence,
        Silences silences,
        DeclaredChecks declared,
        BackgroundMonitor monitor,
        SelfReport report,
        TimeProvider time,
        string application,
        ILogger logger)
    {
        (_journal, _delivery, _flusher, _ledger, _evidence, _silences) = (journal, delivery, flusher, ledger, evidence, silences);
        (_declared, _monitor, _report, _time, _application, _logger) = (declared, monitor, report, time, application, logger);
        _alarm = new Alarm(time, "HealthKit incidents", RingSafely);
        _tracker = new IncidentTracker(
            this,
            check => _declared.IncidentRules.Dependencies.CausesOf(check),
            check => _declared.IncidentRules.Dependencies.DependentsOf(check),
            (check, now) => _silences.Find(check, now) is { } found ? (found.Kind, found.Reason) : null);
    }

    public override IReadOnlyList<Incident> Open =>
        [.. _incidents.Values.Where(incident => incident.IsOpen).OrderBy(incident => incident.OpenedAt)];

    public override IReadOnlyList<Incident> Recent =>
        [.. _incidents.Values.Where(incident => !incident.IsOpen).OrderByDescending(incident => incident.ResolvedAt)];

    public override IReadOnlyList<SinkState> Sinks => _delivery.States;

    public override IReadOnlyList<Mute> Mutes => _silences.Mutes(_time.GetUtcNow());

    public override IReadOnlyList<MaintenanceWindow> Maintenance => _silences.Windows(_time.GetUtcNow());

    private Moment Now => new(_time.GetUtcNow(), _monitor.Time);

    /// <summary>The app is starting: whatever a check finds that somebody asks for meanwhile is no incident.</summary>
    public void Hold() => _isHeld = true;

    /// <summary>The app has started: what the checks find from now on counts.</summary>
    public void Release() => _isHeld = false;

    /// <summary>
    /// Reads what the run before left and goes on with it. Opening files takes time: not on the start's path. Where no thread is to be had
    /// for it, the next result of a check tries it again.
    /// </summary>
    public void Begin()
    {
        if (!_hasBegun && !_stopped && !_isHeld)
        {
            BeginOnce();
        }
    }

    /// <summary>What is told is delivered as far as that is quickly done; the rest stays in the outboxes.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            if (_hasBegun)
            {
                _ledger.Stop(_time.GetUtcNow());
            }
        }

        _alarm.Dispose();
        var areKept = _delivery.Stop(StopPatience);
        lock (_gate)
        {
            if (_hasBegun && areKept)
            {
                _journal.WriteQueued();
            }
        }
    }

    public void OnResult(CheckState state) => Take(state);

    public void OnTransition(CheckState before, CheckState after) => Take(after);

    public void OnRemoved(CheckState last)
    {
        Begin();
        lock (_gate)
        {
            if (_hasBegun && !_stopped)
            {
                var now = Now;
                _ledger.Removed(last, now.Utc);
                _tracker.Remove(last.Name, now);
                SetAlarm(now);
            }
        }
    }

    public override Incident? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return _incidents.GetValueOrDefault(id);
    }

    public override string? FindEvidence(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return _evidence.Find(id);
    }

    public override DowntimeReport GetDowntime() => _ledger.Report(_time.GetUtcNow());

    public override void Mute(string check, TimeSpan duration, string reason)
    {
        _silences.Mute(check, duration, reason);
        LookAtAll();
    }

    public override bool Unmute(string check)
    {
        var ended = _silences.Unmute(check);
        LookAtAll();
        return ended;
    }

    public override void BeginMaintenance(string name, TimeSpan duration, string? reason = null, IEnumerable<string>? checks = null)
    {
        _silences.BeginMaintenance(name, duration, reason, checks);
        LookAtAll();
    }

    public override bool EndMaintenance(string name)
    {
        var ended = _silences.EndMaintenance(name);
        LookAtAll();
        return ended;
    }

    public override Task<IReadOnlyList<SinkTestResult>> TestAlertAsync(CancellationToken cancellationToken = default)
    {
        var now = _time.GetUtcNow();
        var incident = new Incident
        {
            Id = Guid.CreateVersion7(now).ToString("N"),
            Check = "test",
            Status = HealthStatus.Degraded,
            WorstStatus = HealthStatus.Degraded,
            OpenedAt = now,
            UpdatedAt = now,
            Description = "A test: nothing is wrong. Somebody wants to know whether alerts arrive.",
            Messages = 1,
        };
        return _delivery.TestAsync(MessageOf(incident, new IncidentNotice(IncidentMessageKind.Test, IsSilent: false, null, now)), cancellationToken);
    }

    /// <summary>Mutes, maintenance or policies have changed.</summary>
    public void LookAtAll()
    {
        lock (_gate)
        {
            if (_hasBegun && !_stopped)
            {
                var now = Now;
                _tracker.Advance(now, all: true);
                SetAlarm(now, hasLookedAtAll: true);
            }
        }
    }

    public void Dispose()
    {
        Stop();
        if (_journal.Journal is { } journal)
        {
            _flusher.Forget(journal);
        }

        _journal.Dispose();
    }

    void IIncidentEffects.Commit(Incident incident, IncidentNotice? notice, HealthStatus? told)
    {
        // Before anything else: the disk may hang for a while, and whoever is told may ask for it at once.
        Keep(incident);
        _journal.Write(incident, notice, told);
        if (notice is not null)
        {
            _delivery.Enqueue(MessageOf(incident, notice));
        }

        if (_journal.Journal is { } journal)
        {
            _flusher.MarkDirty(journal);
        }
    }

    void IIncidentEffects.RunNow(string check)
    {
        try
        {
            // Its result comes as an event. That it does not, because the check is turned off meanwhile, is no exception that nobody has seen.
            _ = _monitor.RunAsync(check).ContinueWith(
                static run => run.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // Turned off in this moment, or the monitor stops: who waits for it has a deadline.
            LogNotRun(_logger, check, e.Message);
        }
    }

    void IIncidentEffects.Collect(Incident incident, CheckState state) => _evidence.Collect(incident, state);

    private void OpenFiles(ManualResetEventSlim outboxesAreOpen)
    {
        try
        {
            _delivery.Start();
            outboxesAreOpen.Set();

            // Nobody waits for these: they only reserve their space.
            _evidence.Open();
            _silences.Open();
        }
        catch (Exception e)
        {
            var error = e.GetType().FullName;
            LogNotOpened(_logger, error);
        }
    }

    private void BeginOnce()
    {
        lock (_beginning)
        {
            if (_hasBegun || _stopped)
            {
                return;
            }

            // The outboxes first: what is handed over before they are open would not survive a kill. An app's own sink may hang while it is made.
            var areOpen = new ManualResetEventSlim();
            if (OwnThread.TryStart("HealthKit outboxes open", () => OpenFiles(areOpen)) is null)
            {
                _report.Set("incidents.noThread", "No incident is opened and nobody is told of any: no thread could be started for that.");
                if (!_lacksThread)
                {
                    LogNoThread(_logger);
                }

                _lacksThread = true;
                return;
            }

            _lacksThread = false;
            _report.Clear("incidents.noThread");
            _ledger.Open();
            var left = _journal.Open();
            areOpen.Wait(OpenPatience);
            Restore(left);
        }
    }

    private void Restore(IReadOnlyList<(Incident Incident, IncidentNotice? Unqueued, HealthStatus? Told)> left)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            var now = Now;
            _begunAt = now.Utc;
            _lastSignOfLife = _ledger.LastSignOfLife;
            TakeOver(left, keep: Keep);
            foreach (var (incident, _, told) in left)
            {
                _tracker.Restore(incident, told, now);
            }

            _delivery.WarnOfIdleSinks(_monitor.Catalog);
            var there = ChecksThatAreOn();
            _tracker.Keep(there, now);
            _ledger.RemoveMissing(there.Contains, now.Utc);
            SetAlarm(now);
            _hasBegun = true;
        }
    }

    /// <summary>The disk was not there when this run began: what runs before it left open is known only now.</summary>
    private void TakeOverWhatCameBack(Moment now)
    {
        if (_journal.HasReadEarlier || _journal.ReadEarlier() is not { Count: > 0 } left)
        {
            return;
        }

        if (_ledger.LastSignOfLife is { } life && !(life < _lastSignOfLife))
        {
            _lastSignOfLife = life;
        }

        TakeOver(left.Reverse(), KeepBefore);
        _tracker.RestoreLate([.. left.Select(found => (found.Incident, found.Told))], now, _lastSignOfLife, _begunAt);
        _tracker.Keep(ChecksThatAreOn(), now);
    }

    private HashSet<string> ChecksThatAreOn() =>
        _monitor.Catalog.Where(entry => entry.Policy.Enabled).Select(entry => entry.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The message of the last change may not be in the outboxes: it is handed to them before another change is written.</summary>
    private void TakeOver(IEnumerable<(Incident Incident, IncidentNotice? Unqueued, HealthStatus? Told)> left, Action<Incident> keep)
    {
        foreach (var (incident, unqueued, _) in left)
        {
            _lastSignOfLife = incident.UpdatedAt < _lastSignOfLife ? _lastSignOfLife : incident.UpdatedAt;
            keep(incident);
            if (unqueued is not null)
            {
                _delivery.EnqueueMissing(MessageOf(incident, unqueued));
            }
        }
    }

    private void Take(CheckState state)
    {
        Begin();
        lock (_gate)
        {
            if (_stopped || !_hasBegun)
            {
                return;
            }

            var now = Now;
            _ledger.Observe(state, state.Status == HealthStatus.Unhealthy && _silences.Find(state.Name, now.Utc) is { Kind: IncidentSilence.Maintenance }, now.Utc);
            TakeOverWhatCameBack(now); // after the ledger, which knows then when the run before ended
            _tracker.Observe(state, now, _lastSignOfLife);
            SetAlarm(now);
        }

        _delivery.WakeAgain();
    }

    /// <summary>On the alarm's thread: an exception there would be the app's end.</summary>
    private void RingSafely()
    {
        try
        {
            Ring();
        }
        catch (Exception e)
        {
            var error = e.GetType().FullName;
            LogNotLooked(_logger, error);
            _alarm.Set(_alarm.Now + AfterError.Ticks);
        }
    }

    private void Ring()
    {
        lock (_gate)
        {
            if (!_stopped)
            {
                var now = Now;
                var all = _silenceLookAt <= now.Ticks;
                _tracker.Advance(now, all);
                SetAlarm(now, hasLookedAtAll: all);
            }
        }
    }

    private void SetAlarm(Moment now, bool hasLookedAtAll = false)
    {
        if (!_tracker.HasSilenced)
        {
            _silenceLookAt = long.MaxValue;
        }
        else if (_silences.NextChange(now.Utc) is { } change)
        {
            // Sooner at any time, later only by a look: what has just ended is no change to come any more.
            var at = now.Ticks + Math.Max((change - now.Utc).Ticks, TimeSpan.TicksPerMillisecond);
            _silenceLookAt = hasLookedAtAll ? at : Math.Min(at, _silenceLookAt);
        }
        else
        {
            _silenceLookAt = hasLookedAtAll ? long.MaxValue : now.Ticks;
        }

        // The alarm counts the time in which the process stood still, too.
        var next = Math.Min(_tracker.NextLook, _silenceLookAt);
        _alarm.Set(next == long.MaxValue ? next : _alarm.Now + Math.Max(next - now.Ticks, 0));
    }

    private void Keep(Incident incident)
    {
        var wasOpen = !_incidents.TryGetValue(incident.Id, out var before) || before.IsOpen;
        _incidents[incident.Id] = incident;
        if (incident.IsOpen || !wasOpen)
        {
            return;
        }

        // One that was reopened stands here already: it must not take the place of others.
        _resolved.Remove(incident.Id);
        _resolved.AddLast(incident.Id);
        if (_resolved.Count > MaxRecent)
        {
            var oldest = _resolved.First!.Value;
            _resolved.RemoveFirst();
            if (_incidents.TryGetValue(oldest, out var kept) && !kept.IsOpen)
            {
                _incidents.TryRemove(oldest, out _);
                _journal.Forget(oldest);
            }
        }
    }

    /// <summary>One that was resolved before any that stands here.</summary>
    private void KeepBefore(Incident incident)
    {
        if (incident.IsOpen)
        {
            Keep(incident);
        }
        else if (_resolved.Count < MaxRecent)
        {
            _incidents[incident.Id] = incident;
            _resolved.AddFirst(incident.Id);
        }
        else
        {
            _journal.Forget(incident.Id);
        }
    }

    private IncidentMessage MessageOf(Incident incident, IncidentNotice notice) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"{incident.Id}-{incident.Messages}"),
        Kind = notice.Kind,
        At = notice.At,
        IsSilent = notice.IsSilent,
        ToldBefore = notice.ToldBefore,
        Incident = incident,
        Application = _application,
        Version = AppInfo.Version,
        Host = Environment.MachineName,
    };

    [LoggerMessage(EventId = 311, Level = LogLevel.Debug, Message = "Cause '{Check}' was not run: {Problem}")]
    private static partial void LogNotRun(ILogger logger, string check, string problem);

    [LoggerMessage(EventId = 314, Level = LogLevel.Error, Message = "No thread could be started for incidents (a limit of processes, or memory): nobody is told of any; it is tried again with each result of a check")]
    private static partial void LogNoThread(ILogger logger);

    [LoggerMessage(EventId = 313, Level = LogLevel.Error, Message = "The files of incidents could not be opened: {Error}")]
    private static partial void LogNotOpened(ILogger logger, string? error);

    [LoggerMessage(EventId = 312, Level = LogLevel.Critical, Message = "Open incidents could not be looked at; it is tried again in a second: {Error}")]
    private static partial void LogNotLooked(ILogger logger, string? error);
}
