namespace HealthKit;

/// <summary>What was logged in one stretch of time. A line without a time belongs to the time before it.</summary>
/// <param name="Start">Its beginning. All buckets of a summary are equally long; empty ones are left out.</param>
/// <param name="Duration">Its length.</param>
/// <param name="Lines">How many lines.</param>
/// <param name="Bytes">How many bytes, line breaks included.</param>
/// <param name="Errors">How many of the lines have the level error or critical.</param>
public sealed record LogRateBucket(DateTimeOffset Start, TimeSpan Duration, long Lines, long Bytes, long Errors);
