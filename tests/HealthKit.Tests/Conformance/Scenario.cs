namespace HealthKit.Tests.Conformance;

/// <summary>What a check of the suite meets.</summary>
public enum Scenario
{
    /// <summary>All is well, and limits are set so that it is on any machine.</summary>
    Healthy,

    /// <summary>What is measured is beyond the worst limit.</summary>
    Failing,

    /// <summary>What the check must read is not there or not for this process to read.</summary>
    Unmeasurable,
}
