namespace HealthKit;

/// <summary>
/// What the monitor does with one check. Layers, the later ones win: <c>HealthKit:Defaults</c>, the registration's own
/// Period/Timeout/Delay, <see cref="IHealthKitBuilder.Configure"/>, the check's entry in <c>HealthKit:Checks</c>. Immutable.
/// </summary>
public sealed record CheckPolicy
{
    /// <summary>The shortest period and timeout that is accepted: 100 ms.</summary>
    public static readonly TimeSpan MinimumInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest period and timeout that is accepted: 1 day.</summary>
    public static readonly TimeSpan MaxInterval = TimeSpan.FromDays(1);

    // A list that compares by what is in it: the engine compares policies.
    private readonly CheckNames _dependsOn = CheckNames.None;

    /// <summary>Whether the check runs at all. A check that is off is in no snapshot. Default: true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>From the start of one run to the start of the next; 100 ms to 1 day. Default: 10 s.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one run may take, counted from its start; 100 ms to 1 day. Default: 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long after the start of the monitor the first run comes; 0 to 1 day. A check with a delay does not hold up readiness
    /// while it is pending. Default: 0.
    /// </summary>
    public TimeSpan Delay { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// The age from which the latest result no longer counts; above <see cref="Period"/>, to 31 days. Null, the default, means three periods,
    /// or one period, the timeout and a second where that is longer. So a slow check within its timeout never turns stale, as with no
    /// value from <see cref="Period"/> and <see cref="Timeout"/> together on.
    /// </summary>
    public TimeSpan? StaleAfter { get; init; }

    /// <summary>How many consecutive worse results it takes until the status turns worse; 1 to 1,000. Default: 1.</summary>
    public int FailureThreshold { get; init; } = 1;

    /// <summary>How many consecutive better results it takes until the status turns better; 1 to 1,000. Default: 1.</summary>
    public int RecoveryThreshold { get; init; } = 1;

    /// <summary>What to do when this check is bad: a text or a link to a runbook. Replaces the descriptor's remedy.</summary>
    public string? Remedy { get; init; }

    /// <summary>
    /// The names of checks whose failure explains this one's, compared ignoring case. While one of them is bad, or one of theirs, nobody
    /// is told of this check: its incident is recorded and names its cause. A check that is turned off is passed over, and what it
    /// depends on counts in its place. Default: none.
    /// </summary>
    /// <exception cref="ArgumentNullException">The list is null.</exception>
    public IReadOnlyList<string> DependsOn
    {
        get => _dependsOn;
        init => _dependsOn = CheckNames.Of(value);
    }

    /// <summary>
    /// Until when nobody is told of new incidents of this check, nor of what depends on it while it is bad. The check runs on. Goes
    /// with <see cref="MuteReason"/>. Null, the default, means that it is not muted.
    /// </summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>Why it is muted; goes with <see cref="MutedUntil"/>.</summary>
    public string? MuteReason { get; init; }

    /// <summary>The stale limit in force.</summary>
    internal TimeSpan StaleLimit => StaleAfter ?? Max(3 * Period, Period + Timeout + TimeSpan.FromSeconds(1));

    /// <summary>The age from which a result is late.</summary>
    internal TimeSpan OverdueLimit => Period + Timeout < StaleLimit ? Period + Timeout : StaleLimit;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
