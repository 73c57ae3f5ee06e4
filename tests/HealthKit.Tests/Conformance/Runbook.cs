using System.Text;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Conformance;

/// <summary>
/// Writes <c>docs/runbook.md</c> from the descriptors. What several types say of a reason word for word stands once: with the type whose name the reason begins with,
/// or among what several checks say.
/// </summary>
internal sealed class Runbook
{
    private const string Shared = "What several checks say";

    private readonly IReadOnlyList<CheckDescriptor> _descriptors;

    /// <summary>A reason and its remedy, and the types that have just these, where these are several.</summary>
    private readonly Dictionary<KeyValuePair<string, string>, string[]> _shared;

    private Runbook(IEnumerable<CheckType> types)
    {
        _descriptors = [.. types.Select(type => type.Descriptor)];
        _shared = _descriptors.SelectMany(descriptor => descriptor.RemedyByReason.Select(remedy => (Remedy: remedy, descriptor.Type)))
            .GroupBy(one => one.Remedy, one => one.Type)
            .Where(same => same.Count() > 1)
            .ToDictionary(same => same.Key, same => same.ToArray());
    }

    public static string Write(IEnumerable<CheckType> types) => new Runbook(types).Write();

    private string Write()
    {
        var text = new StringBuilder(
            $"""
            # Runbook

            What each type of check measures, what its states mean, where to look and what to do. A check's own entry in the configuration may
            replace what to do (`Remedy`).

            <!-- Made of the check types' descriptors by a test, not by hand: {Approved.Variable}=1 dotnet test tests/HealthKit.Tests -->


            """);
        foreach (var descriptor in _descriptors)
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

        text.Append($"## {Shared}\n\n| reason | what to do | of |\n| --- | --- | --- |\n");
        foreach (var (remedy, types) in _shared.Where(one => Home(one.Key) is null).OrderBy(one => one.Key.Key, StringComparer.Ordinal))
        {
            text.Append($"| `{remedy.Key}` | {Markdown.Cell(remedy.Value)} | {string.Join(", ", types)} |\n");
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

    private string ByReason(CheckDescriptor descriptor)
    {
        var elsewhere = descriptor.RemedyByReason.Where(remedy => _shared.ContainsKey(remedy) && Home(remedy) != descriptor.Type).ToList();
        var own = descriptor.RemedyByReason.Except(elsewhere).ToList();
        var text = new StringBuilder();
        if (own.Count > 0)
        {
            text.Append("| reason | what to do |\n| --- | --- |\n");
            own.ForEach(remedy => text.Append($"| `{remedy.Key}` | {Markdown.Cell(remedy.Value)} |\n"));
            text.Append('\n');
        }

        if (elsewhere.Count > 0)
        {
            var places = elsewhere.GroupBy(Home, remedy => Beginning(remedy.Key))
                .OrderBy(place => place.Key is null)
                .Select(place => $"{string.Join(", ", place.Distinct().Select(beginning => $"`{beginning}.…`"))} {Place(place.Key)}");
            text.Append($"Other reasons: {string.Join("; ", places)}.\n\n");
        }

        return text.ToString();
    }

    private static string Place(string? home) => home is null ? $"[below](#{Anchor(Shared)})" : $"under [{home}](#{Anchor(home)})";

    /// <summary>The type at which a shared reason stands: <c>tcp.refused</c> at Tcp, if that says the same of it.</summary>
    private string? Home(KeyValuePair<string, string> remedy) =>
        _shared[remedy].SingleOrDefault(type => type.Equals(Beginning(remedy.Key), StringComparison.OrdinalIgnoreCase));

    private static string Beginning(string reason) => reason[..reason.IndexOf('.', StringComparison.Ordinal)];

    private static string Anchor(string heading) => heading.ToLowerInvariant().Replace(' ', '-');
}
