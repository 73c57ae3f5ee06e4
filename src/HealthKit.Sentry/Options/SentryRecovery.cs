namespace HealthKit;

/// <summary>How Sentry is told that an incident is resolved. Never with the incident's fingerprint: that would reopen a resolved issue.</summary>
public enum SentryRecovery
{
    /// <summary>An event of level <c>info</c> with a fingerprint of its own.</summary>
    Event,

    /// <summary>
    /// A monitor (cron) for each check: the incident also opens its issue, and the resolve closes it. The issue of the incident's own
    /// event stays open until somebody resolves it.
    /// </summary>
    Monitor,
}
