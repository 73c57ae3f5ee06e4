namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>The switch that docs/deployment.md shows for Docker's HEALTHCHECK in an image without curl.</summary>
[Collection(nameof(LoadBalancerTests))]
public sealed class ContainerHealthCheckTests
{
    [Fact]
    public async Task The_switch_ends_with_0_for_a_healthy_app_and_with_1_otherwise()
    {
        using var app = await QuickstartApp.StartAsync();
        Assert.Equal((0, "Healthy"), Ask($"http://127.0.0.1:{app.Port}/health/ready"));
        Assert.Contains("greeting", Ask($"http://127.0.0.1:{app.Port}/health?format=text").Output, StringComparison.Ordinal);

        app.Terminate();
        await Eventually.TrueAsync(async () => (await Prober.KubeletAsync(app.Port, "/health/ready")).Code == 503, "it drains");
        Assert.Equal((1, "Unhealthy"), Ask($"http://127.0.0.1:{app.Port}/health/ready"));

        await app.StopAsync();
        var (code, said) = Ask($"http://127.0.0.1:{app.Port}/health/live");
        Assert.Equal(1, code);
        Assert.Contains("Timeout", said, StringComparison.Ordinal);

        (code, said) = Ask($"http://127.0.0.1:{LoopbackPort.Closed()}/health/live");
        Assert.Equal(1, code);
        Assert.Contains("refused", said, StringComparison.Ordinal);
    }

    private static (int Code, string Output) Ask(string url)
    {
        using var child = ChildProcess.StartHelper("--healthcheck", url);
        var output = string.Join('\n', child.ReadToEnd());
        return (child.WaitForExit(), (output + child.Errors).Trim());
    }
}
