namespace HealthKit;

/// <summary>Counts what happened in the last hour, to the minute. Not safe for several threads.</summary>
internal sealed class HourCount
{
    private const int Minutes = 60;

    private readonly long[] _counts = new long[Minutes];
    private readonly long[] _minutes = new long[Minutes];

    /// <param name="now">Monotonic time in ticks of 100 ns.</param>
    /// <param name="count">How often it happened.</param>
    public void Add(long now, long count)
    {
        var minute = now / TimeSpan.TicksPerMinute;
        var slot = minute % Minutes;
        if (_minutes[slot] != minute)
        {
            (_minutes[slot], _counts[slot]) = (minute, 0);
        }

        _counts[slot] += count;
    }

    public long Total(long now)
    {
        var since = (now / TimeSpan.TicksPerMinute) - Minutes;
        var total = 0L;
        for (var i = 0; i < Minutes; i++)
        {
            total += _minutes[i] > since ? _counts[i] : 0;
        }

        return total;
    }
}
