namespace HealthKit;

/// <summary>The keys of <c>HealthKit:Defaults</c>.</summary>
internal sealed class PolicyDefaults
{
    public TimeSpan? Period { get; set; }

    public TimeSpan? Timeout { get; set; }

    public int? FailureThreshold { get; set; }

    public int? RecoveryThreshold { get; set; }

    public CheckPolicy Over(CheckPolicy policy) => policy with
    {
        Period = Period ?? policy.Period,
        Timeout = Timeout ?? policy.Timeout,
        FailureThreshold = FailureThreshold ?? policy.FailureThreshold,
        RecoveryThreshold = RecoveryThreshold ?? policy.RecoveryThreshold,
    };
}
