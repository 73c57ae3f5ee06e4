using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace HealthKit;

/// <summary>Starts and stops the monitor with the host, and takes reloads of the configuration over.</summary>
internal sealed partial class MonitorHostedService(
    BackgroundMonitor monitor, DeclaredChecks declared, SelfReport report, ILogger<HealthMonitor> logger) : IHostedLifecycleService, IDisposable
{
    private IDisposable? _reloads;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (declared.Configuration is { } configuration)
        {
            _reloads = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
        }

        monitor.Start();
        return Task.CompletedTask;
    }

    /// <summary>The monitor runs until the end: whoever drains or stops slowly still reads the truth.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        _reloads?.Dispose();
        monitor.Stop();
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _reloads?.Dispose();

    private void Reload()
    {
        try
        {
            monitor.UpdatePolicies(declared.Reload(out var remarks));
            report.Clear("config.reloadRejected");
            foreach (var remark in remarks)
            {
                LogRemark(logger, remark);
            }
        }
        catch (OptionsValidationException e)
        {
            report.Set("config.reloadRejected", $"A reload of the configuration was rejected, the last good settings stay in force. {e.Message}");
            LogRejected(logger, e.Message);
        }
        catch (Exception e)
        {
            // Someone's configuration source or options code threw: the app must not feel it.
            report.Set("config.reloadRejected", $"A reload of the configuration failed ({e.GetType()}), the last good settings stay in force.");
            LogFailed(logger, e);
        }
    }

    [LoggerMessage(EventId = 110, Level = LogLevel.Error, Message = "A reload of the configuration was rejected, the last good settings stay in force: {Errors}")]
    private static partial void LogRejected(ILogger logger, string errors);

    [LoggerMessage(EventId = 111, Level = LogLevel.Error, Message = "A reload of the configuration failed, the last good settings stay in force")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 112, Level = LogLevel.Warning, Message = "After a reload of the configuration: {Remark}")]
    private static partial void LogRemark(ILogger logger, string remark);
}
