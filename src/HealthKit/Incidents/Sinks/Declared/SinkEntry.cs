namespace HealthKit;

/// <summary>The keys that any entry of <c>HealthKit:Sinks</c> may carry, beside the options of its sink's type.</summary>
internal sealed class SinkEntry
{
    public static readonly OptionSchema Schema = OptionSchema.Of<SinkEntry>();

    public string? Type { get; set; }

    public bool? Enabled { get; set; }

    /// <summary>Healthy is not among them: nothing is told of what is healthy.</summary>
    public FailureStatus? MinimumStatus { get; set; }

    public IList<string>? Tags { get; set; }

    public IList<string>? Checks { get; set; }

    public bool? IncludeSilent { get; set; }

    /// <summary>Lays what is set over a policy.</summary>
    public SinkPolicy Over(SinkPolicy policy) => policy with
    {
        Enabled = Enabled ?? policy.Enabled,
        MinimumStatus = (Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus?)MinimumStatus ?? policy.MinimumStatus,
        Tags = Tags is null ? policy.Tags : [.. Tags],
        Checks = Checks is null ? policy.Checks : [.. Checks],
        IncludeSilent = IncludeSilent ?? policy.IncludeSilent,
    };
}
