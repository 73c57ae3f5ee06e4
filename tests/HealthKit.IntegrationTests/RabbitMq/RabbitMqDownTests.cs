using HealthKit.IntegrationTests.Servers;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.IntegrationTests.RabbitMq;

/// <summary>A broker of its own, which is stopped and killed.</summary>
public sealed class RabbitMqDownTests
{
    [Fact]
    public async Task One_that_hangs_and_one_that_was_killed_fail_at_their_stages_within_the_deadline()
    {
        using var server = new RabbitMqServer();
        using var check = RabbitMqBench.Check(server.AddressOf(), options => options.Deadline = TimeSpan.FromSeconds(3));
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);

        server.Stop();
        var (status, reason, text, data) = await check.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "use.timeout", text), (status, reason, text));
        (_, reason, text, data) = await check.RunAsync();
        Assert.Equal(("auth.timeout", "connect", text), (reason, data["stage"], text));

        server.Continue();
        await Eventually.TrueAsync(async () => (await check.RunAsync()).Status == HealthStatus.Healthy, "it is well again", TimeSpan.FromSeconds(30));

        // Both connections are kept, and nobody told this side of their end but the kernel.
        server.Kill();
        (status, reason, text, _) = await check.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "tcp.refused", text), (status, reason, text));
    }
}
