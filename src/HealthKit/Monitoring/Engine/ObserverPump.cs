using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>Tells one observer, one event after another, on a thread of its own behind a bounded queue.</summary>
internal sealed partial class ObserverPump(IHealthObserver observer, MonitorTime time, ResultFreezer freezer, ILogger logger)
{
    private const int Capacity = 2_000;

    private static readonly TimeSpan StuckLimit = TimeSpan.FromSeconds(30);

    private readonly object _gate = new();
    private readonly string _name = observer.GetType().FullName ?? observer.GetType().Name;
    private Queue<EngineEvent> _queue = new();
    private Thread? _thread;
    private long? _callStartedAt;
    private long _dropped;
    private bool _stopping;

    /// <summary>What is wrong with the observer: a call of it that does not come back; null when nothing is.</summary>
    public string? Problem
    {
        get
        {
            lock (_gate)
            {
                return _callStartedAt is { } started && time.Raw - started > StuckLimit.Ticks
                    ? $"Observer {_name} has not come back from a call for more than {StuckLimit.TotalSeconds:0} s; {_queue.Count} events wait for it."
                    : null;
            }
        }
    }

    public void Start()
    {
        lock (_gate)
        {
            StartThread();
        }
    }

    /// <summary>Takes an event; only enqueues.</summary>
    public void Publish(EngineEvent what)
    {
        lock (_gate)
        {
            if (_stopping || (_queue.Count >= Capacity && !MakeRoom(what)))
            {
                return;
            }

            _queue.Enqueue(what);
            StartThread();
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

    /// <summary>Under the gate. Where no thread is to be had, the next event tries it again.</summary>
    private void StartThread() => _thread ??= OwnThread.TryStart("HealthKit observer", Work);

    /// <summary>Results are many and the next one tells the same: they are dropped before transitions are.</summary>
    private bool MakeRoom(EngineEvent what)
    {
        _dropped++;
        if (what.Kind == EngineEventKind.Result)
        {
            return false;
        }

        var kept = new Queue<EngineEvent>(_queue.Where(queued => queued.Kind != EngineEventKind.Result));
        if (kept.Count == _queue.Count)
        {
            kept.Dequeue();
        }
        else
        {
            _dropped += _queue.Count - kept.Count - 1;
        }

        _queue = kept;
        return true;
    }

    private void Work()
    {
        while (Next(out var what, out var dropped))
        {
            if (dropped > 0)
            {
                LogDropped(logger, _name, dropped);
            }

            try
            {
                Tell(what);
            }
            catch (Exception e)
            {
                LogObserverFailed(logger, _name, what.After.Name, freezer.Describe(e).Details);
            }
        }
    }

    private bool Next(out EngineEvent what, out long dropped)
    {
        lock (_gate)
        {
            _callStartedAt = null;
            while (!_queue.TryDequeue(out what))
            {
                if (_stopping)
                {
                    dropped = 0;
                    return false;
                }

                Monitor.Wait(_gate);
            }

            (dropped, _dropped) = (_dropped, 0);
            _callStartedAt = time.Raw;
            return true;
        }
    }

    private void Tell(EngineEvent what)
    {
        switch (what.Kind)
        {
            case EngineEventKind.Transition:
                observer.OnTransition(what.Before!, what.After);
                break;
            case EngineEventKind.Removed:
                observer.OnRemoved(what.After);
                break;
            default:
                observer.OnResult(what.After);
                break;
        }
    }

    [LoggerMessage(EventId = 102, Level = LogLevel.Error, Message = "Observer {Observer} failed on check '{Check}': {Error}")]
    private static partial void LogObserverFailed(ILogger logger, string observer, string check, string error);

    [LoggerMessage(EventId = 103, Level = LogLevel.Warning, Message = "Observer {Observer} is too slow: {Count} events were dropped, results first")]
    private static partial void LogDropped(ILogger logger, string observer, long count);
}
