namespace HealthKit;

/// <summary>What the outages of a check, or of the app as a whole, add up to.</summary>
/// <param name="Check">The check's name; null for the app as a whole.</param>
/// <param name="Outages">How many outages are kept.</param>
/// <param name="Total">How long it was down in them: without what nobody saw, and without those that were planned.</param>
/// <param name="Longest">How long in the longest one.</param>
/// <param name="UptimePercentDay">Of the last 24 h, as far as the app ran: the share in which it was not down. Null when it did not run.</param>
/// <param name="UptimePercentWeek">The same for the last 7 days.</param>
/// <param name="UptimePercentMonth">The same for the last 30 days.</param>
public sealed record Downtime(
    string? Check,
    int Outages,
    TimeSpan Total,
    TimeSpan Longest,
    double? UptimePercentDay,
    double? UptimePercentWeek,
    double? UptimePercentMonth);
