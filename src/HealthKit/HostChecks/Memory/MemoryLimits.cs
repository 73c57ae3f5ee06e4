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

    /// <summary>How bad it is, and the limit in words when one is passed.</summary>
    public GaugeLevel Judge(MemoryPool pool, out string? limit)
    {
        // One rule at a time where nothing is set: the one that asks for less.
        var byBytes = _defaults && pool.LimitBytes > BytesRuleAbove;
        var percentLimits = _defaults && !byBytes ? Percent.Defaults : _percent;
        var bytesLimits = byBytes ? Bytes.Defaults : _bytes;
        var percentLevel = Percent.Judge(pool.FreePercent, percentLimits);
        var bytesLevel = Bytes.Judge(pool.FreeBytes, bytesLimits);
        if (bytesLevel > percentLevel)
        {
            limit = Bytes.ExplainLimit(bytesLevel, bytesLimits);
            return bytesLevel;
        }

        limit = percentLevel == GaugeLevel.Ok ? null : Percent.ExplainLimit(percentLevel, percentLimits);
        return percentLevel;
    }
}
