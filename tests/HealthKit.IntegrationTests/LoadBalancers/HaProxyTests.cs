using System.Net.Sockets;
using System.Text;
using Xunit.Abstractions;

namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>Two Quickstarts behind a real HAProxy, under load: docs/deployment.md shows these set-ups.</summary>
[Collection(nameof(LoadBalancerTests))]
public sealed class HaProxyTests(ITestOutputHelper output)
{
    [Fact]
    public async Task With_everything_at_its_default_a_stop_under_load_fails_no_request()
    {
        using var one = await QuickstartApp.StartAsync();
        using var two = await QuickstartApp.StartAsync();

        // OPTIONS /health/ready HTTP/1.0 without Host, every 2 s, down after 3, as haproxy(1)'s configuration manual has it.
        using var proxy = await HaProxy.StartAsync(
            $"""
                option httpchk /health/ready
                server one 127.0.0.1:{one.Port} check
                server two 127.0.0.1:{two.Port} check
            """);
        await proxy.IsUpAsync("one", "two");
        await using var load = SteadyLoad.Start(proxy.Port);
        await load.MoreAsync(200);

        one.Terminate();
        await proxy.IsDownAsync("one");
        var drainedFirst = !one.HasExited;
        var check = proxy.Servers()["one"];
        Assert.Equal(0, one.WaitForExit());
        await load.MoreAsync(200);

        var report = await load.StopAsync();
        output.WriteLine($"HAProxy, defaults, stop: {report}");
        Assert.True(drainedFirst, "It ended before HAProxy took it out.");
        Assert.Equal(("L7STS", 503), (check.Check, check.Code));
        Assert.True(report.Failures.Count == 0, report.ToString());
        Assert.Equal("UP", proxy.StatusOf("two"));
    }

    [Fact]
    public async Task With_get_a_stop_a_return_and_a_hang_under_load()
    {
        using var two = await QuickstartApp.StartAsync();
        var one = await QuickstartApp.StartAsync(settings: ("HealthKit:Endpoints:DrainDelay", "00:00:03"));
        using var proxy = await HaProxy.StartAsync(
            $"""
                option httpchk
                http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host localhost
                http-check expect status 200
                default-server check inter 500ms fall 3 rise 2
                option redispatch 1
                retries 2
                retry-on conn-failure empty-response response-timeout
                timeout server 1s
                server one 127.0.0.1:{one.Port}
                server two 127.0.0.1:{two.Port}
            """);
        await proxy.IsUpAsync("one", "two");

        // A stop: drained before it ends, and no request fails, of whatever method.
        await using (var load = SteadyLoad.Start(proxy.Port))
        {
            using (one)
            {
                await load.MoreAsync(100);
                one.Terminate();
                await proxy.IsDownAsync("one");
                Assert.False(one.HasExited, "It ended before HAProxy took it out.");
                Assert.Equal(0, one.WaitForExit());
            }

            // It comes back, as a new version does.
            one = await QuickstartApp.StartAsync(one.Port);
            await proxy.IsUpAsync("one", "two");
            await load.MoreAsync(100);
            var report = await load.StopAsync();
            output.WriteLine($"HAProxy, GET, stop and return: {report}");
            Assert.True(report.Failures.Count == 0, report.ToString());
        }

        // A hang: its requests time out and go to the other, until it is taken out. Only GET: a POST may have been done.
        using (one)
        await using (var load = SteadyLoad.StartGet(proxy.Port))
        {
            await load.MoreAsync(100);
            await two.StopAsync();
            await proxy.IsDownAsync("two");
            Assert.Equal("L7TOUT", proxy.Servers()["two"].Check);
            await load.MoreAsync(1_000); // over two seconds
            var report = await load.StopAsync();
            output.WriteLine($"HAProxy, GET, hang: {report}");
            Assert.True(report.Failures.Count == 0, report.ToString());

            // It has stood still for longer than its picture is valid. What asked meanwhile is the first thing it answers.
            var waiting = new List<Task<string>>();
            for (var i = 0; i < 16; i++)
            {
                waiting.Add(AskAsync(two.Port));
            }

            await Eventually.TrueAsync(() => load.Elapsed > TimeSpan.FromSeconds(7), "it stood still for 5 s and more");
            two.Continue();
            Assert.All(await Task.WhenAll(waiting), answer => Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal));
            await proxy.IsUpAsync("one", "two");
        }
    }

    /// <summary>Sends a probe, and takes the answer whenever it comes.</summary>
    private static async Task<string> AskAsync(int port)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, deadline.Token);
        var stream = client.GetStream();
        await stream.WriteAsync("GET /health/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray(), deadline.Token);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync(deadline.Token);
    }
}
