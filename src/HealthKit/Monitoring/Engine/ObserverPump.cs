using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>Tells the observers, one event after another, on a thread of its own behind a bounded queue.</summary>
internal sealed partial class ObserverPump(IReadOnlyList<IHealthObserver> observers, ResultFreezer freezer, ILogger logger)
{
    private const int Capacity = 10_000;

    private readonly object _gate = new();
    private readonly Queue<EngineEvent> _queue = new();
    private Thread? _thread;
    private long _dropped;
    private bool _stopping;

    /// <summary>Takes an event; only enqueues.</summary>
    public void Publish(EngineEvent what)
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            if (_queue.Count == Capacity)
            {
                _queue.Dequeue();
                _dropped++;
            }

            _queue.Enqueue(what);
            if (_thread is null)
            {
                _thread = new Thread(Work) { IsBackground = true, Name = "HealthKit observers" };
                _thread.UnsafeStart();
            }

            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Delivers what is queued, as far as that is done within the given time, and ends the thread.</summary>
    public void Stop(TimeSpan patience)
    {
        Thread? thread;
        lock (_gate)
        {
            _stopping = true;
            thread = _thread;
            Monitor.Pulse(_gate);
        }

        thread?.Join(patience);
    }

    private void Work()
    {
        while (true)
        {
            EngineEvent what;
            long dropped;
            lock (_gate)
            {
                while (!_queue.TryDequeue(out what))
                {
                    if (_stopping)
                    {
                        return;
                    }

                    Monitor.Wait(_gate);
                }

                dropped = _dropped;
                _dropped = 0;
            }

            if (dropped > 0)
            {
                LogDropped(logger, dropped);
            }

            foreach (var observer in observers)
            {
                try
                {
                    if (what.Before is { } before)
                    {
                        observer.OnTransition(before, what.After);
                    }
                    else
                    {
                        observer.OnResult(what.After);
                    }
                }
                catch (Exception e)
                {
                    LogObserverFailed(logger, observer.GetType().FullName, what.After.Name, freezer.Text(e.ToString()));
                }
            }
        }
    }

    [LoggerMessage(EventId = 102, Level = LogLevel.Error, Message = "Observer {Observer} failed on check '{Check}': {Error}")]
    private static partial void LogObserverFailed(ILogger logger, string? observer, string check, string error);

    [LoggerMessage(EventId = 103, Level = LogLevel.Warning, Message = "Observers are too slow: {Count} events were dropped, the oldest first")]
    private static partial void LogDropped(ILogger logger, long count);
}
