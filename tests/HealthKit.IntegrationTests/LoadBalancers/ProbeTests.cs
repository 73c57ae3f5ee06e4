namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>What each kind of probe makes of a healthy, a degraded, an unhealthy, a stopping and a hung app.</summary>
[Collection(nameof(LoadBalancerTests))]
public sealed class ProbeTests
{
    private static readonly (string Name, Func<int, string, Task<Probe>> Ask)[] Probers =
    [
        ("kubelet", Prober.KubeletAsync),
        ("200 only", Prober.Only200Async),
        ("curl -f", Prober.CurlAsync),
    ];

    [Fact]
    public async Task Every_prober_takes_degraded_as_up_and_unhealthy_stopping_and_hung_as_down()
    {
        var starting = new[]
        {
            QuickstartApp.StartAsync(),
            QuickstartApp.StartAsync(settings: DiskWith("DegradedBelowFreePercent")),
            QuickstartApp.StartAsync(settings: DiskWith("UnhealthyBelowFreePercent")),
            QuickstartApp.StartAsync(settings: [.. DiskWith("DegradedBelowFreePercent"), ("HealthKit:Endpoints:DegradedStatusCode", "503")]),
        };
        var apps = await Task.WhenAll(starting);
        var (healthy, degraded, unhealthy, strict) = (apps[0], apps[1], apps[2], apps[3]);
        try
        {
            foreach (var (name, ask) in Probers)
            {
                Assert.Equal((name, true, 200), await Seen(name, ask, healthy));
                Assert.Equal((name, true, 200), await Seen(name, ask, degraded));
                Assert.Equal((name, false, 503), await Seen(name, ask, unhealthy));
                Assert.Equal((name, false, 503), await Seen(name, ask, strict));

                // Nobody restarts an app because its disk is full.
                Assert.Equal((name, true, 200), await Seen(name, ask, unhealthy, "/health/live"));
            }

            Assert.Equal("Degraded", (await Prober.KubeletAsync(degraded.Port, "/health/ready")).Text);
            using (var proxy = await HaProxy.StartAsync(
                $"""
                    option httpchk /health/ready
                    default-server check inter 200ms
                    server healthy 127.0.0.1:{healthy.Port}
                    server degraded 127.0.0.1:{degraded.Port}
                    server unhealthy 127.0.0.1:{unhealthy.Port}
                    server strict 127.0.0.1:{strict.Port}
                """))
            {
                await proxy.IsUpAsync("healthy", "degraded");
                await proxy.IsDownAsync("unhealthy");
                await proxy.IsDownAsync("strict");
                await using var load = SteadyLoad.Start(proxy.Port);
                await load.MoreAsync(100);
                var report = await load.StopAsync();
                Assert.True(report.Failures.Count == 0, report.ToString());
                Assert.True(proxy.Servers()["degraded"].Sessions > 20, $"The degraded one gets no requests: {proxy.Describe()}");
            }

            healthy.Terminate();
            await Eventually.TrueAsync(
                async () => (await Prober.KubeletAsync(healthy.Port, "/health/ready")).Code == 503, "the signal has arrived");
            foreach (var (name, ask) in Probers)
            {
                Assert.Equal((name, false, 503), await Seen(name, ask, healthy));
                Assert.Equal((name, true, 200), await Seen(name, ask, healthy, "/health/live"));
            }

            await degraded.StopAsync();
            var hung = await Prober.KubeletAsync(degraded.Port, "/health/live");
            Assert.Equal((false, 0), (hung.Success, hung.Code));
            degraded.Continue();
            await Eventually.TrueAsync(
                async () => (await Prober.KubeletAsync(degraded.Port, "/health/live")).Success, "the hung app answers when it goes on");
        }
        finally
        {
            foreach (var app in apps)
            {
                app.Dispose();
            }
        }
    }

    private static async Task<(string Name, bool Success, int Code)> Seen(
        string name, Func<int, string, Task<Probe>> ask, QuickstartApp app, string path = "/health/ready")
    {
        var probe = await ask(app.Port, path);
        return (name, probe.Success, probe.Code);
    }

    /// <summary>A disk can never be more free than this asks for.</summary>
    private static (string, string)[] DiskWith(string limit) =>
    [
        ("HealthKit:Checks:wanted:Type", "DiskSpace"),
        ("HealthKit:Checks:wanted:Path", "/"),
        ("HealthKit:Checks:wanted:Tags", "ready"),
        ($"HealthKit:Checks:wanted:{limit}", "100"),
    ];
}
