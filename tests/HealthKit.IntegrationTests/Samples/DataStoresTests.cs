using System.Diagnostics;
using System.Text.RegularExpressions;
using HealthKit.IntegrationTests.LoadBalancers;

namespace HealthKit.IntegrationTests.Samples;

/// <summary>The sample with data stores, against real servers that its own script breaks.</summary>
public sealed partial class DataStoresTests
{
    [Fact]
    public void Each_failure_has_the_reason_that_the_readme_of_the_sample_tells()
    {
        var folder = Path.Combine(QuickstartApp.Repository, "samples", "DataStores");
        var told = Row().Matches(File.ReadAllText(Path.Combine(folder, "README.md"))).ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value);
        Assert.True(told.Count >= 10, $"{told.Count}");
        var start = new ProcessStartInfo("bash", [Path.Combine(folder, "failures.sh")])
        {
            Environment = { ["BASE_PORT"] = $"{Random.Shared.Next(1_000, 1_900) * 10}", ["BUILT"] = QuickstartApp.FolderOf("DataStores") },
        };
        using var script = ChildProcess.Start(start);

        var seen = string.Join('\n', script.ReadToEnd(TimeSpan.FromMinutes(5)));

        Assert.True(script.WaitForExit() == 0, script.Errors);
        Assert.All(told, one => Assert.True(Regex.IsMatch(seen, $@"(?m)^{one.Key} +\w+ .*\n  {Regex.Escape(one.Value)}$"), $"{one.Key} is not {one.Value} in:\n{seen}"));
        Assert.DoesNotContain("of-last-year", seen, StringComparison.Ordinal);
    }

    /// <summary>| `redis_full` | what broke it | `redis.write.oom` |</summary>
    [GeneratedRegex(@"(?m)^\| `(\w+)` \| .* \| `([\w.]+)` \|$")]
    private static partial Regex Row();
}
