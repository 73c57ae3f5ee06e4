using System.Collections.Frozen;

namespace HealthKit;

/// <summary>The reasons that the monitor itself gives, of any check: what happened and what to do.</summary>
internal static class MonitorReasons
{
    public static readonly IReadOnlyList<(string Code, string Meaning, string Remedy)> All =
    [
        ("check.degraded", "The check reported degraded and gave no reason of its own.", "Read its description."),
        ("check.exception", "The check threw, or could not be made. Its exception is in the details.", "Correct what the exception names."),
        ("check.failed", "The check reported a failure and gave no reason of its own.", "Read its description."),
        ("check.noNews", "Shown only without HealthKit's monitor: the check had nothing to report.", "Add HealthKit's monitor: it keeps and ages the last result."),
        ("check.pending", "The check has not had its first result yet.", "Wait one period and its timeout; then see monitor.busy."),
        ("check.stale", "No result for three periods: what is known is too old to count.", "See whether what feeds the check is alive, and whether the app is overloaded."),
        ("check.timeout", "A run did not end in time. It goes on; no other starts before it ends (runningSince).", "See why what it asks does not answer; raise the check's Timeout if it is only slow."),
        ("monitor.busy", "The run waited for a place longer than it may take: too many slow checks run at once.", "Find the checks with a long duration; raise HealthKit:MaxConcurrentRuns."),
        ("monitor.stopped", "The monitor's clock stands still: nothing is known any more.", "The app is stopping, or its process is broken: restart it."),
        ("runtime.threadPoolStarved", "The .NET thread pool runs no work, so the run cannot end. It says nothing about what is checked.", "Find what blocks pool threads (dotnet-stack report, dotnet-counters): mostly sync over async."),
    ];

    // What a check itself said without a code is its type's matter: its remedy stands there.
    private static readonly FrozenDictionary<string, string> Remedies = All
        .Where(reason => reason.Code is not ("check.degraded" or "check.failed"))
        .ToFrozenDictionary(reason => reason.Code, reason => reason.Remedy);

    /// <summary>What to do about a reason of the monitor's; null for a check's own.</summary>
    public static string? RemedyFor(string? reason) => reason is null ? null : Remedies.GetValueOrDefault(reason);
}
