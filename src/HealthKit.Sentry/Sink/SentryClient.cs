namespace HealthKit;

/// <summary>One sink's way to Sentry: its settings, and its transport or the app's own sender.</summary>
internal sealed class SentryClient : IDisposable
{
    private readonly ISentryEventSender? _sender;
    private readonly Redactor _redactor;

    public SentryClient(
        string name, SentrySettings settings, SentryTransport? transport, ISentryEventSender? sender, Redactor redactor, SentryTrail trail, SentryApp app)
    {
        (Name, Settings, Transport, App) = (name, settings, transport, app);
        _sender = sender;
        _redactor = redactor;
        Events = new SentryEvents(settings, redactor, trail);
    }

    public string Name { get; }

    public SentrySettings Settings { get; }

    public SentryApp App { get; }

    public SentryEvents Events { get; }

    /// <summary>Null without a DSN.</summary>
    public SentryTransport? Transport { get; }

    /// <summary>Whether events go anywhere.</summary>
    public bool CanSend => _sender is not null || Transport is not null;

    /// <summary>Whether check-ins go anywhere: the app's sender takes events alone.</summary>
    public bool CanCheckIn => Transport is not null;

    public Task<SinkResult> SendAsync(SentryIncidentEvent sentryEvent, CancellationToken cancellationToken)
    {
        if (_sender is not null)
        {
            return _sender.SendAsync(sentryEvent, cancellationToken);
        }

        var attachments = sentryEvent.Attachments.Select(file => SentryItem.Attachment(file.Name, file.Content, file.ContentType));
        return Transport!.SendAsync(SentryEnvelope.ForEvent(sentryEvent.EventId, sentryEvent.Json, attachments), cancellationToken);
    }

    public Task<SinkResult> SendAsync(CheckIn checkIn, bool isSentAgain, CancellationToken cancellationToken) =>
        Transport!.SendAsync(SentryEnvelope.ForCheckIn(checkIn.ToJson(Settings, App.Release, _redactor), isSentAgain), cancellationToken);

    public void Dispose() => Transport?.Dispose();
}
