using System.Text;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Conformance;

/// <summary>Writes <c>docs/runbook.md</c> from the descriptors.</summary>
internal static class Runbook
{
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

                {ByReason(descriptor)}Options, readings and each reason: [checks/{CheckPage.FileOf(descriptor.Type)}](checks/{CheckPage.FileOf(descriptor.Type)}).


                """);
        }

        text.Append(
            """
            ## Any check

            These reasons come from the monitor, not from the check.

            | reason | what happened | what to do |
            | --- | --- | --- |

            """);
        foreach (var (code, meaning, remedy) in MonitorReasons.All)
        {
            text.Append($"| `{code}` | {Markdown.Cell(meaning)} | {Markdown.Cell(remedy)} |\n");
        }

        return text.ToString();
    }

    private static string ByReason(CheckDescriptor descriptor) => descriptor.RemedyByReason.Count == 0
        ? ""
        : "| reason | what to do |\n| --- | --- |\n"
            + string.Concat(descriptor.RemedyByReason.Select(remedy => $"| `{remedy.Key}` | {Markdown.Cell(remedy.Value)} |\n")) + "\n";
}
