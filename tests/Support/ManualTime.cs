namespace HealthKit.Tests.Support;

/// <summary>A clock that a test turns by hand; timers come due when it does. Where time must go on by itself, see <see cref="ShiftedTime"/>.</summary>
internal sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private TimeSpan _elapsed;

    public ManualTime()
        : this(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The time it began with.</summary>
    public DateTimeOffset Start => start;

    /// <summary>How far each look at the monotonic time turns it: for what must end by its own look at the time. Timers do not come due by it.</summary>
    public TimeSpan Step { get; set; }

    /// <summary>How far the wall clock was set forward; negative where it was set back. Monotonic time and timers do not notice.</summary>
    public TimeSpan WallClockShift { get; set; }

    /// <summary>How many timers wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count(timer => timer.DueAt is not null);
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return start + _elapsed + WallClockShift;
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return (_elapsed += Step).Ticks;
        }
    }

    /// <summary>Turns it to so long after the start.</summary>
    public void AdvanceTo(TimeSpan sinceStart) => Advance(sinceStart - _elapsed);

    public void Advance(TimeSpan by)
    {
        List<ManualTimer> due;
        lock (_gate)
        {
            _elapsed += by;
            due = [.. _timers.Where(timer => timer.DueAt <= _elapsed)];
            due.ForEach(timer => timer.DueAt = null);
        }

        due.ForEach(timer => timer.Fire());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        return timer;
    }

    private sealed class ManualTimer(ManualTime time, Action fire) : ITimer
    {
        public TimeSpan? DueAt { get; set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                DueAt = dueTime < TimeSpan.Zero ? null : time._elapsed + dueTime;
            }

            return true;
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
