namespace HealthKit;

/// <summary>
/// What one thread waits on: to be woken, or for a time to come. With the system's time it is a wait handle, because with a starved
/// pool every timer of .NET is silent; any other provider's timer sets the handle.
/// </summary>
internal sealed class WakeSignal : IDisposable
{
    private readonly MonitorTime _time;
    private readonly AutoResetEvent _event = new(false);
    private readonly ITimer? _timer;
    private long _sleepsUntil;

    public WakeSignal(TimeProvider provider)
    {
        _time = new MonitorTime(provider);
        if (!_time.IsSystem)
        {
            _timer = provider.CreateTimer(static wake => ((AutoResetEvent)wake!).Set(), _event, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The time that <see cref="WaitUntil"/> knows: monotonic, in ticks of 100 ns.</summary>
    public long Now => _time.Raw;

    /// <summary>Until when a thread sleeps on it; 0 while none does. For tests, which must not turn the clock before it does.</summary>
    internal long SleepsUntil => Volatile.Read(ref _sleepsUntil);

    public void Set() => _event.Set();

    /// <summary>Waits until woken or until a time; it may come back earlier: look again.</summary>
    /// <param name="due">The time; <see cref="long.MaxValue"/> for none.</param>
    public void WaitUntil(long due)
    {
        if (due == long.MaxValue)
        {
            Sleep(due, Timeout.InfiniteTimeSpan);
            return;
        }

        var left = due - _time.Raw;
        if (left <= 0)
        {
            return;
        }

        if (_timer is null)
        {
            Sleep(due, TimeSpan.FromMilliseconds(Math.Ceiling(left / (double)TimeSpan.TicksPerMillisecond)));
            return;
        }

        _timer.Change(new TimeSpan(left), Timeout.InfiniteTimeSpan);
        if (due - _time.Raw == left) // else the clock moved before the timer was set
        {
            Sleep(due, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Only when nobody waits on it or sets it any more.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        _event.Dispose();
    }

    private void Sleep(long due, TimeSpan atMost)
    {
        Volatile.Write(ref _sleepsUntil, due);
        _event.WaitOne(atMost);
        Volatile.Write(ref _sleepsUntil, 0);
    }
}
