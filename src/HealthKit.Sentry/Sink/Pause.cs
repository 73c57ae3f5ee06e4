namespace HealthKit;

/// <summary>
/// Waits for a time or for news, whichever comes first. By the system's clock without a timer: with a starved pool, timers are silent.
/// </summary>
internal sealed class Pause(TimeProvider time) : IDisposable
{
    private readonly AutoResetEvent _news = new(false);

    public void Set() => _news.Set();

    /// <summary>Waits for news, for at most that long; null for as long as it takes.</summary>
    public void Wait(TimeSpan? atMost)
    {
        if (atMost <= TimeSpan.Zero)
        {
            return;
        }

        if (atMost is not { } limit)
        {
            _news.WaitOne();
        }
        else if (ReferenceEquals(time, TimeProvider.System))
        {
            _news.WaitOne(limit);
        }
        else
        {
            using var timer = time.CreateTimer(static news => ((AutoResetEvent)news!).Set(), _news, limit, Timeout.InfiniteTimeSpan);
            _news.WaitOne();
        }
    }

    public void Dispose() => _news.Dispose();
}
