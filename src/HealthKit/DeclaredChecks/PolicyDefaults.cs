namespace HealthKit;

/// <summary>The keys of <c>HealthKit:Defaults</c>.</summary>
internal sealed class PolicyDefaults
{
    public TimeSpan? Period { get; set; }

    public TimeSpan? Timeout { get; set; }

    public int? FailureThreshold { get; set; }

    public int? RecoveryThreshold { get; set; }

    public void ApplyTo(CheckPolicy policy)
    {
        policy.Period = Period ?? policy.Period;
        policy.Timeout = Timeout ?? policy.Timeout;
        policy.FailureThreshold = FailureThreshold ?? policy.FailureThreshold;
        policy.RecoveryThreshold = RecoveryThreshold ?? policy.RecoveryThreshold;
    }
}
