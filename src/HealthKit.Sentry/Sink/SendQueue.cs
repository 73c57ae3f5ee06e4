using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// What waits to be sent, bounded, and the thread that sends it: it begins when there is something to do, never ends the app, and has a while to
/// finish when the app ends.
/// </summary>
/// <typeparam name="T">What is sent.</typeparam>
internal sealed partial class SendQueue<T> : IDisposable
    where T : class
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterCancel = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly Queue<T> _waiting = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _name;
    private readonly int _capacity;
    private readonly Func<bool> _step;
    private readonly Func<string, ThreadStart, Thread?> _start;
    private readonly SafeLogger _logger;
    private readonly WakeSignal _wake; // never disposed of: who sets it may come late
    private Thread? _thread;
    private volatile bool _lacksThread;
    private bool _stopping;

    /// <param name="name">The thread's name.</param>
    /// <param name="capacity">How many may wait.</param>
    /// <param name="step">What the thread does again and again, until it says that it is done.</param>
    /// <param name="time">The clock of its waits.</param>
    /// <param name="logger">Where its failures are told.</param>
    /// <param name="start">Starts a thread, or has none to start; for tests.</param>
    public SendQueue(string name, int capacity, Func<bool> step, TimeProvider time, SafeLogger logger, Func<string, ThreadStart, Thread?>? start = null)
    {
        (_name, _capacity, _step, _logger, _start) = (name, capacity, step, logger, start ?? OwnThread.TryStart);
        _wake = new WakeSignal(time);
    }

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Whether it is to end: what cannot be sent now never will be.</summary>
    public bool IsStopping
    {
        get
        {
            lock (_gate)
            {
                return _stopping;
            }
        }
    }

    /// <summary>Whether there is a thread at present; for tests.</summary>
    public bool IsAwake
    {
        get
        {
            lock (_gate)
            {
                return _thread is not null;
            }
        }
    }

    /// <summary>Whether the thread waits; for tests.</summary>
    public bool Sleeps => _wake.SleepsUntil != 0;

    /// <summary>Cancelled when the patience at the end is over.</summary>
    public CancellationToken Stopped => _stop.Token;

    /// <summary>Adds one; the oldest goes where there are too many.</summary>
    /// <returns>Whether it was taken: not when it is to end.</returns>
    public bool TryAdd(T item, out bool isFull)
    {
        lock (_gate)
        {
            isFull = !_stopping && _waiting.Count == _capacity;
            if (_stopping)
            {
                return false;
            }

            if (isFull)
            {
                _waiting.Dequeue();
            }

            _waiting.Enqueue(item);
            return true;
        }
    }

    /// <summary>Takes the oldest one.</summary>
    public T? Take()
    {
        lock (_gate)
        {
            return _waiting.TryDequeue(out var item) ? item : null;
        }
    }

    /// <summary>The oldest one, which stays.</summary>
    public T? Peek()
    {
        lock (_gate)
        {
            return _waiting.TryPeek(out var item) ? item : null;
        }
    }

    /// <summary>Removes the oldest one, unless it went for others meanwhile.</summary>
    /// <returns>How many are left.</returns>
    public int Remove(T oldest)
    {
        lock (_gate)
        {
            if (_waiting.TryPeek(out var first) && ReferenceEquals(first, oldest))
            {
                _waiting.Dequeue();
            }

            return _waiting.Count;
        }
    }

    /// <summary>Removes all.</summary>
    /// <returns>How many there were.</returns>
    public int Clear()
    {
        lock (_gate)
        {
            var count = _waiting.Count;
            _waiting.Clear();
            return count;
        }
    }

    /// <summary>Has the thread look: there is something to do.</summary>
    public void Begin()
    {
        var isMissing = false;
        lock (_gate)
        {
            if (_thread is null && !_stopping)
            {
                _thread = _start(_name, Work);
                isMissing = _thread is null && !_lacksThread;
                _lacksThread = _thread is null;
            }
        }

        if (isMissing)
        {
            LogNoThread(_logger, _name);
        }

        Wake();
    }

    /// <summary>Tries again to start the thread, where none was to be had. Costs nothing else.</summary>
    public void BeginAgain()
    {
        if (_lacksThread)
        {
            Begin();
        }
    }

    /// <summary>Has the thread look, if there is one.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Called by the thread: waits for news, for at most that long; null for as long as it takes. It may come back earlier.</summary>
    public void Wait(TimeSpan? atMost) => _wake.WaitUntil(atMost is { } limit ? _wake.Now + limit.Ticks : long.MaxValue);

    /// <summary>Called by the thread, which must end if this is true: nothing waits, and the next one begins another thread.</summary>
    public bool TryEnd()
    {
        lock (_gate)
        {
            if (_waiting.Count > 0)
            {
                return false;
            }

            _thread = null;
            return true;
        }
    }

    /// <summary>Takes nothing more; the thread ends when it has sent what is left.</summary>
    public void BeginStop()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        Wake();
    }

    /// <summary>Takes nothing more, and gives the thread a while to send what is left; then what it sends is cancelled.</summary>
    public void Stop(TimeSpan patience)
    {
        BeginStop();
        Thread? thread;
        lock (_gate)
        {
            thread = _thread;
        }

        if (thread?.Join(patience) == false)
        {
            _ = _stop.CancelAsync();
            thread.Join(AfterCancel);
        }
    }

    public void Dispose() => Stop(TimeSpan.Zero);

    private void Work()
    {
        while (TryStep())
        {
        }

        lock (_gate)
        {
            // Else it has ended already, and another one has begun.
            _thread = _thread == Thread.CurrentThread ? null : _thread;
        }
    }

    private bool TryStep()
    {
        try
        {
            return _step();
        }
        catch (Exception e)
        {
            // At the end the services may be gone: what fails then would fail for ever.
            if (IsStopping)
            {
                return false;
            }

            // Never the app's end, and never a loop without a breath.
            LogFailed(_logger, _name, e.GetType().Name);
            Wait(AfterFailure);
            return true;
        }
    }

    [LoggerMessage(EventId = 9006, Level = LogLevel.Error, Message = "The thread '{Thread}' could not be started (a limit of processes, or memory); it is tried again with each result of a check")]
    private static partial void LogNoThread(ILogger logger, string thread);

    [LoggerMessage(EventId = 9008, Level = LogLevel.Error, Message = "The thread '{Thread}' failed; it goes on: {Error}")]
    private static partial void LogFailed(ILogger logger, string thread, string error);
}
