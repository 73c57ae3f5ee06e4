namespace HealthKit;

/// <summary>A time in which the app did not run and nobody looked.</summary>
/// <param name="From">The last sign of life of the run before; null when that is not known.</param>
/// <param name="Until">The first result after it.</param>
public sealed record IncidentGap(DateTimeOffset? From, DateTimeOffset Until);
