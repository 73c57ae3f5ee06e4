namespace HealthKit;

/// <summary>A stretch of time and how much of it counts; all in ticks (100 ns), from and until as UTC ticks.</summary>
/// <param name="From">Where it begins.</param>
/// <param name="Until">Where it ends.</param>
/// <param name="Amount">How much of it counts: all, or less where several were put together and the exact times forgotten.</param>
internal readonly record struct Stretch(long From, long Until, long Amount)
{
    /// <summary>How much of it counts in a window; even where the exact times are forgotten, it is taken to be spread evenly.</summary>
    public long Within(long from, long until)
    {
        var overlap = Math.Min(Until, until) - Math.Max(From, from);
        if (overlap <= 0)
        {
            return 0;
        }

        var length = Until - From;
        return Amount >= length ? overlap : (long)((Int128)overlap * Amount / length);
    }
}
