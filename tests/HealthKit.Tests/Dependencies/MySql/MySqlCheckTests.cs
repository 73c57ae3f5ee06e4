using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies;

/// <summary>What only MySQL says, and what only time brings; the rest is proved on a real MariaDB.</summary>
public sealed class MySqlCheckTests : IDisposable
{
    private readonly ShiftedTime _time = new();
    private readonly FakeMySql _server = new();
    private readonly List<IDisposable> _open = [];

    public void Dispose() => _open.ForEach(one => one.Dispose());

    [Fact]
    public async Task A_server_that_is_well_is_healthy_and_gets_its_session_back_as_it_was()
    {
        var result = await Check().RunAsync();

        Is(result, HealthStatus.Healthy, null, "answers, MySQL 8.4.3, writable, 3 of 100 connections (3.0 %), a character of 4 bytes comes back, all text columns hold characters of 4 bytes, database size 16.0 KiB (1 table)");
        var statements = _server.Server.Statements.ToList();
        Assert.Contains("SET character_set_results = utf8mb4", statements);
        Assert.Contains("SET SESSION information_schema_stats_expiry = 0", statements);
        Assert.Equal("SET character_set_results = NULL, SESSION information_schema_stats_expiry = DEFAULT", statements[^1]);
        Assert.Contains("DROP TEMPORARY TABLE healthkit_round_trip", statements);
    }

    [Fact]
    public async Task A_session_in_another_character_set_gets_that_back()
    {
        _server.Session[1] = "latin1";
        await Check().RunAsync();

        Assert.StartsWith("SET character_set_results = latin1,", _server.Server.Statements.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_calls_a_character_set_is_no_statement()
    {
        _server.Session[1] = "x; DROP TABLE works";
        await Check().RunAsync();

        Assert.DoesNotContain(_server.Server.Statements, statement => statement.Contains("DROP TABLE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_whose_run_was_cut_is_given_back_as_it_was_when_its_work_has_ended()
    {
        using var go = new ManualResetEventSlim();
        var answer = _server.Server.OnStatement;
        _server.Server.OnStatement = (statement, token) =>
        {
            if (statement.StartsWith("SHOW GLOBAL STATUS", StringComparison.Ordinal))
            {
                go.Wait(TimeSpan.FromSeconds(60), CancellationToken.None);
            }

            return answer(statement, token);
        };
        using var source = new FakeDataSource(_server.Server.ConnectionString);
        var check = Check(options => (options.Provider, options.ConnectionString, options.Source, options.Deadline) = (null, null, source, TimeSpan.FromSeconds(2)));

        Is(await check.RunAsync(), HealthStatus.Unhealthy, "use.timeout");
        go.Set();

        await Wait.For(() => _server.Server.Open == 0);
        Assert.StartsWith("SET character_set_results = NULL", _server.Server.Statements.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_may_not_be_seen_to_be_one_is_not_healthy()
    {
        _server.Errors["SHOW REPLICA"] = 1227;
        Is(
            await Check(options => options.ExpectRole = MySqlRole.Replica).RunAsync(),
            HealthStatus.Degraded,
            "mysql.replicationUnseen",
            "whether it replicates cannot be told: the account may not see it (GRANT REPLICATION CLIENT ON *.* TO 'app'@'%')");

        _server.Errors["SHOW REPLICA"] = 1064;
        Is(await Check(options => options.ExpectRole = MySqlRole.Replica).RunAsync(), HealthStatus.Degraded, "mysql.replicationUnseen");
    }

    [Fact]
    public async Task A_narrow_character_set_on_purpose_can_be_declared()
    {
        _server.Session[2] = "latin1";
        _server.Bytes = ("F09F9883", "3F");
        Is(await Check().RunAsync(), HealthStatus.Degraded, "mysql.databaseCharset");
        Is(await Check(options => options.KnownNarrowColumns = ["*"]).RunAsync(), HealthStatus.Healthy, null);
    }

    [Fact]
    public async Task An_account_without_a_right_in_the_database_is_told_the_statement_that_gives_it()
    {
        _server.Server.OnOpen = static _ => throw new FakeException("Access denied for user 'hk0'@'%' to database 'shop'", "42000", 1044);

        Is(await Check().RunAsync(), HealthStatus.Unhealthy, "sql.forbidden", "(GRANT SELECT ON shop.* TO 'hk0'@'%')");
    }

    [Fact]
    public async Task Super_read_only_is_named()
    {
        _server.Variables["read_only"] = _server.Variables["super_read_only"] = "ON";

        Is(await Check().RunAsync(), HealthStatus.Unhealthy, "mysql.readOnly", "read-only (super_read_only, read_only)");
        Is(await Check(options => options.ExpectRole = MySqlRole.Any).RunAsync(), HealthStatus.Healthy, null, "read-only (super_read_only, read_only)");
    }

    [Fact]
    public async Task Each_of_several_sources_is_told_of()
    {
        _server.Channels.Add(["Yes", "Yes", 0, 0, "db1", 3306, "east", 0, "", 0, ""]);
        _server.Channels.Add(["Yes", "Yes", 400, 0, "db2", 3306, "west", 0, "", 0, ""]);
        _server.Channels.Add(["Yes", "No", null, 0, "db3", 3306, "", 0, "", 1032, "Could not execute Delete_rows event"]);

        var result = await Check(options => options.ExpectRole = MySqlRole.Replica).RunAsync();

        Is(
            result,
            HealthStatus.Unhealthy,
            "mysql.replicaLag",
            "replica of db2:3306 (channel west): replication lag 6 min 40 s, unhealthy above 5 min, replica of db3:3306 (the channel without a name): its SQL thread does not run: error 1032: Could not execute Delete_rows event;");
        var items = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object>>(result.Data["items"]);
        Assert.Equal(["east", "west"], items.Keys);

        _server.Channels.RemoveAt(1);
        Is(await Check(options => options.ExpectRole = MySqlRole.Primary).RunAsync(), HealthStatus.Degraded, "mysql.replicaStopped");
    }

    [Fact]
    public async Task A_server_that_does_not_know_the_statement_of_replicas_is_not_down()
    {
        _server.Errors["SHOW REPLICA"] = 1064;

        Is(await Check().RunAsync(), HealthStatus.Healthy, null, "unknown: replication (the server does not know SHOW REPLICA STATUS)");
    }

    [Fact]
    public async Task What_an_account_may_not_see_is_named_by_the_servers_own_name_of_it()
    {
        _server.Errors["SHOW REPLICA"] = 1227;
        _server.Errors["CREATE TEMPORARY"] = 1044;

        Is(
            await Check().RunAsync(),
            HealthStatus.Healthy,
            null,
            "a character of 4 bytes comes back (without a table)",
            "not allowed to see: replication (GRANT REPLICATION CLIENT ON *.* TO 'app'@'%'), the round trip in a temporary table, done without one (GRANT CREATE TEMPORARY TABLES ON `shop`.* TO 'app'@'%')");
    }

    [Fact]
    public async Task A_good_round_trip_is_repeated_after_five_minutes_and_a_bad_one_at_once()
    {
        var check = Check();
        await check.RunAsync();
        await check.RunAsync();
        Assert.Equal(1, RoundTrips());

        _time.Advance(TimeSpan.FromMinutes(5.1));
        _server.Bytes = ("3F", "F09F9883");
        Is(await check.RunAsync(), HealthStatus.Degraded, "mysql.connectionCharset", "the connection cannot send U+1F603, a character of 4 bytes: it arrived as the bytes 3F (its character set is utf8mb4)");
        Assert.Equal(2, RoundTrips());

        _server.Bytes = ("F09F9883", "F09F9883");
        Is(await check.RunAsync(), HealthStatus.Healthy, null);
        Assert.Equal(3, RoundTrips());

        // Another database behind the same name.
        _server.Session = ["utf8mb4", null, "latin1", "shop", "app@%", "\U0001F603", 0L];
        _server.Bytes = ("F09F9883", "3F");
        Is(await check.RunAsync(), HealthStatus.Degraded, "mysql.databaseCharset", "a new column in `shop` cannot hold U+1F603");
    }

    [Fact]
    public async Task A_connection_that_is_answered_in_less_than_unicode_is_seen()
    {
        _server.Session = ["utf8mb4", "utf8mb3", "utf8mb4", "shop", "app@%", "?", 0L];

        Is(await Check().RunAsync(), HealthStatus.Degraded, "mysql.connectionCharset", "the connection cannot receive U+1F603, a character of 4 bytes: it came back as '?' (its results are in utf8mb3)");
    }

    [Fact]
    public async Task A_round_trip_that_is_refused_otherwise_is_degraded_with_the_servers_words()
    {
        _server.Errors["CREATE TEMPORARY"] = 1114;
        _server.ErrorText = "The table is full";

        Is(await Check().RunAsync(), HealthStatus.Degraded, "mysql.roundTripFailed", "the round trip of a character failed: The table is full");
        Is(await Check(options => options.RoundTrip = false).RunAsync(), HealthStatus.Healthy, null);
    }

    [Fact]
    public async Task What_a_driver_throws_that_is_not_its_own_kind_is_the_failure_of_that_part()
    {
        _server.Throws["CREATE TEMPORARY"] = new KeyNotFoundException("utf8mb3 is not known");
        _server.Throws["SELECT CONVERT(c.TABLE_NAME"] = new ArgumentOutOfRangeException("charset");
        _server.Throws["SHOW REPLICA"] = new InvalidCastException("no date");

        var result = await Check().RunAsync();

        Is(
            result,
            HealthStatus.Degraded,
            "sql.factFailed",
            "the round trip of a character failed: KeyNotFoundException: utf8mb3 is not known",
            "the columns' character sets are not known: ArgumentOutOfRangeException",
            "replication could not be asked for: InvalidCastException: no date");
        Assert.Equal(16_384.0, result.Data["sizeBytes"]);
    }

    [Fact]
    public async Task Columns_are_looked_for_once_an_hour()
    {
        var check = Check();
        await check.RunAsync();
        _server.NarrowColumns.Add(["works", "title", "utf8mb3"]);
        _time.Advance(TimeSpan.FromMinutes(55));
        Is(await check.RunAsync(), HealthStatus.Healthy, null);

        _time.Advance(TimeSpan.FromMinutes(6));
        var result = await check.RunAsync();
        Is(result, HealthStatus.Degraded, "mysql.narrowCharset", "1 column cannot hold a character of 4 bytes: works.title (utf8mb3);");

        _time.Advance(TimeSpan.FromMinutes(1));
        Is(await check.RunAsync(), HealthStatus.Degraded, "mysql.narrowCharset");
        Assert.Equal(2, _server.Server.Statements.Count(statement => statement.Contains("information_schema.COLUMNS", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task More_columns_than_are_read_are_said_to_be_more()
    {
        for (var i = 0; i < 1_001; i++)
        {
            _server.NarrowColumns.Add(["works", $"c{i}", "latin1"]);
        }

        var result = await Check().RunAsync();

        Is(result, HealthStatus.Degraded, "mysql.narrowCharset", "more than 1000 columns cannot hold a character of 4 bytes: works.c0 (latin1), ", " and 990 more;");
        Assert.Equal(100, Assert.IsType<string[]>(result.Data["narrowColumns"]).Length);
    }

    [Fact]
    public async Task Columns_that_cannot_be_looked_for_are_tried_again_after_five_minutes()
    {
        _server.Errors["SELECT CONVERT(c.TABLE_NAME"] = 1205;
        var check = Check();
        Is(await check.RunAsync(), HealthStatus.Degraded, "sql.factFailed", "the columns' character sets are not known: no");

        _server.Errors.Clear();
        Is(await check.RunAsync(), HealthStatus.Degraded, "sql.factFailed");
        _time.Advance(TimeSpan.FromMinutes(5.1));
        Is(await check.RunAsync(), HealthStatus.Healthy, null);
    }

    private int RoundTrips() => _server.Server.Statements.Count(statement => statement.StartsWith("CREATE TEMPORARY TABLE", StringComparison.Ordinal));

    private static void Is(HealthCheckResult result, HealthStatus status, string? reason, params string[] texts)
    {
        Assert.True(
            (status, reason) == (result.Status, result.Data.GetValueOrDefault("reason") as string),
            $"Expected {status} {reason}, was {result.Status} {result.Data.GetValueOrDefault("reason")}: {result.Description}");
        Assert.All(texts, text => Assert.Contains(text, result.Description, StringComparison.Ordinal));
    }

    private MySqlCheck Check(Action<MySqlOptions>? configure = null)
    {
        var options = new MySqlOptions { Provider = FakeServer.Provider, ConnectionString = _server.Server.ConnectionString };
        configure?.Invoke(options);
        Assert.Empty(options.Validate());
        var services = new ServiceCollection().BuildServiceProvider();
        var check = new MySqlCheck(TestNetwork.With(_time), () => options, services);
        _open.Add(check);
        _open.Add(services);
        return check;
    }
}
