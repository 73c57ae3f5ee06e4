namespace HealthKit;

/// <summary>A time in which a check was unhealthy.</summary>
/// <param name="Check">The check's name; null for the app as a whole: some check was unhealthy.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it ended; null while it lasts.</param>
/// <param name="Reason">The reason it began with; null when the check gave none.</param>
/// <param name="Unknown">How much of it nobody saw, because the app did not run; not counted as down.</param>
/// <param name="Planned">Whether it began in a maintenance window; not counted as down.</param>
public sealed record Outage(string? Check, DateTimeOffset Start, DateTimeOffset? End, string? Reason, TimeSpan Unknown, bool Planned);
