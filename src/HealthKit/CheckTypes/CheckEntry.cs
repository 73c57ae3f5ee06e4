namespace HealthKit;

/// <summary>What failures may read as. Healthy is not among them: unknown is never healthy.</summary>
internal enum FailureStatus
{
    Unhealthy = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy,
    Degraded = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Degraded,
}

/// <summary>The keys that any entry of <c>HealthKit:Checks</c> may carry, beside the options of its check's type.</summary>
internal sealed class CheckEntry
{
    public static readonly OptionSchema Schema = OptionSchema.Of<CheckEntry>();

    public string? Type { get; set; }

    public string? Name { get; set; }

    public IList<string>? Tags { get; set; }

    public FailureStatus? FailureStatus { get; set; }

    public bool? Enabled { get; set; }

    public TimeSpan? Period { get; set; }

    public TimeSpan? Timeout { get; set; }

    public TimeSpan? Delay { get; set; }

    public TimeSpan? StaleAfter { get; set; }

    public int? FailureThreshold { get; set; }

    public int? RecoveryThreshold { get; set; }

    public string? Remedy { get; set; }

    public IList<string>? DependsOn { get; set; }

    public DateTimeOffset? MutedUntil { get; set; }

    public string? MuteReason { get; set; }

    /// <summary>Lays what is set over a policy.</summary>
    public CheckPolicy Over(CheckPolicy policy) => policy with
    {
        Enabled = Enabled ?? policy.Enabled,
        Period = Period ?? policy.Period,
        Timeout = Timeout ?? policy.Timeout,
        Delay = Delay ?? policy.Delay,
        StaleAfter = StaleAfter ?? policy.StaleAfter,
        FailureThreshold = FailureThreshold ?? policy.FailureThreshold,
        RecoveryThreshold = RecoveryThreshold ?? policy.RecoveryThreshold,
        Remedy = Remedy ?? policy.Remedy,
        DependsOn = DependsOn is null ? policy.DependsOn : [.. DependsOn],
        MutedUntil = MutedUntil ?? policy.MutedUntil,
        MuteReason = MuteReason ?? policy.MuteReason,
    };
}
