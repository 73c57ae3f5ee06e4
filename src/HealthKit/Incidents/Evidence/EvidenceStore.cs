using System.Text;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Collects what stood around an incident when it opened, on a thread of its own, and keeps it across restarts, the newest ones.
/// Safe for use by several threads.
/// </summary>
internal sealed partial class EvidenceStore : IDisposable
{
    /// <summary>How many incidents wait at most; then the oldest one that waits is left without evidence.</summary>
    internal const int MaxWaiting = 20;

    private const int CapacityBytes = 4 * 1024 * 1024;
    private const int MaxIdLength = 100;
    private const byte Version = (byte)'1';
    private const byte Separator = (byte)'\n';

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    private readonly object _gate = new();
    private readonly Lock _openGate = new();
    private readonly Queue<EvidenceRequest> _waiting = new();
    private readonly Func<Journal> _openJournal;
    private readonly EvidenceSource[] _sources;
    private readonly Func<HealthSnapshot> _snapshot;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TimeSpan _limit;
    private readonly TimeSpan _idle;
    private readonly CancellationTokenSource _disposing = new();
    private Journal? _journal;
    private Thread? _thread;
    private bool _disposed;

    public EvidenceStore(
        StateDirectory directory, IEnumerable<IIncidentEvidence> collectors, Func<HealthSnapshot> snapshot, ResultFreezer freezer, TimeProvider time, ILogger logger)
        : this(() => Journal.Open(directory, "evidence", CapacityBytes, keep: null, time, logger), collectors, snapshot, freezer, time, logger, Limit, Idle)
    {
    }

    /// <summary>With a journal and waiting times of the test's.</summary>
    internal EvidenceStore(
        Func<Journal> openJournal,
        IEnumerable<IIncidentEvidence> collectors,
        Func<HealthSnapshot> snapshot,
        ResultFreezer freezer,
        TimeProvider time,
        ILogger logger,
        TimeSpan limit,
        TimeSpan idle)
    {
        (_openJournal, _snapshot, _time, _logger, _limit, _idle) = (openJournal, snapshot, time, logger, limit, idle);
        _sources = [.. collectors.Select(collector => new EvidenceSource(collector, freezer))];
    }

    /// <summary>Whether there is a thread at present.</summary>
    internal bool IsAwake
    {
        get
        {
            lock (_gate)
            {
                return _thread is not null;
            }
        }
    }

    /// <summary>Reserves its space on the disk while there is some: the first incident may be that there is none.</summary>
    public void Open() => _ = OpenJournal();

    /// <summary>Collects the evidence of an incident that has just opened. Returns at once.</summary>
    /// <param name="incident">The incident.</param>
    /// <param name="state">The state of its check.</param>
    public void Collect(Incident incident, CheckState state)
    {
        HealthSnapshot snapshot;
        try
        {
            snapshot = _snapshot();
        }
        catch (ObjectDisposedException)
        {
            return; // the app's services are gone, and with them whoever could ask for evidence
        }

        var request = new EvidenceRequest(incident, state, snapshot, _time.GetUtcNow());
        EvidenceRequest? left = null;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (_waiting.Count >= MaxWaiting)
            {
                left = _waiting.Dequeue();
            }

            _waiting.Enqueue(request);
            if (_thread is not null)
            {
                Monitor.Pulse(_gate);
            }
            else
            {
                StartThread();
            }
        }

        if (left is not null)
        {
            LogLeft(_logger, left.Incident.Id, left.Incident.Check, MaxWaiting);
        }
    }

    /// <summary>The evidence of an incident as JSON text, one object; null when none is kept, or it is still being collected.</summary>
    /// <param name="id">The incident's id, compared ignoring case.</param>
    public string? Find(string id)
    {
        if (OpenJournal() is { } journal)
        {
            var records = journal.ReadAll();
            for (var i = records.Count - 1; i >= 0; i--)
            {
                if (JsonOf(records[i].Payload.Span, id) is { } json)
                {
                    return json;
                }
            }
        }

        return null;
    }

    /// <summary>Gives up what waits, and what is under way after at most 2 s.</summary>
    public void Dispose()
    {
        Thread? thread;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _waiting.Clear();
            thread = _thread;
            Monitor.Pulse(_gate);
        }

        thread?.Join(StopPatience);
        _ = _disposing.CancelAsync(); // its callbacks are the collectors' own
        lock (_openGate)
        {
            _journal?.Dispose();
        }
    }

    private void StartThread()
    {
        _thread = OwnThread.TryStart("HealthKit evidence", Work);
        if (_thread is null)
        {
            LogNoThread(_logger);
        }
    }

    private void Work()
    {
        while (Next() is { } request)
        {
            try
            {
                Store(request.Incident.Id, Document(request));
            }
            catch (Exception e)
            {
                // Nothing that an incident holds may end the app; the incident itself is told all the same.
                LogFailed(_logger, request.Incident.Id, e.GetType().FullName);
            }
        }
    }

    /// <summary>Waits for the next request; null when there was none for a while, and the thread is to end.</summary>
    private EvidenceRequest? Next()
    {
        lock (_gate)
        {
            var begin = TimeProvider.System.GetTimestamp();
            while (true)
            {
                if (_waiting.TryDequeue(out var request))
                {
                    return request;
                }

                var patience = _idle - TimeProvider.System.GetElapsedTime(begin);
                if (_disposed || patience <= TimeSpan.Zero)
                {
                    _thread = null;
                    return null;
                }

                Monitor.Wait(_gate, patience);
            }
        }
    }

    private byte[] Document(EvidenceRequest request)
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(_disposing.Token);
        var begin = TimeProvider.System.GetTimestamp();
        var calls = Array.ConvertAll(_sources, source => source.Begin(request, deadline.Token));
        var document = new EvidenceDocument();
        document.AddStates(request);
        document.AddApp(_time.GetUtcNow());
        var late = false;
        foreach (var call in calls)
        {
            if (!call.Wait(begin, _limit, out var json))
            {
                late = true;
                json = EvidenceSource.Error($"Not collected within {_limit.TotalSeconds:0.###} s.");
                LogLate(_logger, call.Name, request.Incident.Id, _limit);
            }

            if (json is not null)
            {
                document.Add(call.Name, json);
            }
        }

        if (late)
        {
            _ = deadline.CancelAsync(); // not disposed of: who is late still holds its token
        }
        else
        {
            deadline.Dispose();
        }

        return document.ToBytes();
    }

    private void Store(string id, byte[] json)
    {
        var name = Encoding.UTF8.GetBytes(id);
        if (OpenJournal() is not { } journal || name.Length > MaxIdLength || name.Contains(Separator))
        {
            return;
        }

        if (journal.TryAppend([Version, .. name, Separator, .. json], out _))
        {
            _ = journal.Flush();
        }
        else
        {
            LogNotKept(_logger, id, json.Length);
        }
    }

    private static string? JsonOf(ReadOnlySpan<byte> record, string id)
    {
        var end = record.IndexOf(Separator);
        return end > 0 && record[0] == Version && string.Equals(Encoding.UTF8.GetString(record[1..end]), id, StringComparison.OrdinalIgnoreCase)
            ? Encoding.UTF8.GetString(record[(end + 1)..])
            : null;
    }

    private Journal? OpenJournal()
    {
        lock (_openGate)
        {
            return _disposed ? _journal : _journal ??= _openJournal();
        }
    }

    [LoggerMessage(7111, LogLevel.Warning, "No evidence is collected of incident {Id} of check '{Check}': more than {Max} incidents opened at once.")]
    private static partial void LogLeft(ILogger logger, string id, string check, int max);

    [LoggerMessage(7112, LogLevel.Warning, "Evidence '{Name}' of incident {Id} was not collected within {Limit} and is given up.")]
    private static partial void LogLate(ILogger logger, string name, string id, TimeSpan limit);

    [LoggerMessage(7113, LogLevel.Warning, "The evidence of incident {Id} ({Bytes} bytes) could not be kept.")]
    private static partial void LogNotKept(ILogger logger, string id, int bytes);

    [LoggerMessage(7114, LogLevel.Error, "The evidence of incident {Id} could not be collected: {Error}")]
    private static partial void LogFailed(ILogger logger, string id, string? error);

    [LoggerMessage(7115, LogLevel.Error, "The thread that collects evidence could not be started; it is tried again with the next incident.")]
    private static partial void LogNoThread(ILogger logger);
}
