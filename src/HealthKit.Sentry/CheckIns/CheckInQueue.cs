using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Sends check-ins, the app's and the monitor's own, each once, on a thread of their own: a limit or a jam of events holds up none. The
/// thread begins when there is a DSN and something to send.
/// </summary>
internal sealed partial class CheckInQueue : SentryCheckIns, IDisposable
{
    public const int Capacity = 100;

    /// <summary>Later than this, and twice in a row: silence shows after about five minutes, a restart in between does not.</summary>
    private const int MarginMinutes = 2;

    private const int Failures = 2;

    /// <summary>Sentry drops what comes more often than about six times a minute.</summary>
    private static readonly TimeSpan LeastGap = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AfterNothing = TimeSpan.FromSeconds(1);

    /// <summary>One that is lost is made good by the next one, before Sentry misses it.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(20);

    private readonly SendQueue<CheckIn> _queue;
    private readonly SentryClients _clients;
    private readonly SentryTrail _trail;
    private readonly IServiceProvider _services;
    private readonly TimeProvider _time;
    private readonly SafeLogger _logger;
    private volatile bool _started;
    private string? _ownSlug;
    private long? _ownAt;
    private TimeSpan _ownPause;
    private bool _ownWasOk;
    private bool _seenAlive;
    private bool _isFailing;

    public CheckInQueue(SentryClients clients, IServiceProvider services)
    {
        _clients = clients;
        _services = services;
        _time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        _logger = new SafeLogger(services.GetRequiredService<ILoggerFactory>().CreateLogger(SentryService.Category));
        _queue = new SendQueue<CheckIn>("HealthKit Sentry check-ins", Capacity, Step, _time, _logger);
        clients.Changed += Wake;
        _trail = services.GetRequiredService<SentryTrail>();
        _trail.Seen += _queue.BeginAgain;
    }

    /// <summary>Whether there is a thread at present; for tests.</summary>
    internal bool IsAwake => _queue.IsAwake;

    /// <summary>Whether the thread waits; for tests.</summary>
    internal bool Sleeps => _queue.Sleeps;

    public override string CheckIn(
        string slug, SentryCheckInStatus status, TimeSpan? duration = null, SentryMonitorConfig? monitor = null, string? checkInId = null)
    {
        ArgumentNullException.ThrowIfNull(slug);
        if (!SentryRules.IsSlug(slug))
        {
            throw new ArgumentException($"'{slug}' is no monitor's slug; allowed: {SentryRules.AllowedSlug}.", nameof(slug));
        }

        if (checkInId is not null && (checkInId.Length != 32 || checkInId.Any(c => !char.IsAsciiHexDigitLower(c))))
        {
            throw new ArgumentException($"'{checkInId}' is no check-in's id; allowed: 32 lower-case hexadecimal digits.", nameof(checkInId));
        }

        var checkIn = new CheckIn(checkInId ?? HealthKit.CheckIn.NewId(), slug, status) { Duration = duration, Monitor = monitor };
        if (_clients.AreOff || !_queue.TryAdd(checkIn, out var isFull))
        {
            return checkIn.Id;
        }

        if (isFull)
        {
            _clients.Main?.Transport?.Reports.Add(DiscardReason.QueueOverflow, SentryCategory.Monitor);
        }

        Wake();
        return checkIn.Id;
    }

    /// <summary>From now on the monitor itself checks in.</summary>
    public void Start()
    {
        _started = true;
        Wake();
    }

    /// <summary>Has it end, without waiting for that.</summary>
    public void BeginStop() => _queue.BeginStop();

    /// <summary>Checks in a last time, if all is well, so that a restart has the most time, and ends.</summary>
    public void Stop(TimeSpan patience) => _queue.Stop(patience);

    public void Dispose()
    {
        Stop(TimeSpan.Zero);
        _clients.Changed -= Wake;
        _trail.Seen -= _queue.BeginAgain;
    }

    /// <summary>What Sentry is to expect of the monitor of this app.</summary>
    internal static SentryMonitorConfig OwnMonitor(TimeSpan interval) => SentryMonitorConfig.Every(interval) with
    {
        CheckInMarginMinutes = MarginMinutes,
        MaxRuntimeMinutes = 1,
        FailureThreshold = Failures,
    };

    private void Wake()
    {
        if (_clients.Main is { CanCheckIn: true } client && (_queue.Count > 0 || (_started && client.Settings.CheckIns)))
        {
            _queue.Begin();
        }
        else
        {
            _queue.Wake();
        }
    }

    private bool Step()
    {
        var client = _clients.Main is { CanCheckIn: true } main ? main : null;
        var isLast = _queue.IsStopping;
        var isOwn = _started && client is { Settings.CheckIns: true };
        var next = client is null ? null : _queue.Take();
        if (client is null)
        {
            if (!isLast)
            {
                _queue.Wait(null);
            }

            return !isLast;
        }

        if (next is not null)
        {
            Send(client, next);
        }

        if (isOwn && (isLast ? IsWorthALast() : OwnWait <= TimeSpan.Zero))
        {
            CheckInOwn(client);
        }

        if (isLast)
        {
            return next is not null;
        }

        if (next is null)
        {
            _queue.Wait(isOwn ? OwnWait : null);
        }

        return true;
    }

    /// <summary>How long until the monitor checks in next.</summary>
    private TimeSpan OwnWait => _ownAt is { } at ? _ownPause - _time.GetElapsedTime(at) : TimeSpan.Zero;

    /// <summary>Whether a last check-in, before the app ends, tells anything new and is not one too many.</summary>
    private bool IsWorthALast() => _ownWasOk && _ownAt is { } at && _time.GetElapsedTime(at) >= LeastGap;

    private void CheckInOwn(SentryClient client)
    {
        var isStopped = _services.GetRequiredService<HealthMonitor>().Current.IsStopped;
        _seenAlive |= !isStopped;
        _ownAt = _time.GetTimestamp();
        if (!_seenAlive)
        {
            // It has not begun yet.
            _ownPause = AfterNothing;
            return;
        }

        var isInstanceKnown = SentryService.IsInstanceKnown(_services);
        var slug = _ownSlug ?? client.Settings.MonitorSlug ?? MonitorSlug.Of(
            client.App.Name, client.Settings.ProcessType, client.Settings.ServerName ?? client.App.Host, SentryService.InstanceOf(_services));
        _ownSlug = isInstanceKnown ? slug : null; // else a second instance would pass for the first one as long as it runs
        _ownWasOk = !isStopped;
        var result = Send(client, new CheckIn(HealthKit.CheckIn.NewId(), slug, isStopped ? SentryCheckInStatus.Error : SentryCheckInStatus.Ok)
        {
            Monitor = OwnMonitor(client.Settings.CheckInInterval),
        });
        var failed = result.Outcome != SinkOutcome.Delivered;
        _ownPause = failed ? PauseAfter(result, client.Settings.CheckInInterval) : client.Settings.CheckInInterval;
        if (failed && !_isFailing)
        {
            LogNotSent(_logger, result.Problem);
        }

        _isFailing = failed;
    }

    /// <summary>As long as Sentry asks for, but no longer than without a failure: with hours between check-ins the next one would be late.</summary>
    private static TimeSpan PauseAfter(SinkResult failure, TimeSpan interval)
    {
        var pause = failure.RetryAfter is { } asked && asked > AfterFailure ? asked : AfterFailure;
        return pause < interval ? pause : interval;
    }

    private SinkResult Send(SentryClient client, CheckIn checkIn)
    {
        try
        {
            return client.SendAsync(checkIn, isSentAgain: false, _queue.Stopped).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            return SinkResult.Retry("The app stopped while it was sent.");
        }
    }

    [LoggerMessage(EventId = 9007, Level = LogLevel.Warning, Message = "The monitor's check-in did not reach Sentry, which will alarm if that goes on: {Problem}")]
    private static partial void LogNotSent(ILogger logger, string? problem);
}
