namespace HealthKit;

/// <summary>
/// Calls back at a set time, from a thread of its own: timers of .NET are silent when the pool is starved. The thread begins with the
/// first time that is set, and sleeps without waking while none is.
/// </summary>
internal sealed class Alarm : IDisposable
{
    private readonly Lock _gate = new();
    private readonly MonitorTime _time;
    private readonly Action _ring;
    private readonly string _name;
    private readonly AutoResetEvent _wake = new(false);
    private readonly ITimer? _timer;
    private Thread? _thread;
    private long _at = long.MaxValue;
    private bool _stopped;

    /// <param name="provider">The time.</param>
    /// <param name="name">The thread's name.</param>
    /// <param name="ring">What is called; it must not throw.</param>
    public Alarm(TimeProvider provider, string name, Action ring)
    {
        _time = new MonitorTime(provider);
        _name = name;
        _ring = ring;
        if (!_time.IsSystem)
        {
            _timer = provider.CreateTimer(static wake => ((AutoResetEvent)wake!).Set(), _wake, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Monotonic time, in ticks.</summary>
    public long Now => _time.Raw;

    /// <summary>Sets when it rings next, instead of what was set before; <see cref="long.MaxValue"/> for not at all.</summary>
    public void Set(long at)
    {
        lock (_gate)
        {
            if (_stopped || at == _at)
            {
                return;
            }

            var isSooner = at < _at;
            _at = at;
            if (_thread is null && at != long.MaxValue)
            {
                _thread = new Thread(Work) { IsBackground = true, Name = _name };
                _thread.UnsafeStart();
            }

            if (isSooner)
            {
                _wake.Set();
            }
        }
    }

    public void Dispose()
    {
        Thread? thread;
        lock (_gate)
        {
            _stopped = true;
            thread = _thread;
            _wake.Set();
        }

        _timer?.Dispose();
        if (thread is null || thread == Thread.CurrentThread || thread.Join(TimeSpan.FromSeconds(2)))
        {
            _wake.Dispose();
        }
    }

    private void Work()
    {
        while (true)
        {
            long wait;
            lock (_gate)
            {
                if (_stopped)
                {
                    return;
                }

                wait = _at == long.MaxValue ? long.MaxValue : _at - _time.Raw;
                if (wait <= 0)
                {
                    _at = long.MaxValue;
                }
            }

            if (wait <= 0)
            {
                _ring();
            }
            else if (_timer is not null)
            {
                _timer.Change(wait == long.MaxValue ? Timeout.InfiniteTimeSpan : new TimeSpan(wait), Timeout.InfiniteTimeSpan);
                _wake.WaitOne();
            }
            else
            {
                // A day at most: what is further away is waited for in parts.
                _wake.WaitOne(wait == long.MaxValue ? Timeout.InfiniteTimeSpan : new TimeSpan(Math.Min(wait, TimeSpan.TicksPerDay)));
            }
        }
    }
}
