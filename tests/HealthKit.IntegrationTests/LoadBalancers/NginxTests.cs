using Xunit.Abstractions;

namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>
/// Two Quickstarts behind a real nginx, which asks no health endpoint (active checks are nginx Plus): it learns from requests that fail.
/// docs/deployment.md shows these set-ups.
/// </summary>
[Collection(nameof(LoadBalancerTests))]
public sealed class NginxTests(ITestOutputHelper output)
{
    private const string NextServer =
        """
        proxy_next_upstream error timeout http_503;
                        proxy_next_upstream_tries 2;
                        proxy_connect_timeout 1s;
                        proxy_read_timeout 1s;
        """;

    private static readonly (string, string) ShortDrain = ("HealthKit:Endpoints:DrainDelay", "00:00:00.5");

    [Fact]
    public async Task Without_a_second_try_a_stop_fails_requests()
    {
        using var one = await QuickstartApp.StartAsync(settings: ShortDrain);
        using var two = await QuickstartApp.StartAsync();
        using var nginx = await Nginx.StartAsync(Both(one, two), "proxy_next_upstream off;");
        var report = await StopUnderLoadAsync(nginx, one);
        output.WriteLine($"nginx, proxy_next_upstream off, stop: {report}");
        Assert.True(report.Failures.Count > 0, report.ToString());
        Assert.All(report.Failures, failure => Assert.StartsWith("502 ", failure.What, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_a_second_try_a_stop_and_a_hang_fail_no_get()
    {
        using var one = await QuickstartApp.StartAsync(settings: ShortDrain);
        using var two = await QuickstartApp.StartAsync();
        using var three = await QuickstartApp.StartAsync();
        using var nginx = await Nginx.StartAsync($"{Both(one, two)} {Server(three)}", NextServer);
        var report = await StopUnderLoadAsync(nginx, one);
        output.WriteLine($"nginx, next upstream, stop: {report}");
        Assert.True(report.Failures.Count == 0, report.ToString());

        await using var load = SteadyLoad.StartGet(nginx.Port);
        await load.MoreAsync(100);
        await two.StopAsync();
        await load.MoreAsync(800); // over two seconds: it was tried, given up and left alone
        two.Continue();
        report = await load.StopAsync();
        output.WriteLine($"nginx, next upstream, hang: {report}");
        Assert.True(report.Failures.Count == 0, report.ToString());
    }

    [Fact]
    public async Task Taken_out_by_a_reload_before_it_stops_no_request_fails_whatever_its_method()
    {
        using var one = await QuickstartApp.StartAsync(settings: ShortDrain);
        using var two = await QuickstartApp.StartAsync();
        using var nginx = await Nginx.StartAsync(Both(one, two), NextServer);
        await using var load = SteadyLoad.Start(nginx.Port);
        await load.MoreAsync(100);
        await nginx.ReloadAsync($"server 127.0.0.1:{one.Port} down; {Server(two)}");
        one.Terminate();
        Assert.Equal(0, one.WaitForExit());
        await load.MoreAsync(100);
        var report = await load.StopAsync();
        output.WriteLine($"nginx, reload, stop: {report}");
        Assert.True(report.Failures.Count == 0, report.ToString());
    }

    private static string Both(QuickstartApp one, QuickstartApp two) => $"{Server(one)} {Server(two)}";

    private static string Server(QuickstartApp app) => $"server 127.0.0.1:{app.Port} max_fails=1 fail_timeout=10s;";

    private static async Task<LoadReport> StopUnderLoadAsync(Nginx nginx, QuickstartApp app)
    {
        await using var load = SteadyLoad.StartGet(nginx.Port);
        await load.MoreAsync(100);
        app.Terminate();
        Assert.Equal(0, app.WaitForExit());
        await load.MoreAsync(200);
        return await load.StopAsync();
    }
}
