using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What one of the four routes asks of a snapshot.</summary>
internal sealed class HealthRoute
{
    private readonly Func<HealthSnapshot, bool, RouteVerdict> _judge;

    private HealthRoute(string path, Func<HealthSnapshot, bool, RouteVerdict> judge)
    {
        Path = path;
        _judge = judge;
    }

    /// <summary>Everything.</summary>
    public static HealthRoute Overview { get; } = new("", static (snapshot, draining) => new(snapshot, draining, snapshot.Status, snapshot.Checks));

    /// <summary>Is the process worth keeping? A check that has had no result yet is no reason to restart it.</summary>
    public static HealthRoute Live { get; } = new("/live", static (snapshot, draining) =>
    {
        var checks = Tagged(snapshot, "live");
        return new(snapshot, draining, Worst(checks.Where(check => check.Condition != CheckCondition.Pending)), checks);
    });

    /// <summary>
    /// Should it get requests? Not before all that matters has answered, not once it was asked to stop, and not when nothing is known.
    /// </summary>
    public static HealthRoute Ready { get; } = new("/ready", static (snapshot, draining) =>
    {
        var checks = Tagged(snapshot, "ready");
        var status = draining || snapshot.IsStopped || checks.Any(IsAwaited) ? HealthStatus.Unhealthy : Worst(checks.Where(check => check.Counts));
        return new(snapshot, draining, status, checks);
    });

    /// <summary>Has it started? Shows what it waits for beside the checks of its tag.</summary>
    public static HealthRoute Startup { get; } = new("/startup", static (snapshot, draining) =>
    {
        var checks = snapshot.Checks.Where(check => HasTag(check, "startup") || IsAwaited(check)).ToList();
        var status = checks.Exists(IsAwaited) ? HealthStatus.Unhealthy : Worst(checks.Where(check => check.Counts));
        return new(snapshot, draining, status, checks);
    });

    public static IReadOnlyList<HealthRoute> Every { get; } = [Overview, Live, Ready, Startup];

    /// <summary>The path below the pattern.</summary>
    public string Path { get; }

    public RouteVerdict Judge(HealthSnapshot snapshot, bool draining) => _judge(snapshot, draining);

    // When the monitor stops before a first result, that result is still missing.
    private static bool IsAwaited(CheckState check) =>
        check.Counts && (check.Condition == CheckCondition.Pending || (check.CheckedAt is null && check.Reason == HealthMonitor.StoppedReason));

    private static List<CheckState> Tagged(HealthSnapshot snapshot, string tag) => [.. snapshot.Checks.Where(check => HasTag(check, tag))];

    private static bool HasTag(CheckState check, string tag) => check.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase);

    private static HealthStatus Worst(IEnumerable<CheckState> checks)
    {
        var worst = HealthStatus.Healthy;
        foreach (var check in checks)
        {
            if (check.Status < worst)
            {
                worst = check.Status;
            }
        }

        return worst;
    }
}
