using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Monitoring;

public class SelfCheckTests
{
    [Fact]
    public async Task A_state_directory_that_keeps_nothing_shows_and_the_app_runs_on()
    {
        var file = Path.GetTempFileName();
        try
        {
            var builder = TestHost.Builder(("StateDirectory", Path.Combine(file, "below-a-file")), ("Checks:healthkit:Period", "00:00:00.2"));
            builder.AddHealthKit();
            await using var host = await TestHost.Start(builder);
            var self = await host.Until("healthkit", check => check.Reason is { } reason && reason.StartsWith("state.", StringComparison.Ordinal));
            Assert.Equal(HealthStatus.Degraded, self.Status);
            Assert.Contains("memory only", self.Description, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_journal_that_goes_on_in_memory_shows_until_it_writes_again()
    {
        var directory = Directory.CreateTempSubdirectory("hk-journals").FullName; // the host removes it
        var obstacle = Directory.CreateDirectory(Path.Combine(directory, "incidents.journal")).FullName;
        var builder = TestHost.Builder(("StateDirectory", directory), ("Checks:healthkit:Period", "00:00:00.2"));
        builder.AddHealthKit();
        await using var host = await TestHost.Start(builder);
        var self = await host.Until("healthkit", check => check.Reason is { } reason && reason.StartsWith("state.", StringComparison.Ordinal));
        Assert.Equal(HealthStatus.Degraded, self.Status);
        Assert.StartsWith("State is kept in memory only and lost with the process: incidents. Journal incidents: ", self.Description, StringComparison.Ordinal);

        Directory.Delete(obstacle);
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
    }

    [Fact]
    public async Task It_tells_how_the_run_before_ended()
    {
        var directory = Directory.CreateTempSubdirectory("hk-starts").FullName;
        for (var run = 0; run < 2; run++)
        {
            var builder = TestHost.Builder(("StateDirectory", directory), ("Checks:healthkit:Period", "00:00:00.2"));
            builder.AddHealthKit();
            var host = await TestHost.Start(builder);
            await host.Until("healthkit", check => check.Status == HealthStatus.Healthy && check.Data.ContainsKey("stateDirectory"));
            if (run == 1)
            {
                var self = await host.Until("healthkit", check => check.Data.ContainsKey("previousRunEndedOrderly"));
                Assert.Equal(true, self.Data["previousRunEndedOrderly"]);
            }

            // The second run takes the same directory: the first must have let go of it.
            await host.Host.StopAsync();
            host.Host.Dispose();
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_host_that_was_disposed_of_without_a_stop_did_not_crash()
    {
        var directory = Directory.CreateTempSubdirectory("hk-starts").FullName;
        for (var run = 0; run < 2; run++)
        {
            var builder = TestHost.Builder(("StateDirectory", directory), ("Checks:healthkit:Period", "00:00:00.2"));
            builder.AddHealthKit();
            var host = await TestHost.Start(builder);
            if (run == 1)
            {
                var self = await host.Until("healthkit", check => check.Data.ContainsKey("previousRunEndedOrderly"));
                Assert.Equal(true, self.Data["previousRunEndedOrderly"]);
            }

            host.Host.Dispose();
        }

        Directory.Delete(directory, recursive: true);
    }
}
