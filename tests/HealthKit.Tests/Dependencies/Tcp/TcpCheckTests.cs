using System.Net;
using System.Net.Sockets;
using System.Text;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies;

public class TcpCheckTests
{
    private readonly ShiftedTime _time = new();

    [Fact]
    public async Task A_port_that_accepts_is_healthy_and_says_how_long_each_stage_took()
    {
        using var server = RawServer.Silent();
        using var check = Check(server.Port);

        var result = await check.RunAsync();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Matches($@"^db\.example:{server.Port}: accepts connections \(resolve [0-9.]+ m?s, connect [0-9.]+ m?s to 127\.0\.0\.1\)$", result.Description);
        Assert.Equal(("connect", "IPv4", $"127.0.0.1:{server.Port}", $"db.example:{server.Port}"), (result.Data["stage"], result.Data["family"], result.Data["address"], result.Data["target"]));
        Assert.IsType<double>(result.Data["resolveSeconds"]);
        Assert.IsType<double>(result.Data["connectSeconds"]);
        Assert.False(result.Data.ContainsKey("greeting"));
    }

    [Fact]
    public async Task A_name_that_is_not_there_fails_at_the_first_stage()
    {
        using var check = TestNetwork.With().Tcp("nowhere.example", 80);

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "dns.notFound", "resolve"), (result.Status, result.Reason(), result.Data["failedStage"]));
        Assert.Equal("nowhere.example:80: failed to resolve: there is no name nowhere.example", result.Description);
        Assert.False(result.Data.ContainsKey("stage"));
    }

    [Fact]
    public async Task Who_greets_is_named_and_is_listened_to_once_an_hour()
    {
        var greeting = "SSH-2.0-OpenSSH_9.2\r\n";
        using var server = new RawServer(async (socket, token) =>
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(greeting), token);
            await RawServer.DrainAsync(socket, token);
        });
        using var check = Check(server.Port);

        var result = await check.RunAsync();
        Assert.Equal((HealthStatus.Healthy, "SSH", "SSH-2.0-OpenSSH_9.2"), (result.Status, result.Data["protocol"], result.Data["greeting"]));
        Assert.Contains(": accepts connections and greets as SSH: SSH-2.0-OpenSSH_9.2 (", result.Description, StringComparison.Ordinal);

        greeting = "220 mail.example ESMTP\r\n";
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal("SSH", (await check.RunAsync()).Data["protocol"]);

        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("SMTP", (await check.RunAsync()).Data["protocol"]);
        Assert.Equal(3, server.Accepted);
    }

    [Fact]
    public async Task Who_greets_in_drips_is_heard_to_the_end_of_the_line_and_no_longer_than_a_moment()
    {
        using var drips = new RawServer(async (socket, token) =>
        {
            foreach (var part in "+OK POP3 ready\r\n"u8.ToArray().Chunk(5))
            {
                await socket.SendAsync(part, token);
                await Task.Delay(5, token);
            }

            await RawServer.DrainAsync(socket, token);
        });
        using var check = Check(drips.Port);
        Assert.Equal("POP3", (await check.RunAsync()).Data["protocol"]);

        using var endless = new RawServer(async (socket, token) =>
        {
            while (true)
            {
                await socket.SendAsync("x"u8.ToArray(), token);
                await Task.Delay(20, token);
            }
        });
        using var other = Check(endless.Port);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var result = await other.RunAsync();
        Assert.Matches("^x+$", (string)result.Data["greeting"]);
        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));

        using var flood = RawServer.Greeting([.. Enumerable.Repeat((byte)'y', 1 << 20)]);
        using var third = Check(flood.Port);
        Assert.Equal(new string('y', 120) + "…", (await third.RunAsync()).Data["greeting"]);
    }

    [Fact]
    public async Task Listening_is_no_slowness_and_keeps_to_the_deadline()
    {
        using var server = RawServer.Silent();
        await AnyIsHealthyAsync(options => options.DegradedAboveLatency = TimeSpan.FromMilliseconds(245));
        await AnyIsHealthyAsync(options => options.Deadline = TimeSpan.FromMilliseconds(240));

        // Listening takes 250 ms: if it counted none would be, while one alone may meet a machine that stands still for a moment.
        async Task AnyIsHealthyAsync(Action<TcpOptions> configure)
        {
            HealthCheckResult result = default;
            for (var run = 0; run < 20 && result.Status != HealthStatus.Healthy; run++)
            {
                using var check = Check(server.Port, configure);
                result = await check.RunAsync();
            }

            Assert.True(result.Status == HealthStatus.Healthy, result.Description);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_mysql_server_is_connected_to_once_a_day_and_the_right_check_is_named(bool blocked)
    {
        using var server = RawServer.Greeting(blocked ? MySqlPackets.Error(1129, "Host '192.0.2.7' is blocked") : MySqlPackets.Handshake("10.11.14-MariaDB"));
        using var check = Check(server.Port);

        var result = await check.RunAsync();
        Assert.Equal((HealthStatus.Degraded, "tcp.speaksFirst", "MySQL"), (result.Status, result.Reason(), result.Data["protocol"]));
        Assert.Equal(blocked ? "error 1129: Host '192.0.2.7' is blocked" : "10.11.14-MariaDB", result.Data["greeting"]);
        Assert.Contains("Ask it by a check that logs in (AddMySqlCheck, Type: MySql) instead. It will not be connected to, until 1 d have passed: this check does not know whether it is up", result.Description, StringComparison.Ordinal);

        for (var run = 0; run < 20; run++)
        {
            _time.Advance(TimeSpan.FromMinutes(10));
            result = await check.RunAsync();
            Assert.Equal((HealthStatus.Degraded, "tcp.speaksFirst"), (result.Status, result.Reason()));
            Assert.False(result.Data.ContainsKey("connectSeconds"), "Nothing was measured.");
        }

        Assert.Contains("It was connected to 3 h 20 min ago and is not now", result.Description, StringComparison.Ordinal);
        Assert.Equal(1, server.Accepted);

        _time.Advance(TimeSpan.FromDays(1));
        await check.RunAsync();
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task Another_target_after_a_reload_starts_anew()
    {
        using var mySql = RawServer.Greeting(MySqlPackets.Handshake("8.0.36"));
        using var silent = RawServer.Silent();
        var options = new TcpOptions { Host = "db.example", Port = mySql.Port };
        using var check = new TcpCheck(TestNetwork.With(_time, ("db.example", ["127.0.0.1"])), () => options);
        Assert.Equal("tcp.speaksFirst", (await check.RunAsync()).Reason());

        options = new TcpOptions { Host = "db.example", Port = silent.Port };

        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_closes_at_once_is_degraded_until_it_no_longer_does(bool resets)
    {
        var closes = true;
        using var server = new RawServer(async (socket, token) =>
        {
            if (closes)
            {
                // A reset that comes faster is one of connecting.
                await Task.Delay(30, token);
                socket.LingerState = new LingerOption(resets, 0);
            }
            else
            {
                await RawServer.DrainAsync(socket, token);
            }
        });

        // On a busy machine the close may come later than is listened for: then it was none at once.
        var check = Check(server.Port);
        var result = await Twice(check);
        for (var again = 0; again < 20 && result.Reason() != "tcp.closed"; again++)
        {
            check.Dispose();
            check = Check(server.Port);
            result = await Twice(check);
        }

        using var last = check;
        Assert.Equal((HealthStatus.Degraded, "tcp.closed"), (result.Status, result.Reason()));

        static async Task<HealthCheckResult> Twice(TcpCheck check)
        {
            await check.RunAsync();
            return await check.RunAsync();
        }

        closes = false;
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
    }

    [Fact]
    public async Task Ports_and_hosts_that_are_none_are_rejected()
    {
        Assert.Equal(["Host", "Port"], new TcpOptions().Validate().Select(error => error.Property));
        Assert.Equal(["Port"], new TcpOptions { Host = "db.example", Port = 65_536 }.Validate().Select(error => error.Property));
        Assert.Equal(
            ["Port", "Deadline", "DegradedAboveLatency"],
            new TcpOptions { Host = "db.example", Deadline = TimeSpan.Zero, DegradedAboveLatency = TimeSpan.Zero }.Validate().Select(error => error.Property));

        using var server = RawServer.Silent(IPAddress.IPv6Loopback);
        using var check = TestNetwork.With().Tcp("[::1]", server.Port);
        var result = await check.RunAsync();
        Assert.Equal((HealthStatus.Healthy, "IPv6", $"[::1]:{server.Port}"), (result.Status, result.Data["family"], result.Data["target"]));
    }

    private TcpCheck Check(int port, Action<TcpOptions>? configure = null) => TestNetwork.With(_time, ("db.example", ["127.0.0.1"])).Tcp("db.example", port, configure);
}
