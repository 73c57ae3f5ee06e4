using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Keeps the app serving for a while after it was asked to stop, with readiness already failing, so that load balancers take it out
/// before its port closes.
/// </summary>
internal sealed partial class Drain(
    EndpointSettings settings, IHostApplicationLifetime lifetime, TimeProvider timeProvider, ILogger<Drain> logger) : IHostedLifecycleService
{
    private volatile bool _hasEndpoints;
    private bool _hasStopped;

    /// <summary>Whether the app was asked to stop.</summary>
    public bool IsDraining => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Endpoints are mapped: somebody may be watching them.</summary>
    public void EndpointsAreMapped() => _hasEndpoints = true;

    /// <summary>Waits; the servers stop after it, because the host calls StopAsync of its services after StoppingAsync of all.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A signal or StopApplication() cancels ApplicationStopping, upon which the app calls Host.StopAsync. When it is not cancelled
        // here, Host.StopAsync (which cancels it after this) was called directly: by a test or a host that knows what it does.
        // Once: a second StopAsync finds ApplicationStopping cancelled by the first.
        if (Interlocked.Exchange(ref _hasStopped, true) || !IsDraining || !_hasEndpoints || settings.DrainDelay == TimeSpan.Zero)
        {
            return;
        }

        LogDraining(logger, settings.DrainDelay.TotalSeconds);
        try
        {
            await Task.Delay(settings.DrainDelay, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            LogCut(logger);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(
        EventId = 200,
        Level = LogLevel.Information,
        Message = "The app was asked to stop: readiness fails, requests are served for {DrainSeconds} s more (HealthKit:Endpoints:DrainDelay)")]
    private static partial void LogDraining(ILogger logger, double drainSeconds);

    [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "The host's shutdown timeout ended the drain before its time")]
    private static partial void LogCut(ILogger logger);
}
