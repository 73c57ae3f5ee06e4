namespace HealthKit;

/// <summary>Settings of the monitor as a whole. Configuration section <c>HealthKit</c>, which wins over code.</summary>
public sealed class HealthKitOptions
{
    /// <summary>
    /// The policy that checks start from: <see cref="CheckPolicy.Period"/>, <see cref="CheckPolicy.Timeout"/> and both thresholds;
    /// in configuration <c>HealthKit:Defaults</c>.
    /// </summary>
    public CheckPolicy Defaults { get; set; } = new();

    /// <summary>Whether <c>disk</c>, <c>temp_disk</c>, <c>memory</c> and <c>healthkit</c> are added. Default: true.</summary>
    public bool AddDefaultChecks { get; set; } = true;

    /// <summary>How many runs may be under way at once; 1 to 1,000. Runs past their deadline do not count. Default: 16.</summary>
    public int MaxConcurrentRuns { get; set; } = 16;

    /// <summary>
    /// Where HealthKit keeps what must survive a restart. Default: the first path in the environment variable <c>STATE_DIRECTORY</c>
    /// (systemd.exec(5)), else a directory of the account the app runs as.
    /// </summary>
    public string? StateDirectory { get; set; }
}
