using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies;

public class ConnectorTests
{
    [Theory]
    [InlineData("10.0.0.1,10.0.0.2", "10.0.0.1,10.0.0.2")]
    [InlineData("10.0.0.1,10.0.0.2,fd00::1", "fd00::1,10.0.0.1,10.0.0.2")]
    [InlineData("10.0.0.1,fd00::1,fd00::2,10.0.0.2,fd00::3", "fd00::1,10.0.0.1,fd00::2,10.0.0.2,fd00::3")]
    public void Families_take_turns_and_ipv6_begins(string given, string tried) =>
        Assert.Equal(tried, string.Join(',', Connector.Order([.. given.Split(',').Select(IPAddress.Parse)])));

    [Fact]
    public void No_address_is_lost_or_tried_twice_and_no_family_is_starved() => Prop.ForAll<bool[]>(sixes =>
    {
        var given = sixes.Take(20).Select((six, i) => IPAddress.Parse(six ? $"fd00::{i:x}" : $"10.0.0.{i}")).ToList();
        var ordered = Connector.Order(given);
        var turns = 2 * Math.Min(given.Count(IsSix), given.Count(address => !IsSix(address)));
        return ordered.Order(Comparer).SequenceEqual(given.Order(Comparer))
            && ordered.Take(turns).Select(IsSix).SequenceEqual(Enumerable.Range(0, turns).Select(i => i % 2 == 0))
            && ordered.Where(IsSix).SequenceEqual(given.Where(IsSix));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_hundreds_of_addresses_some_are_tried() =>
        Assert.Equal(20, Connector.Order([.. Enumerable.Range(0, 250).Select(i => IPAddress.Parse($"10.0.0.{i}"))]).Count);

    [Fact]
    public async Task Ipv6_refused_beside_a_working_ipv4_is_told_and_costs_no_time()
    {
        // The quarter of a second in which another address would be waited for never ends here, nor would the wait for a greeting.
        var time = new ManualTime();
        using var server = RawServer.Greeting("hello\r\n"u8.ToArray());
        using var check = TestNetwork.With(time, ("both.example", ["127.0.0.1", "::1"])).Tcp("both.example", server.Port, options => options.Deadline = TimeSpan.FromSeconds(10));

        var result = await check.RunAsync();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal(("IPv4", $"127.0.0.1:{server.Port}"), (result.Data["family"], result.Data["address"]));
        Assert.Equal([$"[::1]:{server.Port} refused the connection"], (IEnumerable<string>)result.Data["failedAddresses"]);
        Assert.EndsWith($"; in vain before: [::1]:{server.Port} refused the connection", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipv6_silent_beside_a_working_ipv4_costs_a_quarter_of_a_second_and_is_told()
    {
        var (silent, server) = RawServer.Pair(() => new FullListener(IPAddress.IPv6Loopback), first => RawServer.Silent(port: first.Port));
        using var closing = silent;
        using var ending = server;
        using var check = TestNetwork.With(("both.example", ["127.0.0.1", "::1"])).Tcp("both.example", server.Port, options => options.Deadline = TimeSpan.FromSeconds(10));

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Healthy, "IPv4"), (result.Status, result.Data["family"]));
        Assert.Equal([$"[::1]:{server.Port} is silent"], (IEnumerable<string>)result.Data["failedAddresses"]);
        Assert.InRange(result.Took("connectSeconds"), TimeSpan.FromMilliseconds(230), TimeSpan.FromSeconds(5));
        Assert.True(result.Took("resolveSeconds") < result.Took("connectSeconds"));
    }

    [Fact]
    public async Task Who_was_silent_for_long_may_still_win()
    {
        // The first one answers after a second, when it sends its SYN again; the second never.
        var (slow, silent) = RawServer.Pair(() => new FullListener(IPAddress.IPv6Loopback), first => new FullListener(port: first.Port));
        using var closing = slow;
        using var ending = silent;
        using var check = TestNetwork.With(("both.example", ["127.0.0.1", "::1"])).Tcp("both.example", slow.Port, options => options.Deadline = TimeSpan.FromSeconds(10));

        var run = check.RunAsync();
        await silent.KnockedAsync();
        slow.Drain();
        var result = await run;

        Assert.Equal((HealthStatus.Healthy, "IPv6"), (result.Status, result.Data["family"]));
        Assert.False(result.Data.ContainsKey("failedAddresses"), "The other one began later: it had not failed.");
    }

    [Fact]
    public async Task When_all_refuse_each_is_told()
    {
        var port = LoopbackPort.Closed();
        using var check = TestNetwork.With(("both.example", ["127.0.0.1", "::1"])).Tcp("both.example", port);

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "tcp.refused"), (result.Status, result.Reason()));
        Assert.Equal("connect", result.Data["failedStage"]);
        Assert.Equal("resolve", result.Data["stage"]);
        Assert.StartsWith(
            $"both.example:{port}: failed to connect: [::1]:{port} refused the connection; 127.0.0.1:{port} refused the connection (resolve ", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_the_deadline_the_silent_and_the_refusing_ones_are_told()
    {
        using var silent = new FullListener();
        using var check = TestNetwork.With(("both.example", ["127.0.0.1", "::1"])).Tcp("both.example", silent.Port, options => options.Deadline = TimeSpan.FromSeconds(1));
        var clock = Stopwatch.StartNew();

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "tcp.timeout"), (result.Status, result.Reason()));
        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(900), TimeSpan.FromSeconds(10));
        string[] told = [$"[::1]:{silent.Port} refused the connection", $"127.0.0.1:{silent.Port} is silent"];
        Assert.Equal(told, (IEnumerable<string>)result.Data["failedAddresses"]);
        Assert.Contains($"no answer within 1 s, ", result.Description, StringComparison.Ordinal);
        Assert.Contains($" in this stage ({told[0]}; {told[1]})", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_connection_outlives_the_run()
    {
        var left = 0;
        using var server = new RawServer(async (socket, token) =>
        {
            await RawServer.DrainAsync(socket, token);
            Interlocked.Increment(ref left);
        });
        using var check = TestNetwork.With(("both.example", ["127.0.0.1", "127.0.0.2", "127.0.0.3"])).Tcp("both.example", server.Port);

        for (var run = 0; run < 20; run++)
        {
            Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
        }

        await Support.Wait.For(() => Volatile.Read(ref left) == 20);
        Assert.Equal(20, server.Accepted);
    }

    private static IComparer<IPAddress> Comparer { get; } = Comparer<IPAddress>.Create(static (one, other) => string.CompareOrdinal(one.ToString(), other.ToString()));

    private static bool IsSix(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;
}
