namespace HealthKit;

/// <summary>Tells a starved thread pool: a work item of ours that has not run for a second.</summary>
internal sealed class PoolProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private long _queuedAt;
    private volatile bool _outstanding;

    public bool IsStarved(long raw) => _outstanding && raw - _queuedAt >= Limit.Ticks;

    /// <summary>Queues a work item, unless the last one has yet to run.</summary>
    public void Send(long raw)
    {
        if (_outstanding)
        {
            return;
        }

        _queuedAt = raw;
        _outstanding = true;
        ThreadPool.UnsafeQueueUserWorkItem(static probe => probe._outstanding = false, this, preferLocal: false);
    }
}
