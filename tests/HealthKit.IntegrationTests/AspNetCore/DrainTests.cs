using System.Diagnostics;
using System.Net.Sockets;

namespace HealthKit.IntegrationTests.AspNetCore;

public sealed class DrainTests
{
    private const int SigInt = 2;

    [Fact]
    public async Task After_sigterm_readiness_fails_and_the_app_serves_until_the_delay_is_over()
    {
        using var child = ChildProcess.StartHelper("web", "HealthKit:Endpoints:DrainDelay=00:00:06");
        var address = new Uri(child.ReadLine());
        await Eventually.TrueAsync(async () => await Ask("/health/ready") == 200, "it is ready");

        var watch = Stopwatch.StartNew();
        child.Terminate();
        await Eventually.TrueAsync(async () => await Ask("/health/ready") == 503, "readiness fails");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"Readiness failed only after {watch.Elapsed}.");
        Assert.Equal(200, await Ask("/health/live"));
        Assert.Equal(200, await Ask("/health"));

        // The console lifetime takes each further signal as the same wish.
        child.Terminate();
        child.Signal(SigInt);
        Assert.Equal("stopping", child.ReadLine());

        var served = TimeSpan.Zero;
        while (await TryAsk())
        {
            served = watch.Elapsed;
        }

        Assert.Equal(0, child.WaitForExit());
        Assert.InRange(served, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(30));
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(5.9), $"It ended after {watch.Elapsed}.");
        Assert.Equal(["stopped"], child.ReadToEnd());

        // A new connection each time: the port must be open, not only what was.
        async Task<int> Ask(string path)
        {
            using var client = new HttpClient { BaseAddress = address, Timeout = Eventually.DefaultDeadline };
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
            return (int)response.StatusCode;
        }

        async Task<bool> TryAsk()
        {
            try
            {
                return await Ask("/health/live") == 200;
            }
            catch (HttpRequestException e) when (e.InnerException is SocketException or IOException)
            {
                return false;
            }
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
