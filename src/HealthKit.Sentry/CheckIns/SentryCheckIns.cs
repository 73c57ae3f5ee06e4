namespace HealthKit;

/// <summary>
/// Check-ins of the app's own monitors (crons), such as jobs. They go to the first Sentry sink that has a DSN. A singleton service.
/// </summary>
/// <remarks>
/// A check-in tells the time at which it arrives, so it is tried once and never kept for later. Sentry takes about six a minute and
/// monitor.
/// </remarks>
public abstract class SentryCheckIns
{
    /// <summary>Sends a check-in. Returns at once, never throws for what Sentry does, and does nothing without a DSN.</summary>
    /// <param name="slug">The monitor's slug: 1 to 50 of <c>a-z 0-9 _ -</c>, not digits alone.</param>
    /// <param name="status">What it tells.</param>
    /// <param name="duration">How long the job took; null when that is not known.</param>
    /// <param name="monitor">What Sentry is to expect; it makes or changes the monitor by it. Null for one that is there.</param>
    /// <param name="checkInId">The id of the check-in that this one ends; null for one of its own.</param>
    /// <returns>Its id, to end a check-in that is in progress.</returns>
    /// <exception cref="ArgumentException">The slug or the id is none.</exception>
    public abstract string CheckIn(
        string slug, SentryCheckInStatus status, TimeSpan? duration = null, SentryMonitorConfig? monitor = null, string? checkInId = null);
}
