using System.Net;
using System.Net.Sockets;
using HealthKit.Tests.Conformance;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies;

/// <summary>The frame of every dependency check, as the three simplest show it.</summary>
public class DependencyCheckTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(300);
    private static readonly string[] Times = ["resolveSeconds", "connectSeconds", "tlsSeconds"];

    [Fact]
    public async Task A_delay_of_the_lookup_is_in_the_time_of_resolving_alone()
    {
        using var certificate = TestCertificates.Make();
        using var server = TestCertificates.Serve(certificate);
        var network = new Network(TimeProvider.System)
        {
            Lookups = new HostLookups((_, _) =>
            {
                using var never = new ManualResetEventSlim();
                never.Wait(Delay);
                return [IPAddress.Loopback];
            }),
        };
        using var check = network.Tls("shop.example", server.Port, options => (options.PinnedSha256, options.DegradedAboveLatency) = ([certificate.Sha256()], Delay / 2));

        var result = await RunAsync(check, "resolveSeconds");

        AssertAlone(result, "resolveSeconds");
        Assert.Equal((HealthStatus.Degraded, "dns.slow"), (result.Status, result.Reason()));
        Assert.Matches(@": slow: [0-9.]+ m?s \(degraded above 150 ms\), [0-9.]+ m?s of it to resolve; the certificate for ", result.Description);
    }

    [Fact]
    public async Task A_delay_of_the_connection_is_in_the_time_of_connecting_alone()
    {
        // A SYN that is dropped is sent again after a second: so long is the shortest delay that the kernel lets us make.
        using var slow = new FullListener();
        using var check = TestNetwork.With(("db.example", ["127.0.0.1"])).Tcp("db.example", slow.Port, options => (options.Deadline, options.DegradedAboveLatency) = (TimeSpan.FromSeconds(20), Delay));

        var run = check.RunAsync();
        await slow.KnockedAsync();
        slow.Drain();
        var result = await run;

        AssertAlone(result, "connectSeconds");
        Assert.Equal((HealthStatus.Degraded, "tcp.slow"), (result.Status, result.Reason()));
        Assert.Matches(@": slow: [0-9.]+ s \(degraded above 300 ms\), [0-9.]+ s of it to connect; accepts connections ", result.Description);
    }

    [Fact]
    public async Task A_delay_of_the_handshake_is_in_the_time_of_tls_alone()
    {
        using var certificate = TestCertificates.Make();
        using var server = TestCertificates.Serve(certificate, before: token => Task.Delay(Delay, token));
        using var check = TestNetwork.With(("shop.example", ["127.0.0.1"]))
            .Tls("shop.example", server.Port, options => (options.PinnedSha256, options.DegradedAboveLatency) = ([certificate.Sha256()], Delay / 2));

        var result = await RunAsync(check, "tlsSeconds");

        AssertAlone(result, "tlsSeconds");
        Assert.Equal((HealthStatus.Degraded, "tls.slow"), (result.Status, result.Reason()));
        Assert.Contains("s of it to start TLS; ", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_bad_and_slow_keeps_its_own_reason()
    {
        var network = new Network(TimeProvider.System) { Lookups = new HostLookups((_, _) => [IPAddress.Parse("192.0.2.1")]) };
        using var check = network.Dns("db.example", options => (options.Expected, options.DegradedAboveLatency) = (["192.0.2.2"], TimeSpan.FromTicks(1)));

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "dns.unexpected"), (result.Status, result.Reason()));
        Assert.Contains("db.example: slow: ", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_registrations_failure_status_is_kept_to_and_unknown_is_never_healthy()
    {
        using var check = TestNetwork.With().Tcp("127.0.0.1", LoopbackPort.Closed());

        Assert.Equal(HealthStatus.Unhealthy, (await check.RunAsync()).Status);
        Assert.Equal(HealthStatus.Degraded, (await check.RunAsync(HealthStatus.Degraded)).Status);
        Assert.Equal(HealthStatus.Degraded, (await check.RunAsync(HealthStatus.Healthy)).Status);
    }

    [Fact]
    public async Task A_run_that_is_ended_from_outside_is_no_result()
    {
        using var silent = new FullListener();
        using var check = TestNetwork.With().Tcp("127.0.0.1", silent.Port);
        using var end = new CancellationTokenSource(50);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check.CheckHealthAsync(ConformanceCase.Context(check), end.Token).WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Hosts_that_cannot_be_resolved_are_the_name_servers_fault_when_there_is_no_other()
    {
        var network = new Network(TimeProvider.System) { Lookups = new HostLookups((_, _) => throw new SocketException((int)SocketError.TryAgain)) };
        using var one = network.Tcp("one.example", 80);
        using var two = network.Dns("two.example");
        using var address = network.Tcp("127.0.0.1", LoopbackPort.Closed());

        Assert.Equal("dns.unavailable", (await one.RunAsync()).Reason());
        Assert.Equal("tcp.refused", (await address.RunAsync()).Reason());
        var result = await two.RunAsync();

        Assert.Equal(("network.noNames", "dns.unavailable"), (result.Reason(), result.Data["ownReason"]));
        Assert.Equal(
            "two.example: failed to resolve: none of the 2 hosts that are watched can be resolved: look at this machine's name servers first; no name server answered for two.example",
            result.Description);
    }

    [Fact]
    public async Task Who_refuses_was_reached()
    {
        // Its own addresses: a connection to them is refused without a network between, but they are not loopback to the outlook when told by name.
        var network = TestNetwork.With(("one.example", ["127.0.0.1"]), ("two.example", ["127.0.0.1"]));
        var port = LoopbackPort.Closed();
        using var one = network.Tcp("one.example", port);
        using var two = network.Tcp("two.example", port);

        Assert.Equal("tcp.refused", (await one.RunAsync()).Reason());
        Assert.Equal("tcp.refused", (await two.RunAsync()).Reason());
    }

    [Fact]
    public async Task Silent_hosts_with_nobody_reached_are_no_way_out()
    {
        using var silent = new FullListener();
        var network = TestNetwork.With(("one.example", ["127.0.0.1"]), ("two.example", ["127.0.0.1"]));
        using var one = network.Tcp("one.example", silent.Port, options => options.Deadline = TimeSpan.FromSeconds(2));
        using var two = network.Tcp("two.example", silent.Port, options => options.Deadline = TimeSpan.FromSeconds(2));

        Assert.Equal("tcp.timeout", (await one.RunAsync()).Reason());
        var result = await two.RunAsync();

        Assert.Equal(("network.noWayOut", "tcp.timeout"), (result.Reason(), result.Data["ownReason"]));
        Assert.Contains("none of the 2 hosts that are watched can be connected to: look at this machine's network first; ", result.Description, StringComparison.Ordinal);
        one.Dispose();
        Assert.Equal("tcp.timeout", (await two.RunAsync()).Reason());
    }

    [Theory]
    [InlineData(0, "0 ms")]
    [InlineData(0.0003, "0.3 ms")]
    [InlineData(0.0421, "42 ms")]
    [InlineData(1.26, "1.3 s")]
    [InlineData(59.7, "1 min")]
    [InlineData(125, "2 min 5 s")]
    [InlineData(7_500, "2 h 5 min")]
    [InlineData(432_000, "5 d")]
    public void Times_are_told_as_people_read_them(double seconds, string text) => Assert.Equal(text, Latency.Text(TimeSpan.FromSeconds(seconds)));

    /// <summary>The first run in a process has code to compile, and a machine that is busy may stumble: one of some runs is as it should be.</summary>
    private static async Task<HealthCheckResult> RunAsync(IHealthCheck check, string reading)
    {
        var result = await check.RunAsync();
        for (var again = 0; again < 10 && Others(result, reading).Any(other => result.Took(other) >= result.Took(reading) / 2); again++)
        {
            result = await check.RunAsync();
        }

        return result;
    }

    private static IEnumerable<string> Others(HealthCheckResult result, string reading) =>
        Times.Where(other => other != reading && result.Data.ContainsKey(other));

    private static void AssertAlone(HealthCheckResult result, string reading)
    {
        Assert.True(result.Took(reading) >= Delay * 0.95, $"{reading}: {result.Took(reading)}");
        Assert.NotEmpty(Others(result, reading));
        Assert.All(Others(result, reading), other => Assert.True(result.Took(other) < result.Took(reading) / 2, result.Description));
    }
}
