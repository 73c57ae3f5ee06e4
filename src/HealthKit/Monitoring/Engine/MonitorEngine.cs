using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// The monitor's state and its clock, without threads, timers, I/O, logging or user code: <see cref="Tick"/> says what is due, which
/// deadlines passed and what turned stale; whoever drives it does the rest. Raw time is a monotonic count of 100 ns ticks. The engine's
/// own time is raw time less the pauses in which the whole process stood still, so that a pause makes nothing late.
/// </summary>
internal sealed class MonitorEngine
{
    /// <summary>The clock ticks at least this often.</summary>
    public static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long after the begin of a run the next one begins at the earliest that is due again when it ends.</summary>
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>Wake-ups are at least this far apart.</summary>
    public static readonly TimeSpan Coalescing = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a tick vouches for the picture.</summary>
    public static readonly TimeSpan ValidFor = TimeSpan.FromSeconds(5);

    private const string StoppedMessage = "The monitor has stopped.";

    private static readonly TimeSpan PauseThreshold = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly CheckSlot[] _slots;
    private readonly Dictionary<string, CheckSlot> _byName;
    private readonly Queue<CheckRun> _waiting = new();
    private readonly int _maxConcurrentRuns;
    private readonly bool _detectsPauses;
    private readonly Func<double> _jitter;
    private readonly Action<EngineEvent>? _publish;

    private HealthSnapshot _snapshot;
    private HealthSnapshot? _stoppedSnapshot;
    private bool _changed = true;
    private DateTimeOffset _changedAt;
    private long _expectedTick = long.MaxValue;
    private long _pause;
    private long _validUntil = long.MaxValue;
    private DateTimeOffset _validUntilUtc;
    private int _active;
    private bool _stopped;

    /// <param name="checks">The checks, names unique ignoring case.</param>
    /// <param name="maxConcurrentRuns">How many runs may be under way at once.</param>
    /// <param name="utcNow">The time of the first picture.</param>
    /// <param name="publish">Takes results and transitions, under the engine's lock: it must only enqueue. Null when nobody listens.</param>
    /// <param name="jitter">Yields numbers from 0 to 1; null for none (tests).</param>
    /// <param name="detectsPauses">Whether a late tick means that the process stood still. Not with a clock that a test moves.</param>
    public MonitorEngine(
        IReadOnlyList<MonitoredCheck> checks,
        int maxConcurrentRuns,
        DateTimeOffset utcNow,
        Action<EngineEvent>? publish = null,
        Func<double>? jitter = null,
        bool detectsPauses = true)
    {
        _maxConcurrentRuns = maxConcurrentRuns;
        _publish = publish;
        _jitter = jitter ?? (static () => 1);
        _detectsPauses = detectsPauses;
        _changedAt = utcNow;
        _slots = [.. checks.Select((check, index) => new CheckSlot(check, index) { Since = utcNow })];
        _byName = _slots.ToDictionary(slot => slot.Registration.Name, StringComparer.OrdinalIgnoreCase);
        _snapshot = new HealthSnapshot { Version = 0, At = utcNow, Status = HealthStatus.Healthy, Checks = [] };
        lock (_gate)
        {
            Build();
        }
    }

    /// <summary>Raw time up to which the picture is vouched for.</summary>
    public long ValidUntil => Volatile.Read(ref _validUntil);

    /// <summary>The engine's own time: raw time less the pauses in which the whole process stood still.</summary>
    public long TimeAt(long raw)
    {
        lock (_gate)
        {
            return Now(raw);
        }
    }

    public IReadOnlyList<CatalogEntry> Catalog()
    {
        lock (_gate)
        {
            return [.. _slots.Select(s => new CatalogEntry { Name = s.Registration.Name, Tags = s.Tags, Policy = s.Policy, Descriptor = s.Descriptor })];
        }
    }

    /// <summary>Begins to count: first runs are due after their delay.</summary>
    public void Start(long raw)
    {
        lock (_gate)
        {
            _expectedTick = raw;
            _validUntil = raw + ValidFor.Ticks;
            foreach (var slot in _slots)
            {
                slot.DueAt = slot.NewsAt = raw + slot.Policy.Delay.Ticks;
            }
        }
    }

    /// <summary>The end: nothing is started or recorded any more, and everything reads stopped.</summary>
    /// <param name="utc">The wall clock.</param>
    /// <param name="cancel">Takes the runs under way.</param>
    public void Stop(DateTimeOffset utc, List<CheckRun> cancel)
    {
        lock (_gate)
        {
            _stopped = true;
            _waiting.Clear();
            Volatile.Write(ref _validUntil, long.MinValue);
            _validUntilUtc = utc;
            foreach (var slot in _slots)
            {
                if (slot.Run is { Phase: not RunPhase.Waiting } run)
                {
                    cancel.Add(run);
                }

                Refuse(slot, StoppedMessage);
            }
        }
    }

    /// <summary>Moves the clock: finds what is due, which deadlines passed, what turned overdue or stale.</summary>
    /// <param name="raw">Raw time.</param>
    /// <param name="utc">The wall clock, for what people read.</param>
    /// <param name="poolStarved">Whether a thread pool work item has not run for a second.</param>
    /// <param name="start">Takes the runs to start.</param>
    /// <param name="cancel">Takes the runs that passed their deadline.</param>
    /// <returns>Raw time of the next tick.</returns>
    public long Tick(long raw, DateTimeOffset utc, bool poolStarved, List<CheckRun> start, List<CheckRun> cancel)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return long.MaxValue;
            }

            var now = Now(raw);
            if (raw > _validUntil)
            {
                // Readers were told "stopped" under a version of its own: what follows must differ from it.
                Volatile.Write(ref _changed, true);
            }

            var next = now + TickInterval.Ticks;
            foreach (var slot in _slots)
            {
                if (!slot.Policy.Enabled)
                {
                    continue;
                }

                ExpireRun(slot, now, utc, poolStarved, cancel);
                if (slot.Run is null && now >= slot.DueAt)
                {
                    slot.Run = new CheckRun(slot, dueAt: slot.DueAt, queuedAt: now);
                    _waiting.Enqueue(slot.Run);
                }

                UpdateCondition(slot, now, utc);
                next = Math.Min(next, NextEvent(slot, now));
            }

            while (NextWaiting() is { } run)
            {
                start.Add(run);
            }

            next = Math.Max(next, now + Coalescing.Ticks) + _pause;
            _expectedTick = next;
            Volatile.Write(ref _validUntil, raw + ValidFor.Ticks);
            _validUntilUtc = utc + ValidFor;
            return next;
        }
    }

    /// <summary>A thread takes a dispatched run up: its deadline counts from here.</summary>
    /// <returns>False when the run is not wanted any more.</returns>
    public bool TryBegin(CheckRun run, long raw, DateTimeOffset utc)
    {
        lock (_gate)
        {
            if (_stopped || run.Phase != RunPhase.Dispatched)
            {
                return false;
            }

            var now = Now(raw);
            if (!run.Slot.Policy.Enabled)
            {
                run.Phase = RunPhase.Ended;
                run.Slot.Run = null;
                _active--;
                return false;
            }

            run.Phase = RunPhase.Synchronous;
            run.StartedAt = now;
            run.StartedAtUtc = utc;
            run.Timeout = run.Slot.Policy.Timeout;
            MarkChanged(run.Slot, utc);
            return true;
        }
    }

    /// <summary>The synchronous part is over and the task is not.</summary>
    public void BecomeAsynchronous(CheckRun run)
    {
        lock (_gate)
        {
            if (run.Phase == RunPhase.Synchronous)
            {
                run.Phase = RunPhase.Asynchronous;
            }
        }
    }

    /// <summary>Whether any run is under way: only then does a starved pool matter.</summary>
    public bool HasRunsUnderWay()
    {
        lock (_gate)
        {
            return _active > 0;
        }
    }

    /// <summary>A run is over. What an orphan brings is too late and thrown away.</summary>
    /// <param name="run">The run.</param>
    /// <param name="result">What it brought.</param>
    /// <param name="raw">Raw time.</param>
    /// <param name="utc">The wall clock.</param>
    /// <param name="wakeClock">Whether the next run is due before the clock's next tick.</param>
    /// <returns>A waiting run that gets the place, to be started.</returns>
    public CheckRun? Complete(CheckRun run, FrozenResult result, long raw, DateTimeOffset utc, out bool wakeClock)
    {
        wakeClock = false;
        lock (_gate)
        {
            var slot = run.Slot;
            var now = Now(raw);
            var orphan = run.Phase == RunPhase.Expired;
            run.Phase = RunPhase.Ended;
            if (!orphan)
            {
                _active--;
            }

            if (_stopped)
            {
                return null;
            }

            slot.Run = null;
            if (!run.IsFromBeforeTurnOff)
            {
                ScheduleNext(slot, run.DueAt, now);
            }

            if (run.IsDueAgain)
            {
                // Not at once: a check that itself reloads the configuration would run without a pause.
                slot.DueAt = Math.Min(slot.DueAt, Math.Max(now, run.StartedAt + AgainAfter.Ticks));
            }

            if (!orphan && slot.Policy.Enabled)
            {
                if (ReferenceEquals(result, FrozenResult.NoNews))
                {
                    slot.Duration = new TimeSpan(Math.Max(now - run.StartedAt, 0));
                }
                else
                {
                    Record(slot, result, now, utc, now - run.StartedAt);
                }

                Release(slot);
            }

            MarkChanged(slot, utc);
            wakeClock = slot.DueAt + _pause < _expectedTick;
            return NextWaiting();
        }
    }

    /// <summary>Asks for a run: joins the one under way, else makes one due now.</summary>
    /// <exception cref="ArgumentException">No such check.</exception>
    /// <exception cref="InvalidOperationException">The check is off, or the engine has stopped.</exception>
    public Task<CheckState> Request(string name, long raw)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_gate)
        {
            if (!_byName.TryGetValue(name, out var slot))
            {
                throw new ArgumentException(
                    $"No check is named '{name}'; registered: {string.Join(", ", _slots.Select(s => s.Registration.Name))}.", nameof(name));
            }

            if (!slot.Policy.Enabled)
            {
                throw new InvalidOperationException(TurnedOffMessage(slot));
            }

            if (_stopped)
            {
                throw new InvalidOperationException(StoppedMessage);
            }

            if (slot.Run is { Phase: RunPhase.Expired })
            {
                return Task.FromResult(slot.State);
            }

            if (slot.Run is null)
            {
                slot.DueAt = Now(raw);
            }

            return Wait(slot);
        }
    }

    /// <summary>The state once a first run of a pending check has ended, with or without news. Makes nothing due.</summary>
    public Task<CheckState> FirstResult(string name)
    {
        lock (_gate)
        {
            var slot = _byName[name];
            return _stopped || slot.Condition != CheckCondition.Pending || slot.HasRun || !slot.Policy.Enabled ? Task.FromResult(slot.State) : Wait(slot);
        }
    }

    /// <summary>Makes every check due now, or when its run that is under way ends: what it looks at, or its limits, may have changed.</summary>
    public void RunAll(long raw)
    {
        lock (_gate)
        {
            var now = Now(raw);
            foreach (var slot in _slots)
            {
                if (slot.Run is { HasBegun: true } run)
                {
                    run.IsDueAgain = true;
                }
                else if (slot.HasRun)
                {
                    slot.DueAt = Math.Min(slot.DueAt, now);
                }
            }
        }
    }

    /// <summary>Takes new policies over, after a reload of the configuration.</summary>
    /// <param name="policies">By the checks' names.</param>
    /// <param name="raw">Raw time.</param>
    /// <param name="utc">The wall clock.</param>
    /// <param name="cancel">Takes the runs of checks that were turned off.</param>
    public void UpdatePolicies(IReadOnlyDictionary<string, CheckPolicy> policies, long raw, DateTimeOffset utc, List<CheckRun> cancel)
    {
        lock (_gate)
        {
            var now = Now(raw);
            foreach (var (name, policy) in policies)
            {
                if (!_byName.TryGetValue(name, out var slot) || slot.Policy == policy)
                {
                    continue;
                }

                var before = slot.Policy;
                slot.Policy = policy;
                if (!policy.Enabled)
                {
                    TurnOff(slot, before.Enabled, cancel);
                }
                else if (!before.Enabled)
                {
                    TurnOn(slot, now, utc);
                }
                else if ((policy.Period, policy.Timeout, policy.StaleAfter) != (before.Period, before.Timeout, before.StaleAfter))
                {
                    TakeTimesOver(slot, now);
                }

                MarkChanged(slot, utc);
            }
        }
    }

    /// <summary>The picture at this moment, as far as it can be vouched for.</summary>
    public HealthSnapshot Read(long raw)
    {
        if (Volatile.Read(ref _changed))
        {
            // Held for microseconds by everyone: no I/O and no user code runs under it.
            lock (_gate)
            {
                Build();
            }
        }

        var snapshot = Volatile.Read(ref _snapshot);
        return raw <= ValidUntil ? snapshot : Stopped(snapshot);
    }

    /// <summary>
    /// The engine's own time. Whoever comes first after the whole process stood still finds the gap: a run that ends before the clock
    /// ticks must not carry it into the engine's future.
    /// </summary>
    private long Now(long raw)
    {
        if (_detectsPauses && raw - _expectedTick > PauseThreshold.Ticks)
        {
            _pause += raw - _expectedTick;
            _expectedTick = raw;
        }

        return raw - _pause;
    }

    private void TurnOff(CheckSlot slot, bool wasOn, List<CheckRun> cancel)
    {
        if (slot.Run is { Phase: RunPhase.Synchronous or RunPhase.Asynchronous } run)
        {
            run.Phase = RunPhase.Expired;
            _active--;
            cancel.Add(run);
        }

        Refuse(slot, TurnedOffMessage(slot));
        if (wasOn)
        {
            _publish?.Invoke(new EngineEvent(EngineEventKind.Removed, Before: null, slot.State));
        }
    }

    private static void TurnOn(CheckSlot slot, long now, DateTimeOffset utc)
    {
        // What it knew before it was turned off has no age that means anything: it starts anew.
        slot.Result = null;
        slot.Confirmed = null;
        slot.CheckedAt = null;
        slot.BadReason = null;
        slot.HasRun = false;
        slot.Streaks = default;
        slot.Condition = CheckCondition.Pending;
        slot.VisibleStatus = slot.UnknownStatus;
        slot.Since = utc;
        slot.DueAt = slot.NewsAt = now;
        if (slot.Run is { Phase: RunPhase.Expired } orphan)
        {
            orphan.IsFromBeforeTurnOff = true;
        }
    }

    /// <summary>New times make no result late that was on time under the old ones: the next has the time that it may take.</summary>
    private static void TakeTimesOver(CheckSlot slot, long now)
    {
        if (slot.HasRun)
        {
            slot.DueAt = Math.Min(slot.DueAt, now + slot.Policy.Period.Ticks);
        }

        if (slot.Condition != CheckCondition.Stale)
        {
            // A run that is under way has the timeout that it began with.
            var expectedBy = slot.Run is { Phase: RunPhase.Synchronous or RunPhase.Asynchronous } run
                ? run.StartedAt + run.Timeout.Ticks
                : Math.Max(slot.DueAt, now) + slot.Policy.Timeout.Ticks;
            slot.NewsAt = Math.Max(slot.NewsAt, expectedBy + TickInterval.Ticks - slot.Policy.StaleLimit.Ticks);
        }
    }

    private void ExpireRun(CheckSlot slot, long now, DateTimeOffset utc, bool poolStarved, List<CheckRun> cancel)
    {
        if (slot.Run is not { Phase: RunPhase.Synchronous or RunPhase.Asynchronous } run || now - run.StartedAt < run.Timeout.Ticks)
        {
            return;
        }

        var starved = poolStarved && run.Phase == RunPhase.Asynchronous;
        run.Phase = RunPhase.Expired;
        _active--;
        cancel.Add(run);
        var result = starved
            ? new FrozenResult(
                slot.UnknownStatus,
                "runtime.threadPoolStarved",
                "The .NET thread pool runs no work: the asynchronous run cannot end, which says nothing about what it checks.")
            : new FrozenResult(
                slot.UnknownStatus,
                "check.timeout",
                string.Create(CultureInfo.InvariantCulture, $"The run did not end within {run.Timeout.TotalSeconds:0.###} s. It goes on; no other starts before it ends."));
        Record(slot, result, now, utc, now - run.StartedAt);
        Release(slot);
    }

    private CheckRun? NextWaiting()
    {
        while (_active < _maxConcurrentRuns && _waiting.TryDequeue(out var run))
        {
            if (!run.Slot.Policy.Enabled)
            {
                run.Phase = RunPhase.Ended;
                run.Slot.Run = null;
                continue;
            }

            _active++;
            run.Phase = RunPhase.Dispatched;
            return run;
        }

        return null;
    }

    // From the time it was due, not from its start: a tick that comes a little late must not add up.
    private void ScheduleNext(CheckSlot slot, long dueAt, long now)
    {
        var period = slot.Policy.Period.Ticks;
        if (!slot.HasRun)
        {
            // All checks start together. The second run comes early by up to half a period, so that from then on they are spread.
            slot.HasRun = true;
            period = (long)(period * (0.5 + (0.5 * _jitter())));
        }

        slot.DueAt = Math.Max(dueAt + period, now);
    }

    private void Record(CheckSlot slot, FrozenResult result, long now, DateTimeOffset utc, long duration)
    {
        var before = _publish is null ? null : slot.State;
        slot.Result = result;
        slot.NewsAt = now;
        slot.CheckedAt = utc;
        slot.Duration = new TimeSpan(Math.Max(duration, 0));
        slot.BadReason = result.Status == HealthStatus.Healthy ? slot.BadReason : result.Reason;
        slot.Streaks = slot.Streaks.With(result.Status);
        slot.Confirmed = slot.Confirmed is { } confirmed ? slot.Streaks.Confirm(confirmed, slot.Policy) : result.Status;
        UpdateVisible(slot, CheckCondition.Current, utc, before);
        _publish?.Invoke(new EngineEvent(EngineEventKind.Result, Before: null, slot.State));
    }

    private void UpdateCondition(CheckSlot slot, long now, DateTimeOffset utc)
    {
        var age = now - slot.NewsAt;
        var condition = age >= slot.Policy.StaleLimit.Ticks ? CheckCondition.Stale
            : slot.Result is null ? CheckCondition.Pending
            : age >= slot.Policy.OverdueLimit.Ticks ? CheckCondition.Overdue
            : CheckCondition.Current;
        var busy = IsBusy(slot, now);
        if (condition != slot.Condition || busy != slot.Busy)
        {
            slot.Busy = busy;
            UpdateVisible(slot, condition, utc, before: null);
        }
    }

    private static bool IsBusy(CheckSlot slot, long now) =>
        slot.Run is { Phase: RunPhase.Waiting or RunPhase.Dispatched } run && now - run.QueuedAt >= slot.Policy.Timeout.Ticks;

    private void UpdateVisible(CheckSlot slot, CheckCondition condition, DateTimeOffset utc, CheckState? before)
    {
        before ??= _publish is null ? null : slot.State;
        var wasPending = slot.Condition == CheckCondition.Pending;
        slot.Condition = condition;
        var status = condition switch
        {
            CheckCondition.Pending => slot.UnknownStatus,
            CheckCondition.Stale => Worse(slot.Confirmed ?? slot.UnknownStatus, slot.UnknownStatus),
            _ => slot.Confirmed ?? slot.UnknownStatus,
        };
        var isTransition = wasPending
            ? condition != CheckCondition.Pending && status != HealthStatus.Healthy
            : status != slot.VisibleStatus;
        if (status != slot.VisibleStatus || (wasPending && condition != CheckCondition.Pending))
        {
            slot.VisibleStatus = status;
            slot.Since = utc;
        }

        if (status == HealthStatus.Healthy && slot.Result?.Status == HealthStatus.Healthy)
        {
            slot.BadReason = null;
        }

        MarkChanged(slot, utc);
        if (isTransition)
        {
            _publish?.Invoke(new EngineEvent(EngineEventKind.Transition, before, slot.State));
        }
    }

    private static HealthStatus Worse(HealthStatus a, HealthStatus b) => a < b ? a : b;

    private static long NextEvent(CheckSlot slot, long now)
    {
        var next = slot.Run switch
        {
            null => slot.DueAt,
            { Phase: RunPhase.Synchronous or RunPhase.Asynchronous } run => run.StartedAt + run.Timeout.Ticks,
            { Phase: RunPhase.Waiting or RunPhase.Dispatched } => now + Math.Min(slot.Policy.Timeout.Ticks, slot.Policy.Period.Ticks),
            _ => long.MaxValue,
        };
        var overdueAt = slot.NewsAt + slot.Policy.OverdueLimit.Ticks;
        var staleAt = slot.NewsAt + slot.Policy.StaleLimit.Ticks;
        return slot.Condition == CheckCondition.Stale ? next
            : Math.Min(next, slot.Condition == CheckCondition.Overdue || overdueAt <= now ? staleAt : overdueAt);
    }

    private static Task<CheckState> Wait(CheckSlot slot)
    {
        var waiter = new TaskCompletionSource<CheckState>(TaskCreationOptions.RunContinuationsAsynchronously);
        (slot.Waiters ??= []).Add(waiter);
        return waiter.Task;
    }

    private static void Release(CheckSlot slot)
    {
        if (slot.Waiters is not { } waiters)
        {
            return;
        }

        slot.Waiters = null;
        foreach (var waiter in waiters)
        {
            waiter.TrySetResult(slot.State);
        }
    }

    /// <summary>No run will come for those who wait.</summary>
    private static void Refuse(CheckSlot slot, string message)
    {
        foreach (var waiter in slot.Waiters ?? [])
        {
            waiter.TrySetException(new InvalidOperationException(message));
        }

        slot.Waiters = null;
    }

    private static string TurnedOffMessage(CheckSlot slot) => $"Check '{slot.Registration.Name}' is turned off.";

    private void MarkChanged(CheckSlot slot, DateTimeOffset utc)
    {
        slot.Invalidate();
        _changedAt = utc;
        Volatile.Write(ref _changed, true);
    }

    private void Build()
    {
        if (!_changed)
        {
            return;
        }

        Volatile.Write(ref _changed, false);
        var states = new List<CheckState>(_slots.Length);
        var status = HealthStatus.Healthy;
        foreach (var slot in _slots)
        {
            if (!slot.Policy.Enabled)
            {
                continue;
            }

            var state = slot.State;
            states.Add(state);
            if (state.Counts)
            {
                status = Worse(status, state.Status);
            }
        }

        Volatile.Write(ref _snapshot, new HealthSnapshot { Version = _snapshot.Version + 2, At = _changedAt, Status = status, Checks = states.AsReadOnly() });
    }

    private HealthSnapshot Stopped(HealthSnapshot snapshot)
    {
        // Pictures have even versions: nothing rendered from one passes for this.
        if (_stoppedSnapshot is { } known && known.Version == snapshot.Version + 1 && known.At == _validUntilUtc)
        {
            return known;
        }

        var states = snapshot.Checks.Select(state => state with
        {
            Status = _byName[state.Name].UnknownStatus,
            Condition = CheckCondition.Stale,
            Since = _validUntilUtc,
            Reason = HealthMonitor.StoppedReason,
            Description = state.Description is { } latest
                ? $"HealthKit's monitor has stopped: nothing is known since. The last result: {latest}"
                : "HealthKit's monitor has stopped: nothing is known.",
        });
        return _stoppedSnapshot = new HealthSnapshot
        {
            Version = snapshot.Version + 1,
            At = _validUntilUtc,
            Status = HealthStatus.Unhealthy,
            Checks = states.ToList().AsReadOnly(),
            IsStopped = true,
        };
    }
}
