using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace HealthKit.IntegrationTests.PostgreSql;

/// <summary>A real PostgreSQL, broken in each way for real: a distinct reason each, for a superuser and for a role that may only connect.</summary>
public sealed class PostgreSqlTests(PostgreSqlTests.Server shared) : IClassFixture<PostgreSqlTests.Server>
{
    private readonly PostgreSqlServer _server = shared.Postgres;

    public static TheoryData<string> Roles => ["postgres", "least"];

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task All_well_says_the_numbers_and_what_the_role_may_not_see(string role)
    {
        using var bench = PostgreSqlBench.Own(_server.For(role));

        var result = await bench.RunAsync();

        Assert.True(result.Status == HealthStatus.Healthy, result.Description);
        Assert.Equal(("primary", $"127.0.0.1:{_server.Port}/postgres"), (result.Data["role"], result.Data["target"]));
        Assert.InRange((double)result.Data["connectionsPercent"], 1, 99);
        Assert.InRange((double)result.Data["sizeBytes"], 1 << 20, 1 << 30);
        Assert.InRange((double)result.Data["wraparoundPercent"], 0, 1);
        Assert.Matches(@"connections [0-9.]+ % \(\d+ of 7\)", result.Description);
        Assert.StartsWith("15.", (string)result.Data["serverVersion"], StringComparison.Ordinal);
        if (role == "postgres")
        {
            Assert.True(result.Data.ContainsKey("transactionAgeSeconds"));
            Assert.False(result.Data.ContainsKey("missingPrivileges"), result.Description);
        }
        else
        {
            Assert.False(result.Data.ContainsKey("transactionAgeSeconds"));
            Assert.Contains("not allowed to see: oldest transaction (GRANT pg_monitor TO least)", result.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_right_that_it_names_is_the_one_it_needs()
    {
        _server.Do("CREATE ROLE granted LOGIN PASSWORD 'hunter2-postgres'; GRANT pg_monitor TO granted");
        using var bench = PostgreSqlBench.Own(_server.For("granted"));

        var result = await bench.RunAsync();

        Assert.False(result.Data.ContainsKey("missingPrivileges"), result.Description);
        Assert.True(result.Data.ContainsKey("transactionAgeSeconds"));
    }

    [Fact]
    public async Task A_wrong_password_is_rejected_and_a_wrong_database_is_not_there()
    {
        using var password = PostgreSqlBench.Own(_server.For("least", password: "hunter2-wrong"));
        var result = await password.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "auth.rejected", "authenticate"), (result.Status, result.Data["reason"], result.Data["failedStage"]));

        using var database = PostgreSqlBench.Own(_server.For("least", "nowhere"));
        result = await database.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "sql.noDatabase"), (result.Status, result.Data["reason"]));
        Assert.Contains("\"nowhere\" does not exist", result.Description, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_statement_that_takes_too_long_and_one_behind_a_lock_time_out_in_use(string role)
    {
        using var slow = PostgreSqlBench.Own(_server.For(role), options => (options.Statement, options.Deadline) = ("SELECT pg_sleep(30)", TimeSpan.FromSeconds(2)));
        var result = await slow.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "use.timeout", "use"), (result.Status, result.Data["reason"], result.Data["failedStage"]));

        _server.Do("CREATE TABLE IF NOT EXISTS locked (n int); GRANT SELECT ON locked TO least");
        await using var connection = new NpgsqlConnection(_server.For(more: "Pooling=false"));
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("LOCK TABLE locked", connection, transaction))
        {
            await command.ExecuteNonQueryAsync();
        }

        using var locked = PostgreSqlBench.Own(_server.For(role), options => (options.Statement, options.Deadline) = ("SELECT count(*) FROM locked", TimeSpan.FromSeconds(2)));
        result = await locked.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "use.timeout"), (result.Status, result.Data["reason"]));

        // What was asked is not left running on the server.
        await Eventually.TrueAsync(
            () => (long)_server.Do("SELECT count(*) FROM pg_stat_activity WHERE (query LIKE 'SELECT pg_sleep%' OR query LIKE 'SELECT count(*) FROM locked%') AND state = 'active'")! == 0,
            "the statements are cancelled");
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Read_only_transactions_are_no_good_where_a_primary_is_expected(string role)
    {
        _server.Do($"CREATE DATABASE readonly_{role}; ALTER DATABASE readonly_{role} SET default_transaction_read_only = on");
        using var bench = PostgreSqlBench.Own(_server.For(role, $"readonly_{role}"));
        var result = await bench.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "postgres.readOnly"), (result.Status, result.Data["reason"]));

        using var any = PostgreSqlBench.Own(_server.For(role, $"readonly_{role}"), options => options.ExpectRole = PostgreSqlRole.Any);
        Assert.Equal(HealthStatus.Healthy, (await any.RunAsync()).Status);

        using var standby = PostgreSqlBench.Own(_server.For(role), options => options.ExpectRole = PostgreSqlRole.Standby);
        result = await standby.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "postgres.notInRecovery"), (result.Status, result.Data["reason"]));
    }

    [Fact]
    public async Task The_oldest_transaction_is_named_with_its_process()
    {
        await using var connection = new NpgsqlConnection(_server.For(more: "Pooling=false;Application Name=forgetful"));
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("SELECT 1", connection, transaction))
        {
            await command.ExecuteScalarAsync();
        }

        using var bench = PostgreSqlBench.Own(_server.For(), options => options.UnhealthyAboveTransactionAge = TimeSpan.FromMilliseconds(1));
        var result = await bench.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "postgres.transactionAge"), (result.Status, result.Data["reason"]));
        Assert.Contains($"(pid {connection.ProcessID}, idle in transaction, postgres, forgetful)", result.Description, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_size_past_its_limit_and_a_slot_that_keeps_wal_are_told(string role)
    {
        using var size = PostgreSqlBench.Own(_server.For(role), options => options.DegradedAboveSizeBytes = 1 << 20);
        var result = await size.RunAsync();
        Assert.Equal("postgres.size", result.Data["reason"]);
        Assert.Contains("database size ", result.Description, StringComparison.Ordinal);

        var slot = $"forgotten_{role}";
        _server.Do($"SELECT pg_create_physical_replication_slot('{slot}', true); SELECT pg_switch_wal(); CREATE TABLE wal_{role} (n int)");
        try
        {
            using var bench = PostgreSqlBench.Own(_server.For(role), options => options.UnhealthyAboveRetainedWalBytes = 10);
            result = await bench.RunAsync();
            Assert.Equal((HealthStatus.Unhealthy, "postgres.retainedWal"), (result.Status, result.Data["reason"]));
            Assert.Contains($"{slot}: WAL kept by a slot ", result.Description, StringComparison.Ordinal);
        }
        finally
        {
            _server.Do($"SELECT pg_drop_replication_slot('{slot}')");
        }
    }

    [Fact]
    public async Task The_limits_of_the_role_and_of_the_database_count_too()
    {
        _server.Do("CREATE ROLE narrow LOGIN PASSWORD 'hunter2-postgres' CONNECTION LIMIT 1");
        _server.Do("CREATE DATABASE narrow CONNECTION LIMIT 1");
        using var role = PostgreSqlBench.Own(_server.For("narrow"));
        var result = await role.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "postgres.connections"), (result.Status, result.Data["reason"]));
        Assert.Contains("(1 of 1 of the role narrow)", result.Description, StringComparison.Ordinal);

        using var database = PostgreSqlBench.Own(_server.For("least", "narrow"));
        result = await database.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "postgres.connections"), (result.Status, result.Data["reason"]));
        Assert.Contains("(1 of 1 of the database narrow)", result.Description, StringComparison.Ordinal);

        // Neither binds a superuser.
        using var super = PostgreSqlBench.Own(_server.For("postgres", "narrow"));
        Assert.Equal(HealthStatus.Healthy, (await super.RunAsync()).Status);
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_pool_of_the_app_without_a_free_connection_is_told_from_a_server_that_is_down(string role)
    {
        // The driver would wait for 15 s; and one that waits less says so itself.
        foreach (var more in new[] { "", "Timeout=1" })
        {
            await using var source = NpgsqlDataSource.Create(_server.For(role, more: $"Maximum Pool Size=1;{more}"));
            using var bench = PostgreSqlBench.Of(source);
            Assert.Equal(HealthStatus.Healthy, (await bench.RunAsync()).Status);
            await using (await source.OpenConnectionAsync())
            {
                var result = await bench.RunAsync();
                Assert.True((HealthStatus.Unhealthy, more.Length > 0 ? "sql.poolExhausted" : "sql.openTimeout") == (result.Status, (string)result.Data["reason"]), result.Description);
            }

            Assert.Equal(HealthStatus.Healthy, (await bench.RunAsync()).Status);
        }
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_fact_without_its_right_is_unknown_and_changes_nothing(string role)
    {
        _server.Do("CREATE TABLE IF NOT EXISTS secrets (n int)");
        using var bench = PostgreSqlBench.Own(_server.For(role), options =>
            options.Facts.Add(new SqlFact("secrets", "SELECT count(*) FROM secrets") { UnhealthyLimit = 0, Grant = "GRANT SELECT ON secrets TO {user}" }));

        var result = await bench.RunAsync();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal(role == "postgres", result.Data.ContainsKey("secretsCount"));
        Assert.Equal(role != "postgres", result.Description!.Contains("secrets (GRANT SELECT ON secrets TO least)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_fact_that_would_write_cannot()
    {
        _server.Do("CREATE TABLE IF NOT EXISTS written (n int); CREATE OR REPLACE FUNCTION write() RETURNS int LANGUAGE sql AS 'INSERT INTO written VALUES (1) RETURNING 1'");
        using var bench = PostgreSqlBench.Own(_server.For(), options => options.Facts.Add(new SqlFact("writes", "SELECT write()")));

        var result = await bench.RunAsync();

        Assert.Equal((HealthStatus.Degraded, "sql.factFailed"), (result.Status, result.Data["reason"]));
        Assert.Contains("read-only transaction", result.Description, StringComparison.Ordinal);
        Assert.Equal(0L, _server.Do("SELECT count(*) FROM written"));
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Nothing_is_left_behind(string role)
    {
        using (var bench = PostgreSqlBench.Own(_server.For(role, more: "Application Name=left-behind")))
        {
            await bench.RunAsync();
            await bench.RunAsync();
        }

        await Eventually.TrueAsync(
            () => (long)_server.Do("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'left-behind'")! == 0, "its connection is closed");
        Assert.Equal(0L, _server.Do("SELECT count(*) FROM pg_class WHERE relpersistence = 't' OR relname LIKE '%healthkit%'"));
    }

    /// <summary>The server that all tests of the class share.</summary>
    public sealed class Server : IDisposable
    {
        public Server() => Postgres.Do($"CREATE ROLE least LOGIN PASSWORD '{PostgreSqlServer.Password}'");

        public PostgreSqlServer Postgres { get; } = new("max_connections=10", "superuser_reserved_connections=3");

        public void Dispose() => Postgres.Dispose();
    }
}
