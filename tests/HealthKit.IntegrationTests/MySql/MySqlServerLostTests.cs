using System.Diagnostics;
using HealthKit.IntegrationTests.Servers;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MySql.Data.MySqlClient;
using static Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;

namespace HealthKit.IntegrationTests.MySql;

/// <summary>A server that goes away, and comes back; at an address that is not loopback, where it blocks hosts.</summary>
public sealed class MySqlServerLostTests : IDisposable
{
    private const int MaxErrors = 5;
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    private readonly MariaDbServer _server = MariaDbServer.StartApart($"--max-connect-errors={MaxErrors}");

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Stopped_frozen_and_back_again()
    {
        // On loopback: the address of a network of its own goes with the server.
        using var server = MariaDbServer.Start();
        using var probe = new MySqlProbe(server.ConnectionString(), options => options.Deadline = Short);
        (await probe.RunAsync()).Is(Healthy, null, $"127.0.0.1:{server.Port}/app: answers, MariaDB 10.");

        server.Freeze();
        (await InTimeAsync(probe)).Is(Unhealthy, "use.timeout");
        await Eventually.TrueAsync(
            async () =>
            {
                using var other = new MySqlProbe(server.ConnectionString(), options => options.Deadline = Short);
                var result = await InTimeAsync(other);
                if (result.Reason() == "sql.openTimeout")
                {
                    return false; // this machine had no time left to find out who was silent
                }

                result.Is(Unhealthy, "auth.timeout", "failed to authenticate");
                return true;
            },
            "the silent server is told",
            TimeSpan.FromSeconds(60));
        server.Thaw();
        await RecoversAsync(probe);

        server.Stop();
        (await probe.RunAsync()).Is(Unhealthy, "tcp.refused", $"127.0.0.1:{server.Port} refused the connection");
        server.Start();
        await RecoversAsync(probe);
    }

    [Fact]
    public async Task A_host_that_is_blocked_is_told_so_with_what_to_do()
    {
        // What a check would do that connects and closes at each run.
        Tool.Run("bash", "-c", $"for i in $(seq 12); do exec 3<>/dev/tcp/{_server.Address}/3306; head -c 4 <&3 >/dev/null; exec 3>&-; done");
        await Eventually.TrueAsync(() => _server.Status("Aborted_connects") >= MaxErrors, "the server has counted them", seen: () => $"{_server.Status("Aborted_connects")}");

        (await MySqlProbe.OnceAsync(_server.ConnectionString())).Is(
            Unhealthy, "mysql.hostBlocked", "failed to authenticate: the server has shut this host out", "' is blocked because of many connection errors");

        _server.Query("FLUSH HOSTS");
        (await MySqlProbe.OnceAsync(_server.ConnectionString())).Is(Healthy, null);

        _server.Query($"RENAME USER {MariaDbServer.User} TO {MariaDbServer.User}@'192.0.2.1'; FLUSH PRIVILEGES");
        (await MySqlProbe.OnceAsync(_server.ConnectionString())).Is(Unhealthy, "mysql.hostNotAllowed", "' is not allowed to connect");
    }

    /// <summary>
    /// As many runs as one a second makes in five minutes, without the waiting, which proves nothing more: the server counts handshakes, not time. Five
    /// interrupted ones with no login between them block the host here; by default it takes a hundred.
    /// </summary>
    [Fact]
    public async Task Three_hundred_runs_good_and_bad_block_no_host()
    {
        for (var i = 0; i < 15; i++)
        {
            using var probe = new MySqlProbe(_server.ConnectionString());
            for (var run = 0; run < 10; run++)
            {
                (await probe.RunAsync()).Is(Healthy, null);
            }
        }

        using (var wrong = new MySqlProbe(_server.ConnectionString(password: "wrong")))
        {
            for (var run = 0; run < 60; run++)
            {
                (await wrong.RunAsync()).Is(Unhealthy, "auth.rejected");
            }
        }

        using (var gone = new MySqlProbe(_server.ConnectionString(database: "gone")))
        {
            for (var run = 0; run < 60; run++)
            {
                (await gone.RunAsync()).Is(Unhealthy, "sql.forbidden");
            }
        }

        // Cut while it is asked.
        using (var slow = new MySqlProbe(_server.ConnectionString(), options => (options.Statement, options.Deadline) = ("SELECT SLEEP(30)", TimeSpan.FromSeconds(0.2))))
        {
            for (var run = 0; run < 20; run++)
            {
                Assert.Equal(Unhealthy, (await slow.RunAsync()).Status);
            }
        }

        // Cut while it logs in.
        _server.Freeze();
        using (var frozen = new MySqlProbe(_server.ConnectionString(), options => options.Deadline = TimeSpan.FromSeconds(0.3)))
        {
            for (var run = 0; run < 20; run++)
            {
                Assert.Equal(Unhealthy, (await frozen.RunAsync()).Status);
            }

            _server.Thaw();
            await RecoversAsync(frozen);
        }

        // Whoever else comes from this host is let in, by the server's own account of it.
        using var app = new MySqlConnection(_server.ConnectionString());
        app.Open();
        Assert.Equal(System.Data.ConnectionState.Open, app.State);
    }

    /// <summary>MySql.Data waits 15 s for the connection by which it wants to cancel the statement.</summary>
    private static async Task<HealthCheckResult> InTimeAsync(MySqlProbe probe)
    {
        var watch = Stopwatch.StartNew();
        var result = await probe.RunAsync();
        Assert.InRange(watch.Elapsed, Short * 0.7, TimeSpan.FromSeconds(14));
        return result;
    }

    private static Task RecoversAsync(MySqlProbe probe) => Eventually.TrueAsync(
        async () => (await probe.RunAsync()).Status == Healthy, "the check recovers", TimeSpan.FromSeconds(60));
}
