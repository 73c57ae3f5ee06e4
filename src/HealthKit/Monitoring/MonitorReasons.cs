using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace HealthKit;

/// <summary>The reasons that the monitor itself gives, of any check: what happened and what to do.</summary>
internal static partial class MonitorReasons
{
    private const int MaxCodeLength = 100;

    public static readonly IReadOnlyList<(string Code, string Meaning, string Remedy)> All =
    [
        ("check.degraded", "The check reported degraded and gave no reason of its own.", "Read its description."),
        ("check.exception", "The check threw, or could not be made. Its exception is in the details.", "Correct what the exception names."),
        ("check.failed", "The check reported a failure and gave no reason of its own.", "Read its description."),
        ("check.noNews", "Shown only without HealthKit's monitor: the check had nothing to report.", "Add HealthKit's monitor: it keeps and ages the last result."),
        ("check.pending", "The check has not had its first result yet.", "Wait one period and its timeout; then see monitor.busy."),
        ("check.stale", "No result for three periods: what is known is too old to count.", "See whether what feeds the check is alive, and whether the app is overloaded."),
        ("check.timeout", "A run did not end in time. It goes on; no other starts before it ends (runningSince).", "See why what it asks does not answer; raise the check's Timeout if it is only slow."),
        ("check.undefinedStatus", "The check returned a status that does not exist: it counts as a failure. The number is in the description.", "Return HealthStatus.Healthy, Degraded or Unhealthy."),
        ("monitor.busy", "The run waited for a place longer than it may take: too many slow checks run at once.", "Find the checks with a long duration; raise HealthKit:MaxConcurrentRuns."),
        ("monitor.stopped", "The monitor's clock stands still: nothing is known any more.", "The app is stopping, or its process is broken: restart it."),
        ("runtime.threadPoolStarved", "The .NET thread pool runs no work, so the run cannot end. It says nothing about what is checked.", "Find what blocks pool threads (dotnet-stack report, dotnet-counters): mostly sync over async."),
    ];

    // What a check itself said without a code is its type's matter: its remedy stands there.
    private static readonly FrozenDictionary<string, string> Remedies = All
        .Where(reason => reason.Code is not ("check.degraded" or "check.failed"))
        .ToFrozenDictionary(reason => reason.Code, reason => reason.Remedy);

    /// <summary>
    /// Whether a check may give this as its reason: a dotted code (letters, digits, <c>_</c> and <c>-</c> between dots, at most 100 characters) that does not pass for
    /// one of the monitor's.
    /// </summary>
    public static bool IsOfCheck(string code) =>
        code.Length <= MaxCodeLength
        && DottedCode().IsMatch(code)
        && !code.StartsWith("check.", StringComparison.Ordinal)
        && !code.StartsWith("monitor.", StringComparison.Ordinal)
        && code != "runtime.threadPoolStarved";

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex DottedCode();

    /// <summary>What to do about a reason of the monitor's; null for a check's own.</summary>
    public static string? RemedyFor(string? reason) => reason is null ? null : Remedies.GetValueOrDefault(reason);
}
