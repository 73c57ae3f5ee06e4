namespace HealthKit;

/// <summary>
/// Where incidents go. Each sink has an outbox of its own that survives a restart, and a thread of its own: a sink that is slow, down or
/// broken holds up no check and no other sink.
/// </summary>
public interface IIncidentSink
{
    /// <summary>
    /// Why the sink has nowhere to send to, and is as good as not there: it is handed no messages, only tests. Null, the default, when it is
    /// used. Asked once, when it has been made.
    /// </summary>
    string? WhyOff => null;

    /// <summary>
    /// Tells one message. Called for one message at a time, in their order. A message that was not delivered is handed over again, so
    /// the receiver may get one twice: it has the same <see cref="IncidentMessage.Id"/>. An exception counts as
    /// <see cref="SinkResult.Retry"/>.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends when the time for one attempt, 30 s, is over, or the app stops.</param>
    Task<SinkResult> SendAsync(IncidentMessage message, CancellationToken cancellationToken);
}
