using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>Logs each transition once. Texts of checks are arguments, never templates.</summary>
internal sealed partial class TransitionLog(ILogger<HealthMonitor> logger) : IHealthObserver
{
    private readonly Dictionary<string, string?> _reasons = [];

    /// <summary>Results are many and mostly alike: only a new reason for the same status is worth a line.</summary>
    public void OnResult(CheckState state)
    {
        var reason = state.Status == HealthStatus.Healthy ? null : state.Reason;
        var known = _reasons.GetValueOrDefault(state.Name);
        _reasons[state.Name] = reason;
        if (reason is not null && known is not null && reason != known)
        {
            Log(state);
        }
    }

    public void OnTransition(CheckState before, CheckState after)
    {
        _reasons[after.Name] = after.Status == HealthStatus.Healthy ? null : after.Reason;
        Log(after);
    }

    public void OnRemoved(CheckState last)
    {
        _reasons.Remove(last.Name);
        LogRemoved(logger, last.Name);
    }

    private void Log(CheckState after)
    {
        switch (after.Status)
        {
            case HealthStatus.Healthy:
                LogHealthy(logger, after.Name, after.Description);
                break;
            case HealthStatus.Degraded:
                LogDegraded(logger, after.Name, after.Reason, after.Description);
                break;
            default:
                LogUnhealthy(logger, after.Name, after.Reason, after.Description);
                break;
        }
    }

    [LoggerMessage(EventId = 123, Level = LogLevel.Information, Message = "Check '{Check}' was turned off")]
    private static partial void LogRemoved(ILogger logger, string check);

    [LoggerMessage(EventId = 120, Level = LogLevel.Information, Message = "Check '{Check}' is healthy again: {Description}")]
    private static partial void LogHealthy(ILogger logger, string check, string? description);

    [LoggerMessage(EventId = 121, Level = LogLevel.Warning, Message = "Check '{Check}' is degraded ({Reason}): {Description}")]
    private static partial void LogDegraded(ILogger logger, string check, string? reason, string? description);

    [LoggerMessage(EventId = 122, Level = LogLevel.Error, Message = "Check '{Check}' is unhealthy ({Reason}): {Description}")]
    private static partial void LogUnhealthy(ILogger logger, string check, string? reason, string? description);
}
