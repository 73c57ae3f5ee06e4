using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Messages of the app's own. They go to the first Sentry sink that has a DSN, without secrets, by a queue of 100: the oldest is dropped
/// (and counted for Sentry's statistics) when it is full. A singleton service.
/// </summary>
/// <remarks>The queue is in memory: what is not sent when the app ends is lost. Incidents are kept on disk, these are not.</remarks>
public abstract class SentryMessages
{
    /// <summary>Sends a message. Returns at once, never throws for what Sentry does, and does nothing without a DSN.</summary>
    /// <param name="level">How bad it is; <c>Critical</c> is Sentry's <c>fatal</c>.</param>
    /// <param name="message">The text; cut at 8,192 characters. Sentry makes its first line the title.</param>
    /// <param name="extra">
    /// What stands around it: numbers, texts, times, lists and maps of them; anything else by its <c>ToString()</c>. At most 100 entries,
    /// each text cut at 2,000 characters.
    /// </param>
    /// <param name="fingerprint">What makes it one issue with others; null to let Sentry decide by the text.</param>
    /// <returns>The event's id in Sentry; null when there is no DSN.</returns>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    public abstract string? Capture(
        LogLevel level, string message, IReadOnlyDictionary<string, object?>? extra = null, IReadOnlyList<string>? fingerprint = null);
}
