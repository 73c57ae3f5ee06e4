namespace HealthKit.Tests.Files;

/// <summary>A clock that a test turns by hand. Each look at the timestamp may turn it, too: as if every step of a walk took so long.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private TimeSpan _elapsed;

    public static DateTimeOffset Start { get; } = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    public TimeSpan Step { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan by) => _elapsed += by;

    public override DateTimeOffset GetUtcNow() => Start + _elapsed;

    public override long GetTimestamp()
    {
        _elapsed += Step;
        return _elapsed.Ticks;
    }
}
