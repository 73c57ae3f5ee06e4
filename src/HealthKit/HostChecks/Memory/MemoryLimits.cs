namespace HealthKit;

/// <summary>What options mean, worked out once for each options object: the limits in force.</summary>
internal sealed class MemoryLimits
{
    private static readonly Gauge Percent = new(
        "free memory",
        GaugeUnit.Percent,
        GaugeDirection.LowIsBad,
        nameof(MemoryOptions.DegradedBelowFreePercent),
        nameof(MemoryOptions.UnhealthyBelowFreePercent),
        new GaugeLimits(10, 5));

    private static readonly Gauge Bytes = new(
        "free memory",
        GaugeUnit.Bytes,
        GaugeDirection.LowIsBad,
        nameof(MemoryOptions.DegradedBelowFreeBytes),
        nameof(MemoryOptions.UnhealthyBelowFreeBytes),
        new GaugeLimits(1L << 30, 512L << 20));

    // Where the two defaults meet: 5 % of 10 GiB are 512 MiB.
    private static readonly double BytesRuleAbove = Bytes.Defaults.Unhealthy / Percent.Defaults.Unhealthy * 100;

    private readonly bool _defaults;
    private readonly GaugeLimits _percent;
    private readonly GaugeLimits _bytes;

    public MemoryLimits(MemoryOptions options)
    {
        Options = options;
        var percentSet = (options.DegradedBelowFreePercent ?? options.UnhealthyBelowFreePercent) is not null;
        var bytesSet = (options.DegradedBelowFreeBytes ?? options.UnhealthyBelowFreeBytes) is not null;
        _defaults = !percentSet && !bytesSet;
        _percent = percentSet ? Percent.Resolve(options.DegradedBelowFreePercent, options.UnhealthyBelowFreePercent) : GaugeLimits.None;
        _bytes = bytesSet ? Bytes.Resolve(options.DegradedBelowFreeBytes, options.UnhealthyBelowFreeBytes) : GaugeLimits.None;
    }

    public MemoryOptions Options { get; }

    public static IEnumerable<OptionError> Validate(MemoryOptions options)
    {
        foreach (var error in Percent.Validate(options.DegradedBelowFreePercent, options.UnhealthyBelowFreePercent)
            .Concat(Bytes.Validate(options.DegradedBelowFreeBytes, options.UnhealthyBelowFreeBytes)))
        {
            yield return error;
        }

        if (options.ExpectedSwapBytes < 0)
        {
            yield return new OptionError(nameof(options.ExpectedSwapBytes), options.ExpectedSwapBytes, "a whole number of 0 or more (bytes)");
        }
    }

    /// <summary>How bad it is.</summary>
    public GaugeLevel Judge(MemoryPool pool)
    {
        var (percent, bytes) = LimitsOf(pool);
        var percentLevel = Percent.Judge(pool.FreePercent, percent);
        var bytesLevel = Bytes.Judge(pool.FreeBytes, bytes);
        return bytesLevel > percentLevel ? bytesLevel : percentLevel;
    }

    /// <summary>The limit that it passed, in words.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="level">What <see cref="Judge"/> said of it, not <see cref="GaugeLevel.Ok"/>.</param>
    public string Explain(MemoryPool pool, GaugeLevel level)
    {
        var (percent, bytes) = LimitsOf(pool);
        return Percent.Judge(pool.FreePercent, percent) == level ? Percent.ExplainLimit(level, percent) : Bytes.ExplainLimit(level, bytes);
    }

    private (GaugeLimits Percent, GaugeLimits Bytes) LimitsOf(MemoryPool pool)
    {
        // One rule at a time where nothing is set: the one that asks for less.
        var byBytes = _defaults && pool.LimitBytes > BytesRuleAbove;
        return (_defaults && !byBytes ? Percent.Defaults : _percent, byBytes ? Bytes.Defaults : _bytes);
    }
}
