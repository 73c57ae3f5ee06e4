using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>Sends each message as an event. Its type is <c>Sentry</c>.</summary>
internal sealed partial class SentrySink : IIncidentSink, IDisposable
{
    /// <summary>Evidence is collected while the message is on its way; its collectors have 5 s.</summary>
    public static readonly TimeSpan EvidencePatience = TimeSpan.FromSeconds(6);

    private const string NoDsn = $"There is no DSN (option Dsn or {SentrySettings.DsnVariable}): nothing is sent to Sentry.";

    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(50);

    private readonly SentryClients _clients;
    private readonly SentryClient _client;
    private readonly Func<string, string?> _findEvidence;
    private readonly Func<string, string> _slugOf;
    private readonly TimeProvider _time;
    private string? _delivered;

    /// <param name="clients">Where it makes itself known.</param>
    /// <param name="client">Its way to Sentry.</param>
    /// <param name="findEvidence">The evidence of an incident, as JSON.</param>
    /// <param name="slugOf">The slug of a check's monitor.</param>
    /// <param name="time">The clock.</param>
    public SentrySink(SentryClients clients, SentryClient client, Func<string, string?> findEvidence, Func<string, string> slugOf, TimeProvider time)
    {
        (_clients, _client, _findEvidence, _slugOf, _time) = (clients, client, findEvidence, slugOf, time);
        clients.Add(client);
    }

    public static SinkType<SentrySinkOptions> Type { get; } = SinkType.Create<SentrySinkOptions>("Sentry", SentryRules.Validate, Create);

    public string? WhyOff => _client.CanSend ? null : NoDsn;

    public async Task<SinkResult> SendAsync(IncidentMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!_client.CanSend)
        {
            return SinkResult.Rejected(NoDsn);
        }

        var byMonitor = _client.Settings.Recovery == SentryRecovery.Monitor && _client.CanCheckIn;
        if (byMonitor && message.Kind == IncidentMessageKind.Resolved)
        {
            // Where Sentry takes no check-ins (no quota, for one), the resolve is told as an event.
            return await CheckInAsync(message, SentryCheckInStatus.Ok, cancellationToken).ConfigureAwait(false)
                ?? await SendEventAsync(message, byMonitor, cancellationToken).ConfigureAwait(false);
        }

        var withCheckIn = byMonitor && message.Kind == IncidentMessageKind.Opened;
        if (!withCheckIn || _delivered != message.Id)
        {
            var result = await SendEventAsync(message, byMonitor, cancellationToken).ConfigureAwait(false);
            if (result.Outcome != SinkOutcome.Delivered || !withCheckIn)
            {
                return result;
            }

            // If only the check-in fails, only the check-in is sent again; after a restart Sentry knows the event by its id.
            _delivered = message.Id;
        }

        return await CheckInAsync(message, SentryCheckInStatus.Error, cancellationToken).ConfigureAwait(false) ?? SinkResult.Delivered;
    }

    public void Dispose()
    {
        _clients.Remove(_client);
        _client.Dispose();
    }

    public override string ToString() => $"Sentry {_client.Settings.Dsn?.ToString() ?? "nothing"}";

    private static SentrySink Create(IServiceProvider services, string name, SentrySinkOptions options)
    {
        var settings = SentrySettings.Of(options, services);
        var redactor = services.GetRequiredService<Redactor>();
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var app = SentryApp.Of(services);
        var client = new SentryClient(
            name,
            settings,
            settings.Dsn is { } dsn ? new SentryTransport(dsn, new SentryTransportOptions { Proxy = settings.Proxy }, redactor, time) : null,
            services.GetService<ISentryEventSender>(),
            redactor,
            services.GetRequiredService<SentryTrail>(),
            app);
        if (!client.CanSend)
        {
            var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(SentryService.Category);
            LogOff(logger, name, SentrySettings.DsnVariable);
        }

        return new SentrySink(
            services.GetRequiredService<SentryClients>(),
            client,
            id => services.GetService<HealthIncidents>()?.FindEvidence(id),
            check => MonitorSlug.Of(
                app.Name, settings.ProcessType, settings.ServerName ?? app.Host, SentryService.InstanceOf(services), check),
            time);
    }

    private static string TraceOf(IncidentMessage message) => SentryEvents.IdOf("incident/" + message.Incident.Id);

    private async Task<SinkResult> SendEventAsync(IncidentMessage message, bool byMonitor, CancellationToken cancellationToken)
    {
        var evidence = message.Kind == IncidentMessageKind.Opened && _client.Settings.AttachEvidence
            ? await FindEvidenceAsync(message, cancellationToken).ConfigureAwait(false)
            : null;
        return await _client.SendAsync(_client.Events.OfIncident(message, evidence, byMonitor ? TraceOf(message) : null), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Null when Sentry takes no check-ins at present, or not this one: what stands behind it in the outbox must not wait for that.</summary>
    private async Task<SinkResult?> CheckInAsync(IncidentMessage message, SentryCheckInStatus status, CancellationToken cancellationToken)
    {
        var transport = _client.Transport!;
        if (transport.LimitedFor(SentryCategory.Monitor) is not null)
        {
            transport.Reports.Add(DiscardReason.RateLimitBackoff, SentryCategory.Monitor);
            return null;
        }

        var checkIn = new CheckIn(SentryEvents.IdOf("check-in/" + message.Id), _slugOf(message.Incident.Check), status)
        {
            Monitor = SentryMonitorConfig.Yearly(),
            TraceId = TraceOf(message),
        };
        var result = await _client.SendAsync(checkIn, isSentAgain: true, cancellationToken).ConfigureAwait(false);
        var isLimited = result.Outcome == SinkOutcome.Retry && transport.LimitedFor(SentryCategory.Monitor) is not null;
        return isLimited || result.Outcome == SinkOutcome.Rejected ? null : result;
    }

    private async Task<string?> FindEvidenceAsync(IncidentMessage message, CancellationToken cancellationToken)
    {
        for (var wait = FirstLook; ; wait *= 2)
        {
            if (_findEvidence(message.Incident.Id) is { } found)
            {
                return found;
            }

            // A message that waited in the outbox has the evidence there is. Nor does a clock that was set hold it up.
            var age = _time.GetUtcNow() - message.At;
            if (age + wait > EvidencePatience || wait > EvidencePatience)
            {
                return null;
            }

            await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(EventId = 9001, Level = LogLevel.Information, Message = "Sentry sink '{Sink}' has no DSN (option Dsn, or {Variable}): nothing is sent to Sentry")]
    private static partial void LogOff(ILogger logger, string sink, string variable);
}
