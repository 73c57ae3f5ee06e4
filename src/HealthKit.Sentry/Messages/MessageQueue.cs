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

    private readonly SendQueue<OwnMessage> _queue;
    private readonly SentryClients _clients;
    private readonly SentryTrail _trail;
    private readonly TimeProvider _time;
    private readonly SafeLogger _logger;
    private readonly Redactor _redactor;
    private readonly SentryApp _app;
    private string? _lastWithoutClient;
    private int _failures;
    private bool _toldOverflow;

    public MessageQueue(SentryClients clients, IServiceProvider services)
    {
        _clients = clients;
        _time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        _logger = new SafeLogger(services.GetRequiredService<ILoggerFactory>().CreateLogger(SentryService.Category));
        _queue = new SendQueue<OwnMessage>("HealthKit Sentry messages", Capacity, Step, _time, _logger);
        _app = SentryApp.Of(services);
        _redactor = services.GetRequiredService<Redactor>();
        clients.Changed += _queue.Wake;
        _trail = services.GetRequiredService<SentryTrail>();
        _trail.Seen += _queue.BeginAgain;
    }

    /// <summary>How many wait; for tests.</summary>
    internal int Waiting => _queue.Count;

    /// <summary>Whether the thread waits; for tests.</summary>
    internal bool Sleeps => _queue.Sleeps;

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

    /// <summary>Has it end, without waiting for that.</summary>
    public void BeginStop() => _queue.BeginStop();

    /// <summary>Sends what can be sent within a time. The rest is lost.</summary>
    public void Stop(TimeSpan patience)
    {
        _queue.Stop(patience);

        // Told once, however often it is stopped and disposed of.
        var lost = _queue.Clear();
        if (lost > 0)
        {
            LogLost(_logger, lost);
        }
    }

    public void Dispose()
    {
        Stop(TimeSpan.Zero);
        _clients.Changed -= _queue.Wake;
        _trail.Seen -= _queue.BeginAgain;
    }

    private void Enqueue(OwnMessage message)
    {
        if (!_queue.TryAdd(message, out var isFull))
        {
            return;
        }

        _queue.Begin();
        if (isFull)
        {
            _clients.Main?.Transport?.Reports.Add(DiscardReason.QueueOverflow, SentryCategory.Error);
            if (!Interlocked.Exchange(ref _toldOverflow, true))
            {
                LogFull(_logger, Capacity);
            }
        }
    }

    private bool Step()
    {
        if (_queue.Peek() is not { } next)
        {
            return !_queue.IsStopping && WaitForNews();
        }

        var (outcome, wait) = Send(next);
        if (outcome != SinkOutcome.Retry)
        {
            _failures = 0;
            if (_queue.Remove(next) == 0)
            {
                Volatile.Write(ref _toldOverflow, false);
            }

            return true;
        }

        var begin = _time.GetTimestamp();
        var backOff = TimeSpan.FromTicks(Math.Min(LastBackOff.Ticks, FirstBackOff.Ticks << Math.Min(_failures++, 20)));
        backOff = wait > backOff ? wait.Value : backOff;
        while (_time.GetElapsedTime(begin) is var passed && passed < backOff && !_queue.IsStopping && !(_failures == 1 && wait is null && HasNewClient(next)))
        {
            _queue.Wait(backOff - passed);
        }

        return !_queue.IsStopping;
    }

    /// <summary>Whether there is somewhere to send to now: what came before the first sink need not wait.</summary>
    private bool HasNewClient(OwnMessage next) => _lastWithoutClient == next.Id && _clients.Main is not null;

    private bool WaitForNews()
    {
        var begin = _time.GetTimestamp();
        while (_time.GetElapsedTime(begin) is var passed && passed < Idle)
        {
            if (_queue.Count > 0 || _queue.IsStopping)
            {
                return true;
            }

            _queue.Wait(Idle - passed);
        }

        return !_queue.TryEnd();
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
            var result = client.SendAsync(client.Events.OfMessage(message, _app), _queue.Stopped).GetAwaiter().GetResult();
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
}
