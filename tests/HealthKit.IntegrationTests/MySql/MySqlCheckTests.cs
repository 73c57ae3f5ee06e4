using System.Data.Common;
using HealthKit.IntegrationTests.Servers;
using MySql.Data.MySqlClient;
using static Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;

namespace HealthKit.IntegrationTests.MySql;

/// <summary>A real MariaDB, broken in one way after the other; each has a reason of its own. Asked by the app's account and by one that may do next to nothing.</summary>
public sealed class MySqlCheckTests : IDisposable, IClassFixture<MySqlCheckTests.Server>
{
    private const string Least = "least";
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    private readonly MariaDbServer _server;

    public MySqlCheckTests(Server server)
    {
        _server = server.Value;
    }

    public static TheoryData<string> Accounts => [MariaDbServer.User, Least];

    public void Dispose()
    {
        MySqlConnection.ClearAllPools();
        _server.Query(
            """
            SET GLOBAL read_only = 0; SET GLOBAL max_connections = 60; SET GLOBAL init_connect = '';
            DROP DATABASE app; CREATE DATABASE app CHARACTER SET utf8mb4; DROP DATABASE IF EXISTS old
            """);
    }

    [Fact]
    public async Task A_server_that_is_well_says_what_it_is()
    {
        _server.Query("CREATE TABLE app.works (id INT PRIMARY KEY, title TEXT)");

        var result = await MySqlProbe.OnceAsync(_server.ConnectionString());

        result.Is(
            Healthy,
            null,
            $"127.0.0.1:{_server.Port}/app: answers, MariaDB 10.",
            ", writable, ",
            " of 60 connections (",
            "a character of 4 bytes comes back, all text columns hold characters of 4 bytes, database size 16.0 KiB (1 table)");
        Assert.Equal(60L, result.Data["maxConnectionsCount"]);
        Assert.Equal(0, result.Data["narrowColumnsCount"]);
        Assert.Equal(16384.0, result.Data["sizeBytes"]);
    }

    [Fact]
    public async Task An_account_that_may_do_nothing_learns_what_it_lacks_and_the_rest()
    {
        _server.Query("CREATE TABLE app.works (id INT PRIMARY KEY, title TEXT CHARACTER SET utf8mb3)");

        var result = await MySqlProbe.OnceAsync(_server.ConnectionString(Least));

        result.Is(
            Healthy,
            null,
            "answers, MariaDB 10.",
            "a character of 4 bytes comes back (without a table)",
            "not allowed to see: replication (GRANT REPLICA MONITOR ON *.* TO 'least'@'%'), "
            + "the round trip in a temporary table, done without one (GRANT CREATE TEMPORARY TABLES ON `app`.* TO 'least'@'%'), "
            + "the columns' character sets (GRANT SELECT ON `app`.* TO 'least'@'%'), "
            + "database size (GRANT SELECT ON `app`.* TO 'least'@'%')");
        Assert.Equal(4, Assert.IsAssignableFrom<IReadOnlyList<string>>(result.Data["missingPrivileges"]).Count);
    }

    [Fact]
    public async Task The_privileges_that_it_names_are_those_that_it_lacks()
    {
        _server.Query("CREATE TABLE app.works (id INT PRIMARY KEY, title TEXT CHARACTER SET utf8mb3)");
        _server.CreateUser("granted", "USAGE ON app.*", "SELECT (id) ON app.works");
        var asked = Assert.IsAssignableFrom<IReadOnlyList<string>>((await MySqlProbe.OnceAsync(_server.ConnectionString("granted"))).Data["missingPrivileges"]);

        foreach (var missing in asked)
        {
            _server.Query(missing[(missing.LastIndexOf("(GRANT ", StringComparison.Ordinal) + 1)..^1]);
        }

        _server.Query("GRANT SELECT ON app.* TO granted");
        var result = await MySqlProbe.OnceAsync(_server.ConnectionString("granted"));
        result.Is(Degraded, "mysql.narrowCharset", "a character of 4 bytes comes back,");
        Assert.False(result.Data.ContainsKey("missingPrivileges"), result.Description);
        _server.Query("DROP USER granted");
    }

    [Theory]
    [MemberData(nameof(Accounts))]
    public async Task Each_way_to_fail_has_its_own_reason(string account)
    {
        var text = _server.ConnectionString(account);

        (await MySqlProbe.OnceAsync(_server.ConnectionString(account, password: "wrong"))).Is(Unhealthy, "auth.rejected", $"Access denied for user '{account}'");
        (await MySqlProbe.OnceAsync(_server.ConnectionString(account, database: "gone"))).Is(
            Unhealthy, account == Least ? "sql.forbidden" : "sql.forbidden", "to database 'gone'");

        (await MySqlProbe.OnceAsync(text, options => (options.Statement, options.Deadline) = ("SELECT SLEEP(20)", Short))).Is(Unhealthy, "use.timeout");
        await NobodyIsThereAsync();
        (await MySqlProbe.OnceAsync(text, options => (options.Statement, options.DegradedAboveLatency) = ("SELECT SLEEP(0.3)", TimeSpan.FromSeconds(0.2)))).Is(
            Degraded, "use.slow");

        _server.Query("SET GLOBAL read_only = 1");
        (await MySqlProbe.OnceAsync(text)).Is(Unhealthy, "mysql.readOnly", "read-only (read_only)");
        (await MySqlProbe.OnceAsync(text, options => options.ExpectRole = MySqlRole.Any)).Is(Healthy, null, "read-only (read_only)", "a character of 4 bytes comes back");
        _server.Query("SET GLOBAL read_only = 0");

        _server.Query("SET GLOBAL max_connections = 10");
        await WithConnectionsAsync(text, 8, async () => (await MySqlProbe.OnceAsync(text)).Is(Degraded, "mysql.connections", "9 of 10 connections (90.0 %, degraded above 80 %)"));
        await WithConnectionsAsync(text, 10, async () => (await MySqlProbe.OnceAsync(text)).Is(Unhealthy, "sql.tooManyConnections", "Too many connections"));
        _server.Query("SET GLOBAL max_connections = 60");

        _server.Query($"ALTER USER {account} WITH MAX_USER_CONNECTIONS 5");
        await WithConnectionsAsync(
            text, 4, async () => (await MySqlProbe.OnceAsync(text)).Is(Unhealthy, "mysql.accountConnections", "5 of 5 connections of the account (100.0 %, unhealthy above 95 %)"));
        await WithConnectionsAsync(text, 5, async () => (await MySqlProbe.OnceAsync(text)).Is(Unhealthy, "mysql.accountLimit", "max_user_connections"));
        _server.Query($"ALTER USER {account} WITH MAX_USER_CONNECTIONS 0");

        _server.Query($"ALTER USER {account} ACCOUNT LOCK");
        (await MySqlProbe.OnceAsync(text)).Is(Unhealthy, "auth.rejected", "locked");
        _server.Query($"ALTER USER {account} ACCOUNT UNLOCK");

        (await MySqlProbe.OnceAsync(_server.ConnectionString(account, more: "Pooling=false").Replace("SslMode=none", "SslMode=Required", StringComparison.Ordinal))).Is(
            Unhealthy, "tls.notTls");
        (await MySqlProbe.OnceAsync(_server.ConnectionString(account, more: "CharSet=utf8;Pooling=false"))).Is(
            Degraded, "mysql.connectionCharset", "the connection cannot send U+1F603", "its character set is utf8mb3");
        (await MySqlProbe.OnceAsync(_server.ConnectionString(account, more: "CharSet=latin1;Pooling=false"))).Is(
            Degraded, "mysql.connectionCharset", "it arrived as the bytes 3F3F (its character set is latin1)");

        _server.Query("ALTER DATABASE app CHARACTER SET latin1");
        (await MySqlProbe.OnceAsync(text)).Is(Degraded, "mysql.databaseCharset", "a new column in `app` cannot hold U+1F603", "its character set will be latin1");
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_named()
    {
        _server.CreateUser("anywhere", "ALL ON *.*");
        (await MySqlProbe.OnceAsync(_server.ConnectionString("anywhere", database: "gone"))).Is(Unhealthy, "sql.noDatabase", "Unknown database 'gone'");
        _server.Query("DROP USER anywhere");
    }

    [Fact]
    public async Task Without_a_database_there_is_nothing_of_one_to_look_at()
    {
        var result = await MySqlProbe.OnceAsync(_server.ConnectionString(database: ""));

        result.Is(Healthy, null, "a character of 4 bytes comes back (without a table)");
        Assert.False(result.Data.ContainsKey("sizeBytes"));
        Assert.False(result.Data.ContainsKey("narrowColumnsCount"));
    }

    [Fact]
    public async Task Columns_without_room_for_an_emoji_are_named_unless_they_are_known()
    {
        _server.Query(
            """
            CREATE TABLE app.works (id INT PRIMARY KEY, title VARCHAR(50) CHARACTER SET utf8mb3, note TEXT CHARACTER SET latin1, wide TEXT, raw BLOB, kind ENUM('a') CHARACTER SET latin1);
            CREATE TABLE app.legacy_a (u VARCHAR(9) CHARACTER SET ucs2);
            CREATE VIEW app.seen AS SELECT title FROM app.works
            """);
        var text = _server.ConnectionString();

        var result = await MySqlProbe.OnceAsync(text);
        result.Is(Degraded, "mysql.narrowCharset", "3 columns cannot hold a character of 4 bytes: legacy_a.u (ucs2), works.title (utf8mb3), works.note (latin1);");
        Assert.Equal(3, result.Data["narrowColumnsCount"]);
        Assert.Equal(["legacy_a.u (ucs2)", "works.title (utf8mb3)", "works.note (latin1)"], (IEnumerable<string>)result.Data["narrowColumns"]);

        (await MySqlProbe.OnceAsync(text, options => options.KnownNarrowColumns = ["legacy_*", "works.note"])).Is(
            Degraded, "mysql.narrowCharset", "1 column cannot hold a character of 4 bytes: works.title (utf8mb3);");
        (await MySqlProbe.OnceAsync(text, options => options.KnownNarrowColumns = ["*.*"])).Is(Healthy, null, "3 columns without room for characters of 4 bytes are known");
        Assert.False((await MySqlProbe.OnceAsync(text, options => options.KnownNarrowColumns = ["*"])).Data.ContainsKey("narrowColumnsCount"));

        for (var i = 0; i < 12; i++)
        {
            _server.Query($"CREATE TABLE app.t{i:00} (a TEXT CHARACTER SET utf8mb3, b TEXT CHARACTER SET utf8mb3)");
        }

        (await MySqlProbe.OnceAsync(text)).Is(Degraded, "mysql.narrowCharset", "27 columns cannot hold a character of 4 bytes: legacy_a.u (ucs2), t00.a (utf8mb3),", " and 17 more;");
    }

    [Fact]
    public async Task What_it_says_of_a_column_is_true()
    {
        _server.Query("CREATE TABLE app.works (narrow VARCHAR(9) CHARACTER SET utf8mb3, wide VARCHAR(9))");
        (await MySqlProbe.OnceAsync(_server.ConnectionString())).Is(Degraded, "mysql.narrowCharset", "1 column cannot hold a character of 4 bytes: works.narrow (utf8mb3);");

        using var app = new MySqlConnection(_server.ConnectionString());
        app.Open();
        Execute(app, "INSERT INTO works (wide) VALUES ('\U0001F603')");
        Assert.Contains(
            "Incorrect string value", Assert.Throws<MySqlException>(() => Execute(app, "INSERT INTO works (narrow) VALUES ('\U0001F603')")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_takes_anything_is_seen_through()
    {
        // Without strict mode the character is replaced without a word.
        _server.Query("SET GLOBAL sql_mode = ''; ALTER DATABASE app CHARACTER SET latin1");
        try
        {
            (await MySqlProbe.OnceAsync(_server.ConnectionString(more: "CharSet=utf8;Pooling=false"))).Is(
                Degraded, "mysql.connectionCharset", "it arrived as the bytes 3F3F3F3F", "its character set will be latin1 (it was kept as the bytes 3F)");
        }
        finally
        {
            _server.Query("SET GLOBAL sql_mode = DEFAULT");
        }
    }

    [Fact]
    public async Task A_session_that_may_only_read_is_asked_without_a_table()
    {
        _server.Query("SET GLOBAL init_connect = 'SET SESSION TRANSACTION READ ONLY'");
        (await MySqlProbe.OnceAsync(_server.ConnectionString())).Is(Healthy, null, "a character of 4 bytes comes back (without a table)");
    }

    [Fact]
    public async Task A_database_that_is_too_large_says_how_large()
    {
        _server.Query("CREATE TABLE app.works (id INT PRIMARY KEY)");
        var text = _server.ConnectionString();

        (await MySqlProbe.OnceAsync(text, options => options.DegradedAboveSizeBytes = 10_000)).Is(Unhealthy, "mysql.size", "database size 16.0 KiB, unhealthy above 12.21 KiB (1 table)");
        (await MySqlProbe.OnceAsync(text, options => (options.DegradedAboveSizeBytes, options.UnhealthyAboveSizeBytes) = (10_000, 20_000))).Is(Degraded, "mysql.size");
        (await MySqlProbe.OnceAsync(text, options => options.UnhealthyAboveSizeBytes = 1_000_000)).Is(Healthy, null);
    }

    [Fact]
    public async Task A_connection_that_is_kept_is_used_again_and_replaced_when_it_was_killed()
    {
        var before = _server.Status("Connections");
        using var probe = new MySqlProbe(_server.ConnectionString());
        for (var i = 0; i < 5; i++)
        {
            (await probe.RunAsync()).Is(Healthy, null);
        }

        // Each question of a test's own client is a connection too.
        Assert.Equal(2, _server.Status("Connections") - before);

        _server.Query($"KILL USER {MariaDbServer.User}");
        (await probe.RunAsync()).Is(Healthy, null, "the connection that was kept was dead", "and a new one works");
    }

    [Fact]
    public async Task The_apps_pool_gets_its_connection_back_as_it_was_and_when_it_is_empty_that_is_said()
    {
        var text = _server.ConnectionString(more: "CharSet=utf8mb4;Max Pool Size=2;Connection Timeout=1");
        await using var source = MySqlClientFactory.Instance.CreateDataSource(text);
        using var probe = new MySqlProbe(options => options.Source = source);
        var before = _server.Status("Connections");
        for (var i = 0; i < 3; i++)
        {
            (await probe.RunAsync()).Is(Healthy, null, "a character of 4 bytes comes back,");
        }

        Assert.Equal(2, _server.Status("Connections") - before);
        using var first = source.OpenConnection();
        Assert.Equal("none", Scalar(first, "SELECT CONVERT(IFNULL(@@character_set_results, 'none') USING utf8mb4)"));
        Assert.Throws<MySqlException>(() => Execute(first, "DROP TEMPORARY TABLE healthkit_round_trip"));

        using var second = source.OpenConnection();
        (await probe.RunAsync()).Is(Unhealthy, "sql.poolExhausted");
    }

    [Fact]
    public async Task A_table_that_a_cut_run_left_on_a_pooled_connection_does_not_matter()
    {
        var text = _server.ConnectionString(more: "CharSet=utf8mb4;Max Pool Size=1");
        await using var source = MySqlClientFactory.Instance.CreateDataSource(text);
        using (var app = source.OpenConnection())
        {
            Execute(app, "CREATE TEMPORARY TABLE healthkit_round_trip (a INT)");
        }

        using var probe = new MySqlProbe(options => options.Source = source);
        (await probe.RunAsync()).Is(Healthy, null, "a character of 4 bytes comes back,");
    }

    [Fact]
    public async Task Nothing_is_left_behind()
    {
        foreach (var account in new[] { MariaDbServer.User, Least })
        {
            using (var probe = new MySqlProbe(_server.ConnectionString(account)))
            {
                await probe.RunAsync();
                await probe.RunAsync();
            }

            await MySqlProbe.OnceAsync(_server.ConnectionString(account), options => (options.Statement, options.Deadline) = ("SELECT SLEEP(3)", Short));
        }

        Assert.Equal("", _server.Query("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'app'"));
        await NobodyIsThereAsync();
    }

    private Task NobodyIsThereAsync() => Eventually.TrueAsync(
        () => _server.Query("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER <> 'root' AND USER <> 'system user'") == "0",
        "all connections are closed",
        seen: () => _server.Query("SHOW FULL PROCESSLIST"));

    private static async Task WithConnectionsAsync(string text, int count, Func<Task> then)
    {
        var connections = Enumerable.Range(0, count).Select(_ => new MySqlConnection(text)).ToList();
        try
        {
            // Those of the step before may take a moment to be gone.
            await Eventually.TrueAsync(
                () =>
                {
                    foreach (var connection in connections.Where(static one => one.State != System.Data.ConnectionState.Open))
                    {
                        try
                        {
                            connection.Open();
                        }
                        catch (MySqlException)
                        {
                            return false;
                        }
                    }

                    return true;
                },
                $"{count} connections stand");
            await then();
        }
        finally
        {
            connections.ForEach(static one => one.Dispose());
        }
    }

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>One server for all.</summary>
    public sealed class Server : IDisposable
    {
        public Server() => Value.CreateUser(Least, "USAGE ON *.*", "EXECUTE ON app.*");

        internal MariaDbServer Value { get; } = MariaDbServer.Start("--max-connections=60");

        public void Dispose() => Value.Dispose();
    }
}
