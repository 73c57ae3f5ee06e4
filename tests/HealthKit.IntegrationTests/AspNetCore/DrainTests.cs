using System.Diagnostics;

namespace HealthKit.IntegrationTests.AspNetCore;

public sealed class DrainTests
{
    private const int SigInt = 2;

    [Fact]
    public async Task After_sigterm_readiness_fails_and_the_app_serves_for_the_time_of_the_delay()
    {
        // Long enough for whatever this machine does in between.
        using var child = ChildProcess.StartHelper("web", "HealthKit:Endpoints:DrainDelay=00:00:10");
        var address = new Uri(child.ReadLine());
        await Eventually.TrueAsync(async () => await Ask("/health/ready") == 200, "it is ready");

        var watch = Stopwatch.StartNew();
        child.Terminate();
        await Eventually.TrueAsync(async () => await Ask("/health/ready") == 503, "readiness fails");
        Assert.Equal(200, await Ask("/health/live"));
        Assert.Equal(200, await Ask("/health"));

        // The console lifetime takes each further signal as the same wish.
        child.Terminate();
        child.Signal(SigInt);
        Assert.Equal("stopping", child.ReadLine());
        Assert.Equal(200, await Ask("/health/live"));

        Assert.Equal(0, child.WaitForExit());
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(9.9), $"It ended after {watch.Elapsed}.");
        Assert.Equal(["stopped"], child.ReadToEnd());

        // A new connection each time: the port must be open, not only what was.
        async Task<int> Ask(string path)
        {
            using var client = new HttpClient { BaseAddress = address, Timeout = Eventually.DefaultDeadline };
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
            return (int)response.StatusCode;
        }
    }

    [Fact]
    public void Without_a_delay_it_ends_at_once()
    {
        using var child = ChildProcess.StartHelper("web", "HealthKit:Endpoints:DrainDelay=00:00:00");
        child.ReadLine();
        var watch = Stopwatch.StartNew();
        child.Terminate();
        Assert.Equal(0, child.WaitForExit());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(6.5), $"It ended after {watch.Elapsed}.");
    }
}
