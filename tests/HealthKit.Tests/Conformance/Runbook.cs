using System.Text;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Conformance;

/// <summary>Writes <c>docs/runbook.md</c> from the descriptors.</summary>
internal static class Runbook
{
    /// <summary>What the monitor itself says of any check.</summary>
    public static readonly (string Code, string Meaning, string Remedy)[] MonitorReasons =
    [
        ("check.degraded", "The check reported degraded and gave no reason of its own.", "Read its description."),
        ("check.exception", "The check threw, or could not be made. Its exception is in the details.", "Correct what the exception names."),
        ("check.failed", "The check reported a failure and gave no reason of its own.", "Read its description."),
        ("check.noNews", "Shown only without HealthKit's monitor: the check had nothing to report.", "Add HealthKit's monitor: it keeps and ages the last result."),
        ("check.pending", "The check has not had its first result yet.", "Wait one period and its timeout; then see `monitor.busy`."),
        ("check.stale", "No result for three periods: what is known is too old to count.", "See whether what feeds the check is alive, and whether the app is overloaded."),
        ("check.timeout", "A run did not end in time. It goes on; no other starts before it ends (`runningSince`).", "See why what it asks does not answer; raise the check's `Timeout` if it is only slow."),
        ("monitor.busy", "The run waited for a place longer than it may take: too many slow checks run at once.", "Find the checks with a long `duration`; raise `HealthKit:MaxConcurrentRuns`."),
        ("monitor.stopped", "The monitor's clock stands still: nothing is known any more.", "The app is stopping, or its process is broken: restart it."),
        ("runtime.threadPoolStarved", "The .NET thread pool runs no work, so the run cannot end. It says nothing about what is checked.", "Find what blocks pool threads (`dotnet-stack report`, `dotnet-counters`): mostly sync over async."),
    ];

    public static string Write(IEnumerable<CheckType> types)
    {
        var text = new StringBuilder(
            $"""
            # Runbook

            What each type of check measures, what its states mean, where to look and what to do. A check's own entry in the configuration may
            replace what to do (`Remedy`).

            <!-- Made of the check types' descriptors by a test, not by hand: {Approved.Variable}=1 dotnet test tests/HealthKit.Tests -->


            """);
        foreach (var descriptor in types.Select(type => type.Descriptor))
        {
            text.Append(
                $"""
                ## {descriptor.Type}

                {Markdown.Text(descriptor.Measures)}

                | state | meaning |
                | --- | --- |

                """);
            foreach (var (status, meaning) in descriptor.States.OrderByDescending(state => state.Key))
            {
                text.Append($"| {status} | {Markdown.Cell(meaning)} |\n");
            }

            text.Append(
                $"""

                **Where to look.** {Markdown.Text(descriptor.WhereToLook)}

                **What to do.** {Markdown.Text(descriptor.Remedy)}

                Options, readings and each reason: [checks/{CheckPage.FileOf(descriptor.Type)}](checks/{CheckPage.FileOf(descriptor.Type)}).


                """);
        }

        text.Append(
            """
            ## Any check

            These reasons come from the monitor, not from the check.

            | reason | what happened | what to do |
            | --- | --- | --- |

            """);
        foreach (var (code, meaning, remedy) in MonitorReasons)
        {
            text.Append($"| `{code}` | {meaning} | {remedy} |\n");
        }

        return text.ToString();
    }
}
