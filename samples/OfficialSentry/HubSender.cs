using System.Text.Json;
using HealthKit;

/// <summary>Sends HealthKit's events through the app's Sentry hub: see docs/guides/official-sentry-sdk.md.</summary>
internal sealed class HubSender(IHub hub) : ISentryEventSender
{
    public Task<SinkResult> SendAsync(SentryIncidentEvent sentryEvent, CancellationToken cancellationToken)
    {
        using var json = JsonDocument.Parse(sentryEvent.Json);
        var id = hub.CaptureEvent(SentryEvent.FromJson(json.RootElement), scope =>
        {
            foreach (var file in sentryEvent.Attachments)
            {
                scope.AddAttachment(file.Content.ToArray(), file.Name, contentType: file.ContentType);
            }
        });
        return Task.FromResult(id == SentryId.Empty ? SinkResult.Rejected("The SDK dropped it (BeforeSend, sampling or no DSN).") : SinkResult.Delivered);
    }
}
