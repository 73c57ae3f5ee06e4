using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace HealthKit.IntegrationTests.PostgreSql;

/// <summary>A PostgreSQL that is stopped, hangs, is full, or is a standby.</summary>
public class BrokenPostgreSqlTests
{
    [Fact]
    public async Task Stopped_hung_full_and_started_again()
    {
        using var server = new PostgreSqlServer("max_connections=6", "superuser_reserved_connections=2");
        server.Do($"CREATE ROLE least LOGIN PASSWORD '{PostgreSqlServer.Password}'");
        await using var source = NpgsqlDataSource.Create(server.For("least"));
        using var kept = PostgreSqlBench.Own(server.For("least"));
        using var pooled = PostgreSqlBench.Of(source);
        Assert.Equal(HealthStatus.Healthy, (await kept.RunAsync()).Status);
        Assert.Equal(HealthStatus.Healthy, (await pooled.RunAsync()).Status);

        // Hung: a connection that stands fails in use, a new one has nobody to let it in.
        server.Freeze();
        var result = await kept.RunAsync();
        Assert.True((HealthStatus.Unhealthy, "use.timeout") == (result.Status, (string)result.Data["reason"]), result.Description);
        await Eventually.TrueAsync(
            async () =>
            {
                using var fresh = PostgreSqlBench.Own(server.For("least"));
                result = await fresh.RunAsync();
                return (string)result.Data["reason"] != "sql.openTimeout"; // then this machine had no time left to find out who was silent
            },
            "the silent server is told",
            TimeSpan.FromSeconds(60));
        Assert.True((HealthStatus.Unhealthy, "auth.timeout") == (result.Status, (string)result.Data["reason"]), result.Description);
        Assert.Contains("accepted the connection and said nothing", result.Description, StringComparison.Ordinal);

        server.Thaw();
        await BecomesAsync(kept, null);
        await BecomesAsync(pooled, null);

        // Full: the kept connection still serves, a new one does not come in.
        List<NpgsqlConnection> holders = [];
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    var one = new NpgsqlConnection(server.For("least", more: "Pooling=false"));
                    await one.OpenAsync();
                    holders.Add(one);
                    return false;
                }
                catch (PostgresException e) when (e.SqlState == "53300")
                {
                    return true;
                }
            },
            "the server is full");
        using (var fresh = PostgreSqlBench.Own(server.For("least")))
        {
            result = await fresh.RunAsync();
            Assert.True((HealthStatus.Unhealthy, "sql.tooManyConnections") == (result.Status, (string)result.Data["reason"]), result.Description);
        }

        result = await kept.RunAsync();
        Assert.True((HealthStatus.Unhealthy, "postgres.connections") == (result.Status, (string)result.Data["reason"]), result.Description);
        foreach (var holder in holders)
        {
            await holder.DisposeAsync();
        }

        // Restarted: the kept connection is dead, and that is no failure.
        server.Stop();
        server.Start();
        result = await kept.RunAsync();
        Assert.True(result.Status == HealthStatus.Healthy, result.Description);
        Assert.Contains("the connection that was kept was dead", result.Description, StringComparison.Ordinal);

        server.Stop();
        foreach (var bench in new[] { kept, pooled })
        {
            result = await bench.RunAsync();
            Assert.True((HealthStatus.Unhealthy, "tcp.refused", "connect") == (result.Status, (string)result.Data["reason"], (string)result.Data["failedStage"]), result.Description);
        }
    }

    [Fact]
    public async Task A_standby_is_in_recovery_and_tells_when_it_falls_behind_or_gets_nothing()
    {
        using var primary = new PostgreSqlServer("wal_level=replica", "max_wal_senders=4");
        primary.Do($"CREATE ROLE least LOGIN PASSWORD '{PostgreSqlServer.Password}'; CREATE TABLE t (n int)");
        using var standby = PostgreSqlServer.StandbyOf(primary);
        foreach (var role in new[] { "postgres", "least" })
        {
            using var app = PostgreSqlBench.Own(standby.For(role));
            var result = await app.RunAsync();
            Assert.True((HealthStatus.Unhealthy, "postgres.inRecovery") == (result.Status, (string)result.Data["reason"]), result.Description);

            using var replica = PostgreSqlBench.Own(standby.For(role), options =>
            {
                options.ExpectRole = PostgreSqlRole.Standby;
                options.UnhealthyAboveReplicationLag = TimeSpan.FromSeconds(1);
            });

            // Before it has replayed a first transaction it has no time to tell.
            primary.Do("INSERT INTO t VALUES (0)");

            // Nothing to replay is no lag, however long ago the last transaction was.
            await BecomesAsync(replica, null);
            await Eventually.TrueAsync(
                async () => (result = await replica.RunAsync()).Data.GetValueOrDefault("replicationLagSeconds") is 0.0 && result.Data.GetValueOrDefault("walReceiver") is "running",
                "the standby has replayed all there is",
                TimeSpan.FromSeconds(20),
                () => result.Description!);
            Assert.Equal("standby", result.Data["role"]);

            // Replay stands still while the primary goes on.
            standby.Do("SELECT pg_wal_replay_pause()");
            primary.Do("INSERT INTO t VALUES (1)");
            await BecomesAsync(replica, "postgres.replicationLag");
            if (role == "postgres")
            {
                await Eventually.TrueAsync(async () =>
                {
                    using var bench = PostgreSqlBench.Own(primary.For(role), options => options.UnhealthyAboveReplicationLag = TimeSpan.FromSeconds(0.5));
                    var seen = await bench.RunAsync();
                    return (string?)seen.Data.GetValueOrDefault("reason") == "postgres.standbyLag" && seen.Description!.Contains("standby1 127.0.0.1: lag of standbys ", StringComparison.Ordinal);
                }, "the primary sees the standby's lag", TimeSpan.FromSeconds(20));
            }
            else
            {
                using var onPrimary = PostgreSqlBench.Own(primary.For(role));
                Assert.Contains("lag of standbys (GRANT pg_monitor TO least)", (await onPrimary.RunAsync()).Description, StringComparison.Ordinal);
            }

            standby.Do("SELECT pg_wal_replay_resume()");
            await BecomesAsync(replica, null);
        }

        // The primary is gone.
        primary.Stop();
        using var alone = PostgreSqlBench.Own(standby.For("least"), options =>
        {
            options.ExpectRole = PostgreSqlRole.Standby;
            options.UnhealthyAboveReplicationLag = TimeSpan.FromDays(1);
        });
        await BecomesAsync(alone, "postgres.receiverStopped");
        using var fed = PostgreSqlBench.Own(standby.For("least"), options =>
        {
            options.ExpectRole = PostgreSqlRole.Standby;
            options.RequireWalReceiver = false;
            options.UnhealthyAboveReplicationLag = TimeSpan.FromDays(1);
        });
        Assert.Equal(HealthStatus.Healthy, (await fed.RunAsync()).Status);
    }

    private static async Task BecomesAsync(PostgreSqlBench bench, string? reason)
    {
        string? seen = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var result = await bench.RunAsync();
                seen = result.Description;
                return (string?)result.Data.GetValueOrDefault("reason") == reason;
            },
            $"the reason is {reason ?? "none"}",
            TimeSpan.FromSeconds(30),
            () => seen ?? "");
    }
}
