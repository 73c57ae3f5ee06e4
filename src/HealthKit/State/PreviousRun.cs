namespace HealthKit;

/// <summary>How the run of the application before this one ended.</summary>
/// <param name="StartedAt">When it started, by the clock of then.</param>
/// <param name="StoppedAt">When it stopped in an orderly way; null when it did not.</param>
/// <param name="Clean">Whether it stopped in an orderly way. When false it was killed, crashed, or lost power.</param>
internal sealed record PreviousRun(DateTimeOffset StartedAt, DateTimeOffset? StoppedAt, bool Clean);
