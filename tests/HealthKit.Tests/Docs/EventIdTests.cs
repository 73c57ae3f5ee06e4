using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.Docs;

/// <summary>The ids of all that is logged, as they stand in the assemblies.</summary>
public partial class EventIdTests
{
    private static readonly List<(int Id, string Method)> Messages =
    [
        .. Repository.Packages()
            .SelectMany(package => Assembly.Load(package).GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (method.GetCustomAttribute<LoggerMessageAttribute>()?.EventId, $"{method.DeclaringType}.{method.Name}"))
            .Where(one => one.EventId is not null)
            .Select(one => (one.EventId!.Value, one.Item2)),
    ];

    [Fact]
    public void An_event_id_is_of_one_message_in_all_packages()
    {
        Assert.True(Messages.Count > 50, $"{Messages.Count} messages were found.");
        Assert.Empty(Messages.GroupBy(one => one.Id).Where(same => same.Count() > 1).Select(same => $"{same.Key}: {string.Join(", ", same.Select(one => one.Method))}"));
    }

    [Fact]
    public void Every_event_id_stands_in_the_plan_and_no_two_ranges_of_it_overlap()
    {
        var plan = Rows().Matches(Repository.Read("docs/architecture.md"))
            .Select(row => (First: int.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture), Last: int.Parse(row.Groups[2].Value, CultureInfo.InvariantCulture)))
            .ToList();

        Assert.All(Messages, one => Assert.Single(plan, range => range.First <= one.Id && one.Id <= range.Last));
        Assert.All(plan.Zip(plan.Skip(1)), pair => Assert.True(pair.First.First <= pair.First.Last && pair.First.Last < pair.Second.First, $"{pair}"));
    }

    [GeneratedRegex(@"^\| (\d+)-(\d+) \|", RegexOptions.Multiline)]
    private static partial Regex Rows();
}
