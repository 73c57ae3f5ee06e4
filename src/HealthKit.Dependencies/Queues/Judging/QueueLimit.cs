namespace HealthKit;

/// <summary>A gauge with the limits in force.</summary>
internal sealed class QueueLimit(Gauge gauge, double? degraded, double? unhealthy)
{
    private readonly GaugeLimits _limits = gauge.Resolve(degraded, unhealthy);

    /// <summary>Whether there is one.</summary>
    public bool IsSet => (degraded ?? unhealthy) is not null;

    /// <summary>The option that set it.</summary>
    public string Option => degraded is not null ? gauge.DegradedOption : gauge.UnhealthyOption;

    public GaugeLevel Judge(double value) => gauge.Judge(value, _limits);

    /// <summary>The limit that a level passed, in words.</summary>
    public string ExplainLimit(GaugeLevel level) => gauge.ExplainLimit(level, _limits);

    /// <summary>Adds what is wrong with a value.</summary>
    public void AddTo(GaugeVerdict verdict, double value, string reason)
    {
        if (Judge(value) is var level and not GaugeLevel.Ok)
        {
            verdict.Add(level, reason, gauge.Explain(value, level, _limits));
        }
    }
}
