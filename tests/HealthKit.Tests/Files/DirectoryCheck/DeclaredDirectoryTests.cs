using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.Files;

/// <summary>The directory check as configuration alone declares it, run by the monitor.</summary>
public class DeclaredDirectoryTests
{
    [Fact]
    public async Task A_spool_that_nobody_empties_turns_unhealthy_and_its_numbers_are_readings()
    {
        using var tree = new TempTree();
        tree.Add("stuck.msg", 1, DateTimeOffset.UnixEpoch);
        await using var host = await TestHost.Start(
            _ => { },
            ("Checks:spool:Type", "Directory"),
            ("Checks:spool:Path", tree.Path),
            ("Checks:spool:Pattern", "*.msg"),
            ("Checks:spool:UnhealthyAboveOldestAge", "01:00:00"));

        var state = await host.Monitor.RunAsync("spool");

        Assert.Equal((HealthStatus.Unhealthy, "directory.stale"), (state.Status, state.Reason));
        Assert.Contains(state.Readings, reading => reading is { Name: "filesCount", Value: 1, Unit: "count" });
        Assert.Contains(state.Readings, reading => reading is { Name: "oldestAgeSeconds", Unit: "seconds", Value: > 1e9 });
        Assert.Contains("the oldest one", state.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_options_stop_the_start_and_name_path_value_and_what_is_allowed()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            _ => { },
            ("Checks:spool:Type", "Directory"),
            ("Checks:spool:Path", "spool"),
            ("Checks:spool:Pattern", "in/*.msg"),
            ("Checks:spool:DegradedAboveBytes", "2048"),
            ("Checks:spool:UnhealthyAboveBytes", "1024"),
            ("Checks:spool:DegradedAboveOldestAge", "02:00:00"),
            ("Checks:spool:UnhealthyAboveOldestAge", "01:00:00"),
            ("Checks:spool:DegradedAboveNewestAge", "00:00:00"),
            ("Checks:spool:MaxWalkTime", "00:00:00.0500000")));

        const string Key = "HealthKit:Checks:spool:";
        Assert.All(
            [
                Key + "Path = 'spool'; allowed: an absolute path such as /var/log/app",
                Key + "Pattern = 'in/*.msg'; allowed: a pattern of file names such as *.csv, with * and ?, without a slash",
                Key + "DegradedAboveBytes = 2048; allowed: a whole number from 0 to 1024 (bytes), not above UnhealthyAboveBytes (1 KiB)",
                Key + "DegradedAboveOldestAge = 02:00:00; allowed: a time span above 00:00:00, not above UnhealthyAboveOldestAge (01:00:00)",
                Key + "DegradedAboveNewestAge = 00:00:00; allowed: a time span above 00:00:00",
                Key + "MaxWalkTime = 00:00:00.0500000; allowed: a time span from 00:00:00.1000000 to 01:00:00",
            ],
            text => Assert.Contains(text, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/var/spool/app", "directory_var_spool_app")]
    [InlineData("/", "directory")]
    public void Its_name_comes_from_its_path(string path, string name)
    {
        var registrations = new ServiceCollection().AddHealthChecks().AddDirectoryCheck(path).Services.BuildServiceProvider()
            .GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations;

        Assert.Equal(name, Assert.Single(registrations).Name);
    }
}
