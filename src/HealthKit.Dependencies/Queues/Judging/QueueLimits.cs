namespace HealthKit;

/// <summary>What limits mean, worked out once for each options object.</summary>
internal sealed class QueueLimits
{
    // One limit does not bring the other: a queue that is to warn is not to take the app out of its load balancer.
    private static readonly Gauge DepthGauge = new(
        "depth", GaugeUnit.Count, GaugeDirection.HighIsBad, nameof(QueueOptions.DegradedAboveDepthCount), nameof(QueueOptions.UnhealthyAboveDepthCount), ratio: double.PositiveInfinity);

    private static readonly Gauge AgeGauge = new(
        "oldest age", GaugeUnit.Seconds, GaugeDirection.HighIsBad, nameof(QueueOptions.DegradedAboveOldestAge), nameof(QueueOptions.UnhealthyAboveOldestAge), ratio: double.PositiveInfinity);

    private static readonly Gauge DrainGauge = new(
        "time to drain", GaugeUnit.Seconds, GaugeDirection.HighIsBad, nameof(QueueOptions.DegradedAboveDrainTime), nameof(QueueOptions.UnhealthyAboveDrainTime), ratio: double.PositiveInfinity);

    private static readonly Gauge DeadGauge = new(
        "dead", GaugeUnit.Count, GaugeDirection.HighIsBad, nameof(QueueOptions.DegradedAboveDeadCount), nameof(QueueOptions.UnhealthyAboveDeadCount), ratio: double.PositiveInfinity);

    private static readonly Gauge RetryingGauge = new(
        "retrying", GaugeUnit.Count, GaugeDirection.HighIsBad, nameof(QueueOptions.DegradedAboveRetryingCount), nameof(QueueOptions.UnhealthyAboveRetryingCount), ratio: double.PositiveInfinity);

    private static readonly Gauge NoArrivalsGauge = new(
        "no arrivals for",
        GaugeUnit.Seconds,
        GaugeDirection.HighIsBad,
        nameof(QueueOptions.DegradedWhenNoArrivalsFor),
        nameof(QueueOptions.UnhealthyWhenNoArrivalsFor),
        ratio: double.PositiveInfinity);

    private static readonly Gauge StuckGauge = new(
        "nothing completed for",
        GaugeUnit.Seconds,
        GaugeDirection.HighIsBad,
        nameof(QueueOptions.DegradedWhenStuckFor),
        nameof(QueueOptions.UnhealthyWhenStuckFor),
        ratio: double.PositiveInfinity);

    private static readonly TimeSpan DefaultStuck = TimeSpan.FromMinutes(15);

    public QueueLimits(QueueOptions options)
    {
        Options = options;
        Depth = new QueueLimit(DepthGauge, options.DegradedAboveDepthCount, options.UnhealthyAboveDepthCount);
        OldestAge = new QueueLimit(AgeGauge, options.DegradedAboveOldestAge?.TotalSeconds, options.UnhealthyAboveOldestAge?.TotalSeconds);
        DrainTime = new QueueLimit(DrainGauge, options.DegradedAboveDrainTime?.TotalSeconds, options.UnhealthyAboveDrainTime?.TotalSeconds);
        Dead = new QueueLimit(DeadGauge, options.DegradedAboveDeadCount, options.UnhealthyAboveDeadCount);
        Retrying = new QueueLimit(RetryingGauge, options.DegradedAboveRetryingCount, options.UnhealthyAboveRetryingCount);
        NoArrivals = new QueueLimit(NoArrivalsGauge, options.DegradedWhenNoArrivalsFor?.TotalSeconds, options.UnhealthyWhenNoArrivalsFor?.TotalSeconds);
        Stuck = new QueueLimit(StuckGauge, (options.DegradedWhenStuckFor ?? StuckOf(options.UnhealthyWhenStuckFor)).TotalSeconds, options.UnhealthyWhenStuckFor?.TotalSeconds);
    }

    public QueueOptions Options { get; }

    public QueueLimit Depth { get; }

    public QueueLimit OldestAge { get; }

    public QueueLimit DrainTime { get; }

    public QueueLimit Dead { get; }

    public QueueLimit Retrying { get; }

    public QueueLimit NoArrivals { get; }

    public QueueLimit Stuck { get; }

    /// <summary>What is wrong with limits, and with texts that are none.</summary>
    public static IEnumerable<OptionError> Validate(QueueOptions options)
    {
        foreach (var error in options.ValidateCommon()
            .Concat(DepthGauge.Validate(options.DegradedAboveDepthCount, options.UnhealthyAboveDepthCount))
            .Concat(DeadGauge.Validate(options.DegradedAboveDeadCount, options.UnhealthyAboveDeadCount))
            .Concat(RetryingGauge.Validate(options.DegradedAboveRetryingCount, options.UnhealthyAboveRetryingCount))
            .Concat(AgeGauge.Validate(options.DegradedAboveOldestAge, options.UnhealthyAboveOldestAge))
            .Concat(DrainGauge.Validate(options.DegradedAboveDrainTime, options.UnhealthyAboveDrainTime))
            .Concat(NoArrivalsGauge.Validate(options.DegradedWhenNoArrivalsFor, options.UnhealthyWhenNoArrivalsFor))
            .Concat(StuckGauge.Validate(options.DegradedWhenStuckFor, options.UnhealthyWhenStuckFor)))
        {
            yield return error;
        }

        foreach (var error in QueueSourceKinds.ValidateTexts(options))
        {
            yield return error;
        }

        if (options.MinimumConsumersCount is < 0 or > 10_000)
        {
            yield return new OptionError(nameof(options.MinimumConsumersCount), options.MinimumConsumersCount, "a whole number from 0 to 10000 (count)");
        }
    }

    /// <summary>A default is never above what was set.</summary>
    private static TimeSpan StuckOf(TimeSpan? unhealthy) => unhealthy < DefaultStuck ? unhealthy.Value : DefaultStuck;
}
