namespace HealthKit;

/// <summary>Raw monotonic time in ticks of 100 ns, from a <see cref="TimeProvider"/>.</summary>
internal sealed class MonitorTime(TimeProvider provider)
{
    private readonly long _origin = provider.GetTimestamp();

    public bool IsSystem => provider == TimeProvider.System;

    public long Raw => provider.GetElapsedTime(_origin).Ticks;

    public DateTimeOffset UtcNow => provider.GetUtcNow();
}
