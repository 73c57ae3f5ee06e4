namespace HealthKit;

/// <summary>A time in which the app did not run for the most part, and nobody knows what the check did.</summary>
/// <param name="From">
/// The last sign of life of the run before: it may have lived up to a minute longer, 10 s while something was unhealthy. Null when it is not known.
/// </param>
/// <param name="Until">The first result after it.</param>
public sealed record IncidentGap(DateTimeOffset? From, DateTimeOffset Until);
