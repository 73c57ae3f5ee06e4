namespace HealthKit;

/// <summary>
/// Waits for a time or for news, whichever comes first. By the system's clock without a timer: with a starved pool, timers are silent.
/// </summary>
internal sealed class Pause(TimeProvider time) : IDisposable
{
    private readonly AutoResetEvent _news = new(false);

    private volatile bool _sleeps;

    /// <summary>Whether somebody waits; for tests.</summary>
    public bool Sleeps => _sleeps;

    public void Set() => _news.Set();

    /// <summary>Waits for news, for at most that long; null for as long as it takes.</summary>
    public void Wait(TimeSpan? atMost)
    {
        if (atMost <= TimeSpan.Zero)
        {
            return;
        }

        if (atMost is { } limit && !ReferenceEquals(time, TimeProvider.System))
        {
            using var timer = time.CreateTimer(static news => ((AutoResetEvent)news!).Set(), _news, limit, Timeout.InfiniteTimeSpan);
            Sleep(Timeout.InfiniteTimeSpan);
        }
        else
        {
            Sleep(atMost ?? Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _news.Dispose();

    private void Sleep(TimeSpan atMost)
    {
        _sleeps = true;
        _news.WaitOne(atMost);
        _sleeps = false;
    }
}
