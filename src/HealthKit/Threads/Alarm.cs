namespace HealthKit;

/// <summary>
/// Calls back at a set time, from a thread of its own. The thread begins with the first time that is set, and sleeps without waking while
/// none is.
/// </summary>
/// <param name="provider">The time.</param>
/// <param name="name">The thread's name.</param>
/// <param name="ring">What is called; it must not throw.</param>
internal sealed class Alarm(TimeProvider provider, string name, Action ring) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly WakeSignal _wake = new(provider);
    private Thread? _thread;
    private long _at = long.MaxValue;
    private bool _stopped;

    /// <summary>Monotonic time, in ticks.</summary>
    public long Now => _wake.Now;

    /// <summary>Sets when it rings next, instead of what was set before; <see cref="long.MaxValue"/> for not at all.</summary>
    public void Set(long at)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            // Where no thread was to be had, the next one who sets the alarm tries it again.
            if (_thread is null && at != long.MaxValue)
            {
                _thread = OwnThread.TryStart(name, Work);
            }

            var isSooner = at < _at;
            _at = at;

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
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            thread = _thread;
            _wake.Set();
        }

        if (thread is null || (thread != Thread.CurrentThread && thread.Join(TimeSpan.FromSeconds(2))))
        {
            _wake.Dispose();
        }
    }

    private void Work()
    {
        while (true)
        {
            long at;
            bool isDue;
            lock (_gate)
            {
                if (_stopped)
                {
                    return;
                }

                at = _at;
                isDue = at <= _wake.Now;
                if (isDue)
                {
                    _at = long.MaxValue;
                }
            }

            if (isDue)
            {
                ring();
            }
            else
            {
                // A wait handle takes 24 days: what is further away is waited for in parts.
                _wake.WaitUntil(at == long.MaxValue ? at : Math.Min(at, _wake.Now + TimeSpan.TicksPerDay));
            }
        }
    }
}
