using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>The monitor in a running app: the engine, driven by a thread of its own, for timers are silent when the pool is starved.</summary>
internal sealed partial class BackgroundMonitor : HealthMonitor, IDisposable
{
    /// <summary>How long a reader waits for the clock to show that it lives, after the whole process stood still.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    private readonly MonitorTime _time;
    private readonly MonitorEngine _engine;
    private readonly RunExecutor _executor;
    private readonly Func<IEnumerable<IHealthObserver>> _findObservers;
    private readonly ResultFreezer _freezer;
    private readonly PoolProbe _pool = new();
    private readonly ILogger _logger;
    private readonly AutoResetEvent _wake = new(false);
    private readonly ManualResetEvent _stopping = new(false);
    private readonly ITimer? _timer;
    private readonly object _gate = new();
    private readonly object _ticked = new();
    private long _ticks;
    private long _silentAt = -1;
    private volatile ObserverPump[]? _observers;
    private Thread? _clock;
    private bool _stopped;

    /// <param name="checks">The checks.</param>
    /// <param name="maxConcurrentRuns">How many runs may be under way at once.</param>
    /// <param name="timeProvider">The time.</param>
    /// <param name="scopes">Makes each run's services.</param>
    /// <param name="observers">Finds the observers, at the start: one may need this monitor to be made.</param>
    /// <param name="freezer">Makes results fit to keep.</param>
    /// <param name="logger">The log.</param>
    public BackgroundMonitor(
        IReadOnlyList<MonitoredCheck> checks,
        int maxConcurrentRuns,
        TimeProvider timeProvider,
        IServiceScopeFactory scopes,
        Func<IEnumerable<IHealthObserver>> observers,
        ResultFreezer freezer,
        ILogger logger)
    {
        _logger = logger = new SafeLogger(logger);
        _findObservers = observers;
        _freezer = freezer;
        _time = new MonitorTime(timeProvider);
        _engine = new MonitorEngine(
            checks, maxConcurrentRuns, _time.UtcNow, Publish, Random.Shared.NextDouble, detectsPauses: _time.IsSystem);
        _executor = new RunExecutor(_engine, freezer, _time, scopes, () => _wake.Set(), logger);
        if (!_time.IsSystem)
        {
            _timer = timeProvider.CreateTimer(static wake => ((AutoResetEvent)wake!).Set(), _wake, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Test seam: called on the clock's thread before each tick.</summary>
    internal Action? BeforeTick { get; set; }

    /// <summary>What is wrong with observers, in words.</summary>
    public IReadOnlyList<string> ObserverProblems => [.. (_observers ?? []).Select(pump => pump.Problem).OfType<string>()];

    /// <summary>Monotonic time in ticks, in which the whole process never stood still: what was fresh before such a pause is fresh after it.</summary>
    public long Time => _engine.TimeAt(_time.Raw);

    public override IReadOnlyList<CatalogEntry> Catalog => _engine.Catalog();

    public override HealthSnapshot Current
    {
        get
        {
            var raw = _time.Raw;
            if (raw > _engine.ValidUntil && IsSilent())
            {
                if (_clock is null && _observers is not null)
                {
                    Start(); // no thread was to be had for the clock: it is tried again
                }

                return _engine.Read(raw);
            }

            return _engine.Read(_time.Raw);
        }
    }

    public override Task<CheckState> RunAsync(string name, CancellationToken cancellationToken = default)
    {
        Start();
        var run = _engine.Request(name, _time.Raw);
        _wake.Set();
        return run.WaitAsync(cancellationToken);
    }

    /// <summary>Waits until a check has had a first result; runs nothing.</summary>
    public Task<CheckState> FirstResultAsync(string name) => _engine.FirstResult(name);

    /// <summary>Starts the clock; once. Where no thread is to be had everything reads stopped, and whoever reads or asks for a run tries it again.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_clock is not null || _stopped)
            {
                return;
            }

            if (_observers is null)
            {
                StartObservers();
            }

            _clock = OwnThread.TryStart("HealthKit clock", RunClock);
        }
    }

    /// <summary>Stops for good: runs are asked to end, and everything reads stopped.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
        }

        _stopping.Set();
        List<CheckRun> cancel = [];
        _engine.Stop(_time.UtcNow, cancel);
        _executor.Stop();
        foreach (var run in cancel)
        {
            run.RequestCancellation();
        }

        foreach (var pump in _observers ?? [])
        {
            pump.Stop(StopPatience);
        }

        _clock?.Join(StopPatience);
    }

    public void UpdatePolicies(IReadOnlyDictionary<string, CheckPolicy> policies)
    {
        List<CheckRun> cancel = [];
        _engine.UpdatePolicies(policies, _time.Raw, _time.UtcNow, cancel);
        Cancel(cancel);
        _wake.Set();
    }

    /// <summary>Runs every check once, now, or when its run that is under way ends.</summary>
    public void RunAll()
    {
        _engine.RunAll(_time.Raw);
        _wake.Set();
    }

    public void Dispose()
    {
        Stop();
        _timer?.Dispose();
        if (_clock is not { IsAlive: true })
        {
            _wake.Dispose();
            _stopping.Dispose();
        }
    }

    private void StartObservers()
    {
        var pumps = _findObservers().Select(observer => new ObserverPump(observer, _time, _freezer, _logger)).ToArray();
        foreach (var pump in pumps)
        {
            pump.Start();
        }

        _observers = pumps;
        _engine.Start(_time.Raw);
    }

    /// <summary>
    /// Whether the clock is silent. Past its validity the picture is one of two things: the clock has stopped, or the whole process
    /// stood still and the clock is about to tick. Only then, and once for each silence, a reader waits to see which.
    /// </summary>
    private bool IsSilent()
    {
        lock (_ticked)
        {
            var seen = _ticks;
            if (_silentAt == seen || _stopped || _clock is null)
            {
                return true;
            }

            _wake.Set();
            var started = TimeProvider.System.GetTimestamp();
            while (_ticks == seen)
            {
                var left = Grace - TimeProvider.System.GetElapsedTime(started);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_ticked, left))
                {
                    _silentAt = seen;
                    return true;
                }
            }

            return false;
        }
    }

    private void RunClock()
    {
        Thread.CurrentThread.Priority = ThreadPriority.AboveNormal;
        List<CheckRun> start = [];
        List<CheckRun> cancel = [];
        while (!_stopping.WaitOne(0))
        {
            try
            {
                BeforeTick?.Invoke();
                Tick(start, cancel);
            }
            catch (Exception e)
            {
                // A tick that fails vouches for nothing: if it goes on failing, everything reads stopped. The clock itself goes on.
                var error = _freezer.Describe(e).Details;
                LogTickFailed(_logger, error);
                _stopping.WaitOne(MonitorEngine.TickInterval);
            }
        }
    }

    private void Tick(List<CheckRun> start, List<CheckRun> cancel)
    {
        start.Clear();
        cancel.Clear();
        var raw = _time.Raw;
        var next = _engine.Tick(raw, _time.UtcNow, _pool.IsStarved(raw), start, cancel);
        lock (_ticked)
        {
            _ticks++;
            Monitor.PulseAll(_ticked);
        }

        Cancel(cancel);
        _executor.Replenish();
        foreach (var run in start)
        {
            _executor.Enqueue(run);
        }

        if (_engine.HasRunsUnderWay())
        {
            _pool.Send(raw);
        }

        if (next != long.MaxValue)
        {
            WaitUntil(next, raw);
        }
    }

    private static void Cancel(List<CheckRun> runs)
    {
        foreach (var run in runs)
        {
            run.RequestCancellation();
        }
    }

    /// <summary>Under the engine's lock: only enqueues. Nothing runs before the start, so there is nothing to tell before it.</summary>
    private void Publish(EngineEvent what)
    {
        foreach (var pump in _observers ?? [])
        {
            pump.Publish(what);
        }
    }

    private void WaitUntil(long next, long tickedAt)
    {
        var wait = new TimeSpan(next - _time.Raw);
        if (_timer is not null)
        {
            _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            WaitHandle.WaitAny([_wake, _stopping]);
            return;
        }

        if (wait > TimeSpan.Zero)
        {
            WaitHandle.WaitAny([_wake, _stopping], wait);
        }

        // Called early: others may call too, one tick serves them all.
        var coalesce = new TimeSpan(tickedAt + MonitorEngine.Coalescing.Ticks - _time.Raw);
        if (coalesce > TimeSpan.Zero)
        {
            _stopping.WaitOne(coalesce);
        }
    }

    [LoggerMessage(EventId = 100, Level = LogLevel.Critical, Message = "HealthKit's clock failed; it tries again in a second: {Error}")]
    private static partial void LogTickFailed(ILogger logger, string error);
}
