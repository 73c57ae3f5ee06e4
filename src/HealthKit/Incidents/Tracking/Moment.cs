namespace HealthKit;

/// <summary>One moment: what people call it, and monotonic ticks of 100 ns, which deadlines are counted in.</summary>
internal readonly record struct Moment(DateTimeOffset Utc, long Ticks);
