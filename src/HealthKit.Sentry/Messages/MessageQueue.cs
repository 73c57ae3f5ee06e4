using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>Sends the app's own messages one after the other, on a thread that begins with the first one and ends after a quiet while.</summary>
internal sealed partial class MessageQueue : SentryMessages, IDisposable
{
    public const int Capacity = 100;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastBackOff = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Queue<OwnMessage> _waiting = new();
    private readonly SentryClients _clients;
    private readonly TimeProvider _time;
    private readonly Pause _pause;
    private readonly CancellationTokenSource _stop = new();
    private readonly QuietLogger _logger;
    private readonly Redactor _redactor;
    private readonly SentryApp _app;
    private Thread? _thread;
    private string? _lastWithoutClient;
    private bool _stopping;
    private bool _toldOverflow;

    public MessageQueue(SentryClients clients, IServiceProvider services)
    {
        _clients = clients;
        _time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        _pause = new Pause(_time);
        _logger = new QuietLogger(services.GetRequiredService<ILoggerFactory>().CreateLogger(SentryService.Category));
        _app = SentryApp.Of(services);
        _redactor = services.GetRequiredService<Redactor>();
        clients.Changed += _pause.Set;
    }

    /// <summary>How many wait; for tests.</summary>
    internal int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Whether the thread waits; for tests.</summary>
    internal bool Sleeps => _pause.Sleeps;

    public override string? Capture(
        LogLevel level, string message, IReadOnlyDictionary<string, object?>? extra = null, IReadOnlyList<string>? fingerprint = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (_clients.AreOff || level == LogLevel.None)
        {
            return null;
        }

        var own = OwnMessage.Of(_time.GetUtcNow(), level, message, extra, fingerprint, _redactor);
        Enqueue(own);
        return own.Id;
    }

    /// <summary>Sends what can be sent within a time. The rest is lost.</summary>
    public void Stop(TimeSpan patience)
    {
        Thread? thread;
        lock (_gate)
        {
            _stopping = true;
            thread = _thread;
        }

        _pause.Set();
        if (thread?.Join(patience) == false)
        {
            _ = _stop.CancelAsync();
            thread.Join(TimeSpan.FromMilliseconds(500));
        }

        // Told once, however often it is stopped and disposed of.
        int lost;
        lock (_gate)
        {
            lost = _waiting.Count;
            _waiting.Clear();
        }

        if (lost > 0)
        {
            LogLost(_logger, lost);
        }
    }

    public void Dispose()
    {
        Stop(TimeSpan.Zero);
        _clients.Changed -= _pause.Set;
    }

    private void Enqueue(OwnMessage message)
    {
        var tell = false;
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            if (_waiting.Count == Capacity)
            {
                _waiting.Dequeue();
                _clients.Main?.Transport?.Reports.Add(DiscardReason.QueueOverflow, SentryCategory.Error);
                (tell, _toldOverflow) = (!_toldOverflow, true);
            }

            _waiting.Enqueue(message);
            if (_thread is null)
            {
                var thread = new Thread(Work) { IsBackground = true, Name = "HealthKit Sentry messages" };
                try
                {
                    thread.UnsafeStart();
                    _thread = thread;
                }
                catch (Exception e) when (e is ThreadStartException or OutOfMemoryException)
                {
                    // The next message tries it again.
                    LogNoThread(_logger, e);
                }
            }
        }

        _pause.Set();
        if (tell)
        {
            LogFull(_logger, Capacity);
        }
    }

    private void Work()
    {
        var failures = 0;
        while (true)
        {
            OwnMessage? next;
            lock (_gate)
            {
                if (!_waiting.TryPeek(out next) && _stopping)
                {
                    _thread = null;
                    return;
                }
            }

            if (next is null)
            {
                if (!WaitForNews())
                {
                    return;
                }

                continue;
            }

            var (outcome, wait) = Send(next);
            if (outcome != SinkOutcome.Retry)
            {
                failures = 0;
                lock (_gate)
                {
                    // It may have been dropped meanwhile.
                    if (_waiting.TryPeek(out var first) && ReferenceEquals(first, next))
                    {
                        _waiting.Dequeue();
                    }

                    _toldOverflow &= _waiting.Count > 0;
                }

                continue;
            }

            var until = _time.GetTimestamp();
            var backOff = TimeSpan.FromTicks(Math.Min(LastBackOff.Ticks, FirstBackOff.Ticks << Math.Min(failures++, 20)));
            backOff = wait > backOff ? wait.Value : backOff;
            while (_time.GetElapsedTime(until) is var passed && passed < backOff && !IsStopping && !(failures == 1 && wait is null && HasNewClient(next)))
            {
                _pause.Wait(backOff - passed);
            }

            if (IsStopping)
            {
                lock (_gate)
                {
                    _thread = null;
                    return;
                }
            }
        }
    }

    private bool IsStopping
    {
        get
        {
            lock (_gate)
            {
                return _stopping;
            }
        }
    }

    /// <summary>Whether there is somewhere to send to now: what came before the first sink need not wait.</summary>
    private bool HasNewClient(OwnMessage next) => _lastWithoutClient == next.Id && _clients.Main is not null;

    private bool WaitForNews()
    {
        var begin = _time.GetTimestamp();
        while (_time.GetElapsedTime(begin) is var passed && passed < Idle)
        {
            lock (_gate)
            {
                if (_waiting.Count > 0 || _stopping)
                {
                    return true;
                }
            }

            _pause.Wait(Idle - passed);
        }

        lock (_gate)
        {
            if (_waiting.Count > 0)
            {
                return true;
            }

            _thread = null;
            return false;
        }
    }

    private (SinkOutcome Outcome, TimeSpan? Wait) Send(OwnMessage message)
    {
        if (_clients.Main is not { } client)
        {
            _lastWithoutClient = message.Id;
            return (_clients.AreOff ? SinkOutcome.Rejected : SinkOutcome.Retry, null);
        }

        try
        {
            var result = client.SendAsync(client.Events.OfMessage(message, _app), _stop.Token).GetAwaiter().GetResult();
            if (result.Outcome == SinkOutcome.Rejected)
            {
                LogRejected(_logger, message.Id, result.Problem);
            }

            return (result.Outcome, result.RetryAfter);
        }
        catch (Exception e)
        {
            // The app's own sender may throw anything; it is asked again later.
            LogFailed(_logger, message.Id, e.GetType().Name);
            return (SinkOutcome.Retry, null);
        }
    }

    [LoggerMessage(EventId = 9002, Level = LogLevel.Warning, Message = "More than {Capacity} messages wait for Sentry: the oldest ones are dropped")]
    private static partial void LogFull(ILogger logger, int capacity);

    [LoggerMessage(EventId = 9003, Level = LogLevel.Warning, Message = "{Count} messages for Sentry were not sent before the app stopped")]
    private static partial void LogLost(ILogger logger, int count);

    [LoggerMessage(EventId = 9004, Level = LogLevel.Warning, Message = "Sentry rejected message {Id}: {Problem}")]
    private static partial void LogRejected(ILogger logger, string id, string? problem);

    [LoggerMessage(EventId = 9005, Level = LogLevel.Warning, Message = "Sending message {Id} to Sentry failed: {Error}")]
    private static partial void LogFailed(ILogger logger, string id, string error);

    [LoggerMessage(EventId = 9006, Level = LogLevel.Error, Message = "The thread that sends messages to Sentry could not be started")]
    private static partial void LogNoThread(ILogger logger, Exception exception);
}
