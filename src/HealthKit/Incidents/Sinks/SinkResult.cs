namespace HealthKit;

/// <summary>What became of a message that a sink was given.</summary>
public sealed record SinkResult
{
    private SinkResult(SinkOutcome outcome, string? problem, TimeSpan? retryAfter) => (Outcome, Problem, RetryAfter) = (outcome, problem, retryAfter);

    /// <summary>The receiver has it.</summary>
    public static SinkResult Delivered { get; } = new(SinkOutcome.Delivered, null, null);

    /// <summary>What became of it.</summary>
    public SinkOutcome Outcome { get; }

    /// <summary>Why it was not delivered; shown at the check of the sink.</summary>
    public string? Problem { get; }

    /// <summary>How long the receiver asked to be left alone; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>It did not get through now: it is sent again, ever less often.</summary>
    /// <param name="problem">Why; without secrets.</param>
    /// <param name="after">How long the receiver asked to be left alone.</param>
    public static SinkResult Retry(string problem, TimeSpan? after = null) => new(SinkOutcome.Retry, problem, after);

    /// <summary>The receiver will never take this message.</summary>
    /// <param name="problem">Why; without secrets.</param>
    public static SinkResult Rejected(string problem) => new(SinkOutcome.Rejected, problem, null);
}
