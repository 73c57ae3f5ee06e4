using System.Text;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

/// <summary>Writes <c>docs/checks/README.md</c>: the check types, one row each.</summary>
internal static class CheckIndex
{
    public static string Write()
    {
        using var services = ConformanceCases.Services();
        var defaults = services.GetServices<DefaultCheck>().ToList();
        var text = new StringBuilder(
            $"""
            # Checks

            A check of each type can be added in code or declared in configuration by its type. Those named under *default* are added by
            `AddHealthKit()`. Each page has the states, options, readings and reasons; [the runbook](../runbook.md) says what to do.

            <!-- Made of the check types' descriptors by a test, not by hand: {Approved.Variable}=1 dotnet test tests/HealthKit.Tests -->

            | type | measures | in code | default |
            | --- | --- | --- | --- |

            """);
        foreach (var type in ConformanceCases.Types())
        {
            var inCode = ConformanceCases.Of(type.Name) is { IsForUsers: true } one ? $"`{one.MethodName}`" : "";
            var names = defaults.Where(check => TypedCheck.Of(check.Registration)?.Type == type).Select(check => $"`{check.Registration.Name}`");
            text.Append(
                $"| [{type.Name}]({CheckPage.FileOf(type.Name)}) | {Markdown.Cell(type.Descriptor.Measures)} | {inCode} | {string.Join(", ", names)} |\n");
        }

        return text.Append("\nA check of your own: [writing checks](../writing-checks.md).\n").ToString();
    }
}
