namespace HealthKit;

/// <summary>What every check of a dependency can be told.</summary>
public abstract class DependencyOptions
{
    private protected DependencyOptions()
    {
    }

    /// <summary>
    /// The time for all stages of a run together. Keep it below the check's own timeout (5 s unless changed): then the result names the stage that was too
    /// slow, where the timeout can only say that the run did not end. Allowed: 10 ms to 1 h. Default: 00:00:04.
    /// </summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Degraded when a run that succeeds takes longer than this, all stages together; the reason names the slowest stage. Allowed: above 0. Default: none.
    /// </summary>
    public TimeSpan? DegradedAboveLatency { get; set; }

    internal IEnumerable<OptionError> ValidateCommon()
    {
        if (Deadline < TimeSpan.FromMilliseconds(10) || Deadline > TimeSpan.FromHours(1))
        {
            yield return new OptionError(nameof(Deadline), Deadline, "a time from 00:00:00.0100000 to 01:00:00");
        }

        if (DegradedAboveLatency is { } latency && latency <= TimeSpan.Zero)
        {
            yield return new OptionError(nameof(DegradedAboveLatency), latency, "a time above zero");
        }
    }
}
