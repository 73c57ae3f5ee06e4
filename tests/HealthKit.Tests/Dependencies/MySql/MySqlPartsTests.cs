using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Dependencies;

public class MySqlPartsTests
{
    [Theory]
    [InlineData("8.0.36-0ubuntu0.22.04.1", "(Ubuntu)", "MySQL 8.0.36", "SHOW REPLICA STATUS", "REPLICATION CLIENT")]
    [InlineData("8.0.21", "MySQL Community Server - GPL", "MySQL 8.0.21", "SHOW SLAVE STATUS", "REPLICATION CLIENT")]
    [InlineData("8.4.0", null, "MySQL 8.4.0", "SHOW REPLICA STATUS", "REPLICATION CLIENT")]
    [InlineData("5.7.44-log", null, "MySQL 5.7.44", "SHOW SLAVE STATUS", "REPLICATION CLIENT")]
    [InlineData("5.5.5-10.11.6-MariaDB-0+deb12u1-log", "Debian 12", "MariaDB 10.11.6", "SHOW ALL SLAVES STATUS", "REPLICA MONITOR")]
    [InlineData("10.5.8-MariaDB", null, "MariaDB 10.5.8", "SHOW ALL SLAVES STATUS", "REPLICATION SLAVE ADMIN")]
    [InlineData("10.4.32", "mariadb.org binary distribution", "MariaDB 10.4.32", "SHOW ALL SLAVES STATUS", "REPLICATION CLIENT")]
    [InlineData("11.4.2-MariaDB-ubu2404", null, "MariaDB 11.4.2", "SHOW ALL SLAVES STATUS", "REPLICA MONITOR")]
    [InlineData("", null, "MySQL 0.0.0", "SHOW SLAVE STATUS", "REPLICATION CLIENT")]
    [InlineData(null, null, "MySQL 0.0.0", "SHOW SLAVE STATUS", "REPLICATION CLIENT")]
    public void A_version_tells_which_statement_and_which_privilege_replication_needs(string? version, string? comment, string text, string statement, string privilege)
    {
        var read = MySqlVersion.Read(version, comment);

        Assert.Equal((text, statement, privilege), (read.ToString(), read.ReplicaStatement, read.ReplicaPrivilege));
    }

    [Theory]
    [InlineData("8.0.36", true, "ROW", false, false)]
    [InlineData("8.0.36", true, "MIXED", false, false)]
    [InlineData("8.0.36", true, "STATEMENT", true, true)]
    [InlineData("8.4.0", true, null, false, false)]
    [InlineData("5.7.44", true, "ROW", false, true)]
    [InlineData("5.7.44", false, "ROW", false, false)]
    [InlineData("10.11.6-MariaDB", true, "MIXED", false, true)]
    [InlineData("10.11.6-MariaDB", true, "MIXED", true, false)]
    [InlineData("10.11.6-MariaDB", true, "ROW", false, false)]
    [InlineData("10.11.6-MariaDB", false, "STATEMENT", false, false)]
    public void Whether_temporary_tables_are_logged_depends_on_server_and_format(string version, bool log, string? format, bool readOnly, bool logged) =>
        Assert.Equal(logged, MySqlVersion.Read(version, null).LogsTemporaryTables(log, format, readOnly));

    [Theory]
    [InlineData("")]
    [InlineData("read_only=OFF,super_read_only=OFF,innodb_read_only=OFF")]
    [InlineData("read_only=0")]
    [InlineData("read_only=ON", "read_only")]
    [InlineData("read_only=1", "read_only")]
    [InlineData("read_only=NO_LOCK", "read_only")]
    [InlineData("read_only=ON,super_read_only=ON", "super_read_only", "read_only")]
    [InlineData("read_only=OFF,innodb_read_only=ON", "innodb_read_only")]
    public void What_makes_a_server_read_only_is_named(string variables, params string[] names)
    {
        var state = new MySqlServerState(variables.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('=')).Select(pair => (pair[0], (string?)pair[1])));

        Assert.Equal(names, state.ReadOnly);
    }

    [Theory]
    [InlineData(1045, "auth.rejected")]
    [InlineData(1698, "auth.rejected")]
    [InlineData(3118, "auth.rejected")]
    [InlineData(1862, "auth.rejected")]
    [InlineData(1044, "sql.forbidden")]
    [InlineData(1049, "sql.noDatabase")]
    [InlineData(1040, "sql.tooManyConnections")]
    [InlineData(1203, "mysql.accountLimit")]
    [InlineData(1226, "mysql.accountLimit")]
    [InlineData(1129, "mysql.hostBlocked")]
    [InlineData(1130, "mysql.hostNotAllowed")]
    [InlineData(1251, "mysql.authPlugin")]
    [InlineData(2061, "mysql.authPlugin")]
    [InlineData(3159, "mysql.tlsRequired")]
    [InlineData(1053, "mysql.ended")]
    [InlineData(3032, "mysql.offline")]
    [InlineData(1047, "mysql.notReady")]
    [InlineData(1064, null)]
    [InlineData(1042, null)]
    public void A_number_of_the_server_has_a_meaning(int number, string? reason)
    {
        var explained = MySqlErrors.Explain(new FakeException("no", number: number), opening: true, "no");

        Assert.Equal(reason, explained?.Reason);
        Assert.True(explained?.Answered ?? true);
        Assert.Contains("no", explained?.Message ?? "no", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Authentication method 'caching_sha2_password' not supported by any of the available plugins.")]
    [InlineData("Retrieval of the RSA public key is not enabled for insecure connections.")]
    public void What_a_driver_says_of_ways_to_log_in_has_a_meaning_too(string text)
    {
        Assert.Equal("mysql.authPlugin", MySqlErrors.Explain(new FakeException(text), opening: true, text)?.Reason);
        Assert.Null(MySqlErrors.Explain(new FakeException(text), opening: false, text));
    }

    [Fact]
    public void The_number_of_a_failed_login_is_found_within_and_the_drivers_own_is_none()
    {
        Assert.Equal(1045, MySqlErrors.NumberOf(new FakeException("outer", inner: new FakeException("inner", number: 1045))));
        Assert.Null(MySqlErrors.NumberOf(new FakeException("outer", number: 1042, inner: new IOException())));
    }

    [Fact]
    public void A_channel_is_read_by_the_names_of_newer_and_older_servers()
    {
        var newer = Channel(FakeMySql.ReplicaColumns, "Yes", "Yes", "7", "5", "db1", "3306", "east", "0", "", "0", "");
        Assert.Equal(("east", "db1:3306", true, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)), (newer.Name, newer.Source, newer.IsRunning, newer.Lag, newer.Delay));

        string[] older =
        [
            .. FakeMySql.ReplicaColumns.Select(name => name.Replace("Replica_", "Slave_", StringComparison.Ordinal).Replace("Seconds_Behind_Source", "Seconds_Behind_Master", StringComparison.Ordinal)
                .Replace("Source_", "Master_", StringComparison.Ordinal).Replace("Channel_Name", "Connection_name", StringComparison.Ordinal)),
        ];
        var stopped = Channel(
            older, "Connecting", "No", null, "0", "db1", "3306", "", "2003", "cannot connect", "1062", "Error 'Duplicate entry '1'' on query. Default database: 'app'. Query: 'INSERT INTO users VALUES ('secret')'");
        Assert.Equal(("Connecting", false, false), (stopped.FetchState, stopped.IsFetching, stopped.IsApplying));
        Assert.Equal("error 2003: cannot connect", stopped.FetchError);
        Assert.Equal("error 1062: Error 'Duplicate entry '1'' on query. Default database: 'app'.", stopped.ApplyError);
        Assert.Null(stopped.Lag);
    }

    [Fact]
    public void Whatever_a_server_says_is_read_and_stays_short() => Prop.ForAll<string?, string?, string?>((first, second, third) =>
    {
        var channel = Channel(FakeMySql.ReplicaColumns, first, second, third, third, first, second, third, first, second, third, first);
        _ = MySqlVersion.Read(first, second).ToString();
        _ = new MySqlServerState([("version", first), ("max_connections", second), ("read_only", third)]).ReadOnly.Count();
        return channel.Name.Length < 70 && channel.Source.Length < 110 && (channel.FetchError?.Length ?? 0) < 240 && (channel.Lag ?? TimeSpan.Zero) >= TimeSpan.Zero;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_account_and_a_database_are_quoted_as_statements_need_them()
    {
        var state = new MySqlSessionState("utf8mb4", null, "utf8mb4", "my`shop", "o'neil@10.0.%", null, 0);

        Assert.Equal(("'o''neil'@'10.0.%'", "`my``shop`"), (state.QuotedAccount, state.QuotedDatabase));
    }

    [Theory]
    [InlineData("works")]
    [InlineData("")]
    [InlineData("works.* >= 2")]
    [InlineData(null)]
    public void A_known_column_that_is_none_is_rejected(string? name)
    {
        var options = new MySqlOptions { Source = new FakeDataSource("Fake=none"), KnownNarrowColumns = ["works.title", name!] };

        Assert.Equal(nameof(MySqlOptions.KnownNarrowColumns), Assert.Single(options.Validate()).Property);
    }

    [Fact]
    public void Limits_out_of_range_and_unknown_roles_are_rejected()
    {
        var options = new MySqlOptions
        {
            Source = new FakeDataSource("Fake=none"),
            ExpectRole = (MySqlRole)7,
            DegradedAboveConnectionsPercent = 101,
            UnhealthyAboveReplicationLag = TimeSpan.FromSeconds(-1),
            DegradedAboveSizeBytes = 10,
            UnhealthyAboveSizeBytes = 5,
        };

        Assert.Equal(
            ["DegradedAboveConnectionsPercent", "UnhealthyAboveReplicationLag", "DegradedAboveSizeBytes", "ExpectRole"],
            options.Validate().Select(error => error.Property));
    }

    private static MySqlReplicaChannel Channel(string[] names, params string?[] values) => MySqlReplicaChannel.Read(new SqlRow(names, [.. values]));
}
