using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Writes one line for each message to the app's log, in the category <c>HealthKit.Incidents</c>. Its type is <c>Log</c>. Texts of checks
/// are arguments, never templates, and cannot break the line.
/// </summary>
/// <remarks>
/// Event ids: 300 opened and 301 updated (warning when degraded, error when unhealthy), 302 resolved, 303 ended because the check is gone,
/// 304 silent, with why, 305 test (all information). A check that counts the errors in this app's own log should leave the category
/// out: else it counts what it causes. A log that throws is ignored, and never logged about; one that blocks holds up this sink's thread alone.
/// </remarks>
internal sealed partial class LogSink(ILogger logger) : IIncidentSink
{
    public const string Category = "HealthKit.Incidents";

    private readonly SafeLogger _logger = new(logger);

    public static SinkType<LogSinkOptions> Type { get; } = SinkType.CreateWithPolicy<LogSinkOptions>(
        "Log",
        static _ => [],
        static (services, _, _) => new LogSink(services.GetRequiredService<ILoggerFactory>().CreateLogger(Category)),
        new SinkPolicy { IncludeSilent = true });

    public Task<SinkResult> SendAsync(IncidentMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        Write(message);
        return Task.FromResult(SinkResult.Delivered);
    }

    public override string ToString() => "Log";

    private void Write(IncidentMessage message)
    {
        var incident = message.Incident;
        var check = IncidentText.OneLine(incident.Check);
        var what = What(message.Kind, incident);
        var reason = incident.Reason is null ? "no reason given" : IncidentText.OneLine(incident.Reason);
        var description = IncidentText.OneLine(incident.Description);
        var silence = IncidentText.WhySilent(message);
        var length = GaugeAmount.Time(IncidentText.Length(message)).ToString();
        var level = incident.Status == HealthStatus.Unhealthy ? LogLevel.Error : LogLevel.Warning;
        switch (message.Kind)
        {
            case IncidentMessageKind.Test:
                Test(_logger, message.Id);
                break;
            case not IncidentMessageKind.Test when message.IsSilent:
                Silent(_logger, check, what, silence, reason, description, incident.Id);
                break;
            case IncidentMessageKind.Opened:
                Opened(_logger, level, check, what, reason, description, incident.Id);
                break;
            case IncidentMessageKind.Updated:
                Updated(_logger, level, check, what, length, reason, description, incident.Id);
                break;
            case IncidentMessageKind.Resolved when incident.Resolution == IncidentResolution.CheckRemoved:
                Removed(_logger, check, length, incident.Id);
                break;
            case IncidentMessageKind.Resolved when incident.Resolution == IncidentResolution.Superseded:
                Superseded(_logger, check, length, incident.Id);
                break;
            default:
                Resolved(_logger, check, length, reason, description, incident.Id);
                break;
        }
    }

    private static string What(IncidentMessageKind kind, Incident incident) =>
        kind == IncidentMessageKind.Resolved ? incident.Resolution switch
        {
            IncidentResolution.CheckRemoved => "removed",
            IncidentResolution.Superseded => "superseded",
            _ => "healthy again",
        }
        : incident.IsFlapping ? "flapping"
        : incident.Status == HealthStatus.Unhealthy ? "unhealthy" : "degraded";

    [LoggerMessage(EventId = 300, Message = "Check '{Check}' is {Status} ({Reason}): {Description} [incident {Incident}]")]
    private static partial void Opened(
        ILogger logger, LogLevel level, string check, string status, string reason, string description, string incident);

    [LoggerMessage(EventId = 301, Message = "Check '{Check}' is {Status} for {Duration} ({Reason}): {Description} [incident {Incident}]")]
    private static partial void Updated(
        ILogger logger, LogLevel level, string check, string status, string duration, string reason, string description, string incident);

    [LoggerMessage(
        EventId = 302,
        Level = LogLevel.Information,
        Message = "Check '{Check}' is healthy again after {Duration}; it was ({Reason}): {Description} [incident {Incident}]")]
    private static partial void Resolved(ILogger logger, string check, string duration, string reason, string description, string incident);

    [LoggerMessage(
        EventId = 303,
        Level = LogLevel.Information,
        Message = "Check '{Check}' was turned off or is not registered any more; it was bad for {Duration} [incident {Incident}]")]
    private static partial void Removed(ILogger logger, string check, string duration, string incident);

    [LoggerMessage(
        EventId = 304,
        Level = LogLevel.Information,
        Message = "Check '{Check}' is {Status}, not announced: {Silence} ({Reason}): {Description} [incident {Incident}]")]
    private static partial void Silent(
        ILogger logger, string check, string status, string? silence, string reason, string description, string incident);

    [LoggerMessage(
        EventId = 306,
        Level = LogLevel.Information,
        Message = "Check '{Check}' has another incident, opened while the state directory could not be read; this one was open for {Duration} [incident {Incident}]")]
    private static partial void Superseded(ILogger logger, string check, string duration, string incident);

    [LoggerMessage(EventId = 305, Level = LogLevel.Information, Message = "Test of alerts: nothing is wrong [message {Message}]")]
    private static partial void Test(ILogger logger, string message);
}
