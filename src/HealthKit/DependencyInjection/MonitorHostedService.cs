using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace HealthKit;

/// <summary>Starts and stops the monitor with the host, and takes reloads of the configuration over.</summary>
internal sealed partial class MonitorHostedService(
    BackgroundMonitor monitor,
    DeclaredChecks declared,
    HealthKitConfiguration settings,
    SelfReport report,
    StartLog starts,
    IncidentService incidents,
    ResultFreezer freezer,
    TimeProvider time,
    ILogger<HealthMonitor> logger,
    IHostApplicationLifetime? lifetime = null)
    : IHostedLifecycleService, IDisposable
{
    /// <summary>
    /// How long the app may take to start before the checks begin all the same: a start that hangs, in somebody's hosted service, must be seen.
    /// </summary>
    internal static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    private readonly Lock _reload = new();
    private readonly SafeLogger _logger = new(logger);
    private IDisposable? _reloads;
    private Task _began = Task.CompletedTask;
    private ITimer? _startPatience;
    private int _hasBegun;
    private bool _hasEnded;
    private IReadOnlyList<string> _remarks = [];

    /// <summary>
    /// The checks begin when the app has started: what they look at is up by then, and the start costs as little as it can. Where that does
    /// not come within <see cref="StartPatience"/> they begin then.
    /// </summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Begin();
        return Task.CompletedTask;
    }

    /// <summary>The monitor runs until the end: whoever drains or stops slowly still reads the truth.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        _hasEnded = true;
        _startPatience?.Dispose();
        _reloads?.Dispose();
        monitor.Stop();

        // Not the host's token: a stop that took too long is an orderly one all the same.
        await EndAsync(_began, StopPatience).ConfigureAwait(false);
        await EndAsync(Task.Run(incidents.Stop, CancellationToken.None), 2 * StopPatience).ConfigureAwait(false);
        await EndAsync(Task.Run(starts.End, CancellationToken.None), StopPatience).ConfigureAwait(false);
    }

    private async Task EndAsync(Task step, TimeSpan patience)
    {
        try
        {
            await step.WaitAsync(patience, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // A stop must not fail because it could not be written down.
            LogStopNotKept(_logger, freezer.Describe(e).Message);
        }
    }

    /// <summary>Called before any hosted service starts.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        WatchStart();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        WatchStart();

        // Hosts older than the generic one do not call StartedAsync.
        lifetime?.ApplicationStarted.Register(() => Begin());
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _startPatience?.Dispose();
        _reloads?.Dispose();
        if (!_hasEnded && Volatile.Read(ref _hasBegun) != 0)
        {
            // Not stopped, only disposed of, as tools and tests do: no crash either.
            _hasEnded = true;
            monitor.Stop();
            EndAsync(_began.ContinueWith(_ => starts.End(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default), StopPatience).GetAwaiter().GetResult();
        }
    }

    private void WatchStart()
    {
        if (_startPatience is null)
        {
            if (lifetime is not null)
            {
                incidents.Hold();
            }

            _startPatience = time.CreateTimer(_ => BeginLate(), null, StartPatience, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>On a timer's thread: an exception there would be the app's end.</summary>
    private void BeginLate()
    {
        try
        {
            if (Begin() && lifetime is not null)
            {
                LogStartHangs(_logger, StartPatience);
            }
        }
        catch (Exception e)
        {
            var error = freezer.Describe(e).Details;
            LogFailedToBegin(_logger, error);
        }
    }

    private bool Begin()
    {
        _startPatience?.Dispose();
        if (Interlocked.Exchange(ref _hasBegun, 1) != 0)
        {
            return false;
        }

        if (settings.Source is { } configuration)
        {
            _reloads = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
            if (settings.HasChangedSinceStart)
            {
                Reload(); // saved while the app started
            }
        }

        // Who was asked while the app started has begun them, and what they look at may not have been up.
        incidents.Release();
        monitor.Start();
        monitor.RunAll();

        // A slow disk must hold up nothing.
        _began = Task.Run(
            () =>
            {
                starts.Begin();
                incidents.Begin();
            },
            CancellationToken.None);
        return true;
    }

    private void Reload()
    {
        // Several sources may reload at once: what is read last must be what is in force.
        lock (_reload)
        {
            ReloadOnce();
        }
    }

    private void ReloadOnce()
    {
        try
        {
            monitor.UpdatePolicies(declared.Reload(out var remarks));
            incidents.LookAtAll();
            report.Clear("config.reloadRejected");
            LogReloaded(_logger);
            foreach (var remark in remarks.Except(_remarks))
            {
                LogRemark(_logger, remark);
            }

            _remarks = remarks;
        }
        catch (OptionsValidationException e)
        {
            report.Set("config.reloadRejected", $"A reload of the configuration was rejected, the last good settings stay in force. {e.Message}");
            LogRejected(_logger, e.Message);
        }
        catch (Exception e)
        {
            // Someone's configuration source or options code threw: the app must not feel it.
            report.Set("config.reloadRejected", $"A reload of the configuration failed ({e.GetType()}), the last good settings stay in force.");
            LogFailed(_logger, freezer.Describe(e).Details);
        }

        // Whoever has just saved a setting looks now, not a period later.
        monitor.RunAll();
    }

    [LoggerMessage(EventId = 113, Level = LogLevel.Warning, Message = "This orderly stop could not be written down: {Error}")]
    private static partial void LogStopNotKept(ILogger logger, string error);

    [LoggerMessage(EventId = 115, Level = LogLevel.Warning, Message = "The app has not started within {Patience}: a hosted service does not return from its start. The checks begin all the same")]
    private static partial void LogStartHangs(ILogger logger, TimeSpan patience);

    [LoggerMessage(EventId = 116, Level = LogLevel.Critical, Message = "The app has not started in time, and the monitor could not begin without it: {Error}")]
    private static partial void LogFailedToBegin(ILogger logger, string error);

    [LoggerMessage(EventId = 110, Level = LogLevel.Error, Message = "A reload of the configuration was rejected, the last good settings stay in force: {Errors}")]
    private static partial void LogRejected(ILogger logger, string errors);

    [LoggerMessage(EventId = 111, Level = LogLevel.Error, Message = "A reload of the configuration failed, the last good settings stay in force: {Error}")]
    private static partial void LogFailed(ILogger logger, string error);

    [LoggerMessage(EventId = 114, Level = LogLevel.Information, Message = "The configuration was reloaded")]
    private static partial void LogReloaded(ILogger logger);

    [LoggerMessage(EventId = 112, Level = LogLevel.Warning, Message = "After a reload of the configuration: {Remark}")]
    private static partial void LogRemark(ILogger logger, string remark);
}
