using HealthKit.IntegrationTests.Servers;
using static Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;

namespace HealthKit.IntegrationTests.MySql;

/// <summary>A real replica of a real MariaDB.</summary>
public sealed class MySqlReplicaTests(MySqlReplicaTests.Servers servers) : IClassFixture<MySqlReplicaTests.Servers>
{
    private MariaDbServer Primary => servers.Primary;

    private MariaDbServer Replica => servers.Replica;

    [Fact]
    public async Task A_replica_that_stops_and_one_that_is_behind_say_so()
    {
        var text = Replica.ConnectionString("monitor");
        using var probe = new MySqlProbe(text, options => options.ExpectRole = MySqlRole.Replica);
        await AppliedAsync();
        var result = await probe.RunAsync();
        result.Is(Healthy, null, "read-only (read_only)", $"replica of 127.0.0.1:{Primary.Port}: replication lag 0 s");
        Assert.Equal(0.0, result.Data["replicationLagSeconds"]);

        // Nothing comes in.
        Replica.Query("STOP SLAVE IO_THREAD");
        (await probe.RunAsync()).Is(Unhealthy, "mysql.replicaStopped", $"replica of 127.0.0.1:{Primary.Port}: its I/O thread does not run;");
        (await MySqlProbe.OnceAsync(text, options => options.ExpectRole = MySqlRole.Any)).Is(Unhealthy, "mysql.replicaStopped");

        // It may not log in there any more.
        Replica.Query("STOP SLAVE; CHANGE MASTER TO MASTER_PASSWORD='no longer'; START SLAVE");
        await Eventually.TrueAsync(() => Status().Contains("1045", StringComparison.Ordinal), "the replica was refused", seen: Status);
        (await probe.RunAsync()).Is(Unhealthy, "mysql.replicaStopped", "its I/O thread is not connected (Connecting): error 1045: error connecting to master 'repl@127.0.0.1:");
        Replica.Query($"STOP SLAVE; CHANGE MASTER TO MASTER_PASSWORD='{MariaDbServer.Password}'; START SLAVE");
        await AppliedAsync();

        // Nothing is applied.
        Replica.Query("STOP SLAVE SQL_THREAD");
        (await probe.RunAsync()).Is(Unhealthy, "mysql.replicaStopped", "its SQL thread does not run;");
        Replica.Query("START SLAVE");

        // A row that somebody wrote into the replica is in the way. The statement has the app's data.
        Primary.Query("CREATE TABLE app.works (id INT PRIMARY KEY, title VARCHAR(40))");
        await AppliedAsync();
        Replica.Query("INSERT INTO app.works VALUES (1, 'mine')");
        Primary.Query($"INSERT INTO app.works VALUES (1, 'private {MariaDbServer.Password}')");
        await Eventually.TrueAsync(() => Status().Contains("1062", StringComparison.Ordinal), "the replica has stopped", seen: Status);
        result = await probe.RunAsync();
        result.Is(Unhealthy, "mysql.replicaStopped", "its SQL thread does not run: error 1062: Error 'Duplicate entry '1' for key 'PRIMARY'' on query. Default database: ''.;");
        Assert.DoesNotContain("private", result.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("INSERT", result.Description, StringComparison.Ordinal);
        Replica.Query("DELETE FROM app.works; START SLAVE");
        await AppliedAsync();

        // It is told to be behind.
        Replica.Query("STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=20; START SLAVE");
        Primary.Query("INSERT INTO app.works VALUES (2, 'late')");
        await Eventually.TrueAsync(() => Behind() >= 2, "the replica is behind by 2 s", seen: Status);
        (await probe.RunAsync()).Is(Healthy, null, "replication lag 0 s beyond the delay of 20 s that it is told to keep");
        Replica.Query("STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=0; START SLAVE");
        await AppliedAsync();

        // It is behind.
        using var blocker = ChildProcess.Start("mariadb", ["--no-defaults", "-uroot", $"-P{Replica.Port}", "-h127.0.0.1", "--unbuffered", "-N"]);
        blocker.WriteLine("LOCK TABLES app.works WRITE; SELECT 'locked';");
        Assert.Equal("locked", blocker.ReadLine());
        Primary.Query("INSERT INTO app.works VALUES (3, 'waits')");
        await Eventually.TrueAsync(() => Behind() >= 2, "the replica is behind by 2 s", seen: Status);
        using (var strict = new MySqlProbe(text, options => (options.ExpectRole, options.DegradedAboveReplicationLag) = (MySqlRole.Any, TimeSpan.FromSeconds(1))))
        {
            (await strict.RunAsync()).Is(Degraded, "mysql.replicaLag", ": replication lag ", ", degraded above 1 s");
        }

        blocker.WriteLine("UNLOCK TABLES;");
        blocker.EndInput();
        await AppliedAsync();
        (await probe.RunAsync()).Is(Healthy, null);

        // It has forgotten whom it follows.
        Replica.Query("STOP SLAVE; RESET SLAVE ALL");
        (await probe.RunAsync()).Is(Unhealthy, "mysql.notReplica");
        Replica.Follow(Primary);
        await AppliedAsync();
    }

    [Fact]
    public async Task The_round_trip_leaves_nothing_in_the_binary_log_that_replicas_would_do_after_it()
    {
        Primary.Query("SET GLOBAL binlog_format = 'MIXED'");
        try
        {
            var before = Primary.Query("SHOW MASTER STATUS");
            (await MySqlProbe.OnceAsync(Primary.ConnectionString())).Is(Healthy, null, "a character of 4 bytes comes back (without a table)");
            Primary.Query("SET GLOBAL binlog_format = 'ROW'");
            (await MySqlProbe.OnceAsync(Primary.ConnectionString())).Is(Healthy, null, "a character of 4 bytes comes back,");
            (await MySqlProbe.OnceAsync(Replica.ConnectionString("monitor"), options => options.ExpectRole = MySqlRole.Any)).Is(Healthy, null, "a character of 4 bytes comes back,");

            Assert.Equal(before, Primary.Query("SHOW MASTER STATUS"));
        }
        finally
        {
            Primary.Query("SET GLOBAL binlog_format = DEFAULT");
        }
    }

    private string Status() => Replica.Query("SHOW ALL SLAVES STATUS");

    private int Behind() => int.TryParse(Field("Seconds_Behind_Master"), out var seconds) ? seconds : 0;

    private string Field(string name)
    {
        var row = Tool.Run("mariadb", "--no-defaults", "-uroot", $"-P{Replica.Port}", "-h127.0.0.1", "-e", "SHOW SLAVE STATUS\\G");
        return row.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..].Trim() ?? "";
    }

    /// <summary>Waits until the replica has done all that the primary has.</summary>
    private Task AppliedAsync() => Eventually.TrueAsync(
        () =>
        {
            var at = Primary.Query("SHOW MASTER STATUS").Split('\t');
            return Field("Relay_Master_Log_File") == at[0] && Field("Exec_Master_Log_Pos") == at[1] && Behind() == 0 && Field("Seconds_Behind_Master") == "0";
        },
        "the replica has caught up",
        TimeSpan.FromSeconds(30),
        Status);

    public sealed class Servers : IDisposable
    {
        public Servers()
        {
            Replica.Follow(Primary);
            Replica.CreateUser("monitor", "REPLICA MONITOR ON *.*", "SELECT, CREATE TEMPORARY TABLES ON app.*");
            Replica.Query("SET GLOBAL read_only = 1");
        }

        internal MariaDbServer Primary { get; } = MariaDbServer.Start("--server-id=1", "--log-bin=bin");

        internal MariaDbServer Replica { get; } = MariaDbServer.Start("--server-id=2", "--log-bin=bin");

        public void Dispose()
        {
            Replica.Dispose();
            Primary.Dispose();
        }
    }
}
