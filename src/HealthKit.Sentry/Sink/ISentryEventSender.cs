namespace HealthKit;

/// <summary>
/// Sends events in the place of HealthKit's own transport: for apps that have the official SDK and want everything to go through its hub.
/// Register one as a singleton service; see <c>docs/guides/official-sentry-sdk.md</c>.
/// </summary>
public interface ISentryEventSender
{
    /// <summary>Sends one event. Called again with the same one after <see cref="SinkResult.Retry"/> or an exception.</summary>
    /// <param name="sentryEvent">The event.</param>
    /// <param name="cancellationToken">Ends when the time for one attempt is over, or the app stops.</param>
    Task<SinkResult> SendAsync(SentryIncidentEvent sentryEvent, CancellationToken cancellationToken);
}
