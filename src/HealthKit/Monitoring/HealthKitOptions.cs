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

    /// <summary>
    /// The absolute path of a file that means maintenance while it is there, from its last write time on; best on a local disk. Empty, it ends by
    /// itself 1 h after its last write, so that a forgotten file does not silence for ever: write it anew to go on. With content, it is a JSON object:
    /// <c>{ "end": "2026-11-22T22:00:00+01:00", "reason": "deploy", "checks": ["db"] }</c>; <c>end</c> is required, at most 31 days after the last
    /// write; no <c>checks</c> means all; at most 16 KiB. Content with a mistake silences nobody: the check <c>healthkit</c> says so with
    /// <c>maintenance.fileInvalid</c>. Looked at no more often than once a second. Default: null, no file.
    /// </summary>
    public string? MaintenanceFile { get; set; }

    /// <summary>Options of one's own with the same values, which are all immutable.</summary>
    internal HealthKitOptions Copy() => (HealthKitOptions)MemberwiseClone();
}
