using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>Brings messages to the sinks that are to be told, each by its own outbox and its own thread. Nothing is opened before the start.</summary>
internal sealed partial class IncidentDelivery : IDisposable, IAsyncDisposable
{
    /// <summary>What each outbox reserves on disk.</summary>
    private const int OutboxBytes = 1 << 20;

    /// <summary>What sinks are given to end an attempt that is cancelled.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lifetime = new();
    private readonly SinkWorker[] _workers;
    private readonly ILogger _logger;
    private readonly ResultFreezer _freezer;
    private bool _started;
    private bool _stopped;

    public IncidentDelivery(
        IEnumerable<SinkDefinition> sinks,
        IServiceProvider services,
        StateDirectory directory,
        JournalFlusher flusher,
        TimeProvider time,
        ResultFreezer freezer,
        ILogger logger)
        : this(sinks, services, (name, keep) => Journal.Open(directory, name, OutboxBytes, keep, time, logger), flusher, time, freezer, logger)
    {
    }

    /// <summary>Test seam: journals and chance by hand.</summary>
    internal IncidentDelivery(
        IEnumerable<SinkDefinition> sinks,
        IServiceProvider services,
        Func<string, JournalFilter, Journal> open,
        JournalFlusher flusher,
        TimeProvider time,
        ResultFreezer freezer,
        ILogger logger,
        Func<double>? random = null)
    {
        _logger = logger;
        _freezer = freezer;
        _workers =
        [
            .. sinks.Where(sink => sink.Policy.Enabled).Select(sink => new SinkWorker(
                sink,
                services,
                new SinkOutbox(keep => open(JournalName(sink.Name), keep), flusher),
                time,
                freezer,
                random ?? Random.Shared.NextDouble,
                logger)),
        ];
    }

    /// <summary>The sinks that are on; for tests.</summary>
    internal IReadOnlyList<SinkWorker> Workers => _workers;

    /// <summary>How each sink that is on stands.</summary>
    public IReadOnlyList<SinkState> States => Array.ConvertAll(_workers, worker => worker.Report.ToState());

    /// <summary>
    /// Makes the sinks, opens the outboxes and goes on with what earlier runs left in them; once. It touches the disk: not to be called
    /// where it holds up the start of the app. Messages may come before.
    /// </summary>
    public void Start()
    {
        lock (_lifetime)
        {
            if (_started || _stopped)
            {
                return;
            }

            _started = true;
        }

        // Not under the lock: a sink's factory or the disk may hang, and the app must be able to stop all the same.
        foreach (var worker in _workers)
        {
            Try(worker, static w => w.Open());
        }
    }

    /// <summary>Warns of sinks that are told of none of the checks.</summary>
    public void WarnOfIdleSinks(IReadOnlyList<CatalogEntry> checks)
    {
        foreach (var worker in _workers)
        {
            worker.WarnIfItCoversNone(checks);
        }
    }

    /// <summary>Writes a message down for each sink that is to be told it, and has it sent. Never throws, waits for no sink.</summary>
    public void Enqueue(IncidentMessage message) => Enqueue(message, onlyIfMissing: false);

    /// <summary>The same, but only to sinks whose outbox does not know the message's id, be it waiting or done with.</summary>
    public void EnqueueMissing(IncidentMessage message) => Enqueue(message, onlyIfMissing: true);

    /// <summary>Tries again what no thread was to be had for. Costs nothing else.</summary>
    public void WakeAgain()
    {
        foreach (var worker in _workers)
        {
            worker.WakeAgain();
        }
    }

    /// <summary>Sends a message through every sink at once, past filters and outboxes; each is waited for 30 s.</summary>
    public async Task<IReadOnlyList<SinkTestResult>> TestAsync(IncidentMessage test, CancellationToken cancellationToken) =>
        await Task.WhenAll(Array.ConvertAll(_workers, worker => worker.TestAsync(test, cancellationToken))).ConfigureAwait(false);

    /// <summary>Delivers what can be delivered within a time and closes the outboxes: the rest is sent after the next start.</summary>
    /// <returns>Whether every outbox keeps what it has until then.</returns>
    public bool Stop(TimeSpan patience)
    {
        lock (_lifetime)
        {
            if (_stopped)
            {
                return false;
            }

            _stopped = true;
        }

        foreach (var worker in _workers)
        {
            worker.BeginStop();
        }

        if (!JoinAll(patience))
        {
            foreach (var worker in _workers)
            {
                worker.Cancel();
            }

            JoinAll(LastPatience);
        }

        var areKept = 0;
        foreach (var worker in _workers)
        {
            Try(worker, w => areKept += w.CloseOutbox() ? 1 : 0);
        }

        return areKept == _workers.Length;
    }

    /// <summary>How a sink stands; null when none of that name is on.</summary>
    public SinkReport? Find(string name)
    {
        var worker = Array.Find(_workers, worker => worker.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        worker?.Refresh();
        return worker?.Report;
    }

    public void Dispose()
    {
        Stop(TimeSpan.Zero);
        foreach (var worker in _workers)
        {
            Try(worker, static w => (w.OwnedSink as IDisposable)?.Dispose());
            worker.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Stop(TimeSpan.Zero);
        foreach (var worker in _workers)
        {
            try
            {
                if (worker.OwnedSink is IAsyncDisposable sink)
                {
                    await sink.DisposeAsync().ConfigureAwait(false);
                }
                else
                {
                    (worker.OwnedSink as IDisposable)?.Dispose();
                }
            }
            catch (Exception e)
            {
                LogFailed(_logger, worker.Name, _freezer.Describe(e).Details);
            }

            worker.Dispose();
        }
    }

    /// <summary>Names are unique ignoring case, and have no hyphens.</summary>
    private static string JournalName(string sink) => "outbox-" + sink.ToLowerInvariant().Replace('_', '-');

    private void Enqueue(IncidentMessage message, bool onlyIfMissing)
    {
        // Most sinks are told the same: it is written as JSON once.
        (IncidentMessage? Message, byte[]? Record) last = default;
        foreach (var worker in _workers)
        {
            try
            {
                if (worker.Filter(message) is not { } told)
                {
                    continue;
                }

                if (!ReferenceEquals(told, last.Message))
                {
                    last = (told, OutboxRecord.Of(told));
                }

                worker.Enqueue(told, last.Record, onlyIfMissing);
            }
            catch (Exception e)
            {
                // One sink's trouble is not the others', and never the caller's.
                LogFailed(_logger, worker.Name, _freezer.Describe(e).Details);
            }
        }
    }

    private bool JoinAll(TimeSpan patience)
    {
        var started = TimeProvider.System.GetTimestamp();
        return _workers.Aggregate(true, (all, worker) => worker.Join(patience - TimeProvider.System.GetElapsedTime(started)) && all);
    }

    private void Try(SinkWorker worker, Action<SinkWorker> act)
    {
        try
        {
            act(worker);
        }
        catch (Exception e)
        {
            LogFailed(_logger, worker.Name, _freezer.Describe(e).Details);
        }
    }

    [LoggerMessage(EventId = 148, Level = LogLevel.Error, Message = "Sink '{Sink}' failed: {Error}")]
    private static partial void LogFailed(ILogger logger, string sink, string error);
}
