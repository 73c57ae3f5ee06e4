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
    private readonly ObserverPump _observers;
    private readonly PoolProbe _pool = new();
    private readonly ILogger _logger;
    private readonly AutoResetEvent _wake = new(false);
    private readonly ManualResetEvent _stopping = new(false);
    private readonly ITimer? _timer;
    private readonly object _gate = new();
    private readonly object _ticked = new();
    private long _ticks;
    private long _silentAt = -1;
    private Thread? _clock;
    private bool _stopped;

    public BackgroundMonitor(
        IReadOnlyList<MonitoredCheck> checks,
        int maxConcurrentRuns,
        TimeProvider timeProvider,
        IServiceScopeFactory scopes,
        IEnumerable<IHealthObserver> observers,
        ResultFreezer freezer,
        ILogger logger)
    {
        _logger = logger;
        _time = new MonitorTime(timeProvider);
        _observers = new ObserverPump([.. observers], freezer, logger);
        _engine = new MonitorEngine(
            checks, maxConcurrentRuns, _time.UtcNow, _observers.Publish, Random.Shared.NextDouble, detectsPauses: _time.IsSystem);
        _executor = new RunExecutor(_engine, freezer, _time, scopes, logger);
        if (!_time.IsSystem)
        {
            _timer = timeProvider.CreateTimer(static wake => ((AutoResetEvent)wake!).Set(), _wake, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Test seam: called on the clock's thread before each tick.</summary>
    internal Action? BeforeTick { get; set; }

    public override IReadOnlyList<CatalogEntry> Catalog => _engine.Catalog();

    public override HealthSnapshot Current
    {
        get
        {
            var raw = _time.Raw;
            if (raw > _engine.ValidUntil && IsSilent())
            {
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

    /// <summary>Starts the clock; once.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_clock is not null || _stopped)
            {
                return;
            }

            _engine.Start(_time.Raw);
            _clock = new Thread(RunClock) { IsBackground = true, Name = "HealthKit clock", Priority = ThreadPriority.AboveNormal };
            _clock.UnsafeStart();
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

        List<CheckRun> cancel = [];
        _engine.Stop(cancel);
        _stopping.Set();
        _executor.Stop();
        foreach (var run in cancel)
        {
            run.RequestCancellation();
        }

        _observers.Stop(StopPatience);
        _clock?.Join(StopPatience);
    }

    public void UpdatePolicies(IReadOnlyDictionary<string, CheckPolicy> policies)
    {
        _engine.UpdatePolicies(policies, _time.Raw, _time.UtcNow);
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
                LogTickFailed(_logger, e);
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

        foreach (var run in cancel)
        {
            _executor.GiveUp(run);
            run.RequestCancellation();
        }

        _executor.Replenish();
        foreach (var run in start)
        {
            _executor.Enqueue(run);
        }

        if (_engine.HasAsynchronousRuns())
        {
            _pool.Send(raw);
        }

        WaitUntil(next, raw);
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

    [LoggerMessage(EventId = 100, Level = LogLevel.Critical, Message = "HealthKit's clock failed; it tries again in a second")]
    private static partial void LogTickFailed(ILogger logger, Exception exception);
}
