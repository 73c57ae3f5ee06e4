using System.Data.Common;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Whether a MySQL or MariaDB server can be used, as its driver and its own figures tell, and whether it holds every character.</summary>
internal sealed class MySqlCheck(Network network, Func<MySqlOptions> options, IServiceProvider services) : DatabaseCheck<MySqlOptions>(network, options, services)
{
    public static readonly CheckType<MySqlOptions> Type = CheckType.Create<MySqlOptions>(
        new CheckDescriptor(
            "MySql",
            "Whether a MySQL or MariaDB server lets the app in, takes writes, has connections left, keeps up with its source, and holds every character of Unicode.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "It answers, and no limit is passed.",
                [HealthStatus.Degraded] =
                    "A degraded limit is passed, or columns, the connection or new columns have no room for characters of 4 bytes, or a fact could not be asked for, or it took longer than DegradedAboveLatency.",
                [HealthStatus.Unhealthy] = "A stage failed; it is read-only where it must take writes; it is no replica where it must be one, or one that has stopped; or an unhealthy limit is passed.",
            },
            "The text names the stage and the server's words. On the server: SHOW FULL PROCESSLIST, SHOW REPLICA STATUS, and its error log.",
            "Past a limit: look at what the text names. Failed: repeat it from this machine with the app's account: mariadb -h <host> -u <user> -p <database>.")
        {
            RemedyByReason = StageRemedies.UpTo(Stage.Use, SqlRemedies.With(new Dictionary<string, string>
            {
                ["mysql.hostBlocked"] =
                    "Find who connects from this host without logging in (a TCP check, a load balancer, a scanner; Aborted_connects counts them), then on the server: mysqladmin flush-hosts, or TRUNCATE performance_schema.host_cache.",
                ["mysql.hostNotAllowed"] = "Create the account for this host: CREATE USER 'user'@'host'. Behind a proxy or a NAT the server sees another address than you expect.",
                ["mysql.accountLimit"] = "Raise the account's limit (ALTER USER … WITH MAX_USER_CONNECTIONS …, max_user_connections), or find what opens so many connections.",
                ["mysql.authPlugin"] =
                    "Use a driver that knows the account's way to log in, or TLS where caching_sha2_password needs it, or give the account another: ALTER USER … IDENTIFIED WITH ….",
                ["mysql.tlsRequired"] = "Turn encryption on in the connection string (SslMode=Required).",
                ["mysql.ended"] = "The server is shutting down, or somebody killed the connection: see its error log.",
                ["mysql.offline"] = "Somebody has set offline_mode: SET GLOBAL offline_mode = OFF when the work is done.",
                ["mysql.notReady"] = "The node is not part of the cluster's majority: look at wsrep_cluster_status and the other nodes.",
                ["mysql.readOnly"] = "Connect to the primary; or if this is the primary: SET GLOBAL read_only = OFF (super_read_only too). Set ExpectRole if it is meant to be a replica.",
                ["mysql.connections"] = "SHOW FULL PROCESSLIST tells who holds them: close leaks, lower the pools of the apps, or raise max_connections.",
                ["mysql.accountConnections"] = "Lower the pools of the app, or raise the account's limit (max_user_connections).",
                ["mysql.notReplica"] = "It was to be a replica and replicates from nobody: find out who reset or promoted it, and whether there are two primaries now.",
                ["mysql.replicationUnseen"] = "Give the account the right that the text names, or set ExpectRole to Any.",
                ["mysql.replicaStopped"] = "SHOW REPLICA STATUS on the replica: mend what the error names, then START REPLICA (MariaDB and older: START SLAVE).",
                ["mysql.replicaLag"] = "See what the replica applies (SHOW FULL PROCESSLIST: system user): a long transaction, a lock, a table without a primary key; or it is too slow for its source.",
                ["mysql.size"] = "Delete or archive what is no longer needed, or give it more room and raise the limit.",
                ["mysql.sizeGrows"] = "Find the table that grows: SELECT table_name, data_length + index_length FROM information_schema.tables ORDER BY 2 DESC.",
                ["mysql.narrowCharset"] =
                    "ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4 (it rebuilds the table); writes with an emoji fail until then. Columns that may stay so: KnownNarrowColumns.",
                ["mysql.connectionCharset"] = "Add CharSet=utf8mb4 to the connection string, or have the driver send SET NAMES utf8mb4; see init_connect and character_set_server on the server.",
                ["mysql.databaseCharset"] = "ALTER DATABASE … CHARACTER SET utf8mb4: new tables get it; those that are there keep theirs. If it is so on purpose: * in KnownNarrowColumns.",
                ["mysql.roundTripFailed"] = "Try the statements of the round trip with the app's account (they stand on the check's page), or turn it off: RoundTrip.",
            })),
            DefaultTags = ["ready"],
        },
        static options => options.Validate(),
        static (services, options) => options.ValidateServices(services),
        static (services, options) => new MySqlCheck(services.GetService<Network>() ?? new Network(services.GetRequiredService<TimeProvider>()), options, services));

    private const string Utf8 = "utf8mb4";

    /// <summary>How often a good round trip is repeated. One that failed is repeated at each run.</summary>
    private static readonly TimeSpan RoundTripAgain = TimeSpan.FromMinutes(5);

    /// <summary>How often columns are looked for: the server opens every table for that.</summary>
    private static readonly TimeSpan ColumnsAgain = TimeSpan.FromHours(1);

    /// <summary>How often, when the last time it took too long or failed.</summary>
    private static readonly TimeSpan ColumnsAfterFailure = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan SizeAgain = TimeSpan.FromMinutes(5);

    private const int MostChannels = 64;

    private Traveled? _roundTrip;
    private Searched? _columns;
    private MySqlSessionState? _state;

    protected override SqlDialect? Dialect => SqlDialect.MySql;

    protected override StageException? Explain(DbException error, bool opening) => MySqlErrors.Explain(error, opening, Shown(error.Message));

    protected override bool LacksPrivilege(DbException error) => MySqlErrors.IsMissingPrivilege(MySqlErrors.NumberOf(error));

    protected override IEnumerable<SqlFact> FactsOf(MySqlOptions options)
    {
        var limits = MySqlOptions.Size.Resolve(options.DegradedAboveSizeBytes, options.UnhealthyAboveSizeBytes);
        yield return new SqlFact(
            "size",
            $"""
            SELECT NULL AS name, CASE WHEN {MySqlNarrowColumns.VisibleCondition} THEN COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) END AS bytes,
              CONVERT(CONCAT(COUNT(*), IF(COUNT(*) = 1, ' table', ' tables')) USING utf8mb4) AS detail
            FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() HAVING DATABASE() IS NOT NULL
            """,
            GaugeUnit.Bytes)
        {
            Quantity = MySqlOptions.Size.Quantity,
            DegradedLimit = double.IsNaN(limits.Degraded) ? null : limits.Degraded,
            UnhealthyLimit = double.IsNaN(limits.Unhealthy) ? null : limits.Unhealthy,
            MaxRows = 1,
            Period = SizeAgain,
            Grant = SelectGrant(_state),
            Reason = "mysql.size",
            ForecastReason = double.IsNaN(limits.Unhealthy) ? null : "mysql.sizeGrows",
        };
    }

    protected override async Task ExamineAsync(SqlSession session, MySqlOptions options, DatabaseFindings findings, CancellationToken token)
    {
        var rows = await session.RowsAsync(MySqlSessionState.Statement, 1, token).ConfigureAwait(false);
        var state = _state = MySqlSessionState.Read(rows[0]);
        var server = await PrepareAsync(session, state, token).ConfigureAwait(false);
        findings.Say(server.Version.ToString());
        findings.Note("serverVersion", server.Version.ToString());
        TellRole(server, options, findings);
        TellConnections(server, options, findings);
        try
        {
            await TellAccountAsync(session, state, options, findings, token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not DbException && IsOfOneFact(e, session, token))
        {
            findings.Add(GaugeLevel.Degraded, "sql.factFailed", $"connections of the account could not be asked for: {Shown(SqlErrors.Told(e))}");
        }

        try
        {
            await TellReplicationAsync(session, state, server, options, findings, token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not DbException && IsOfOneFact(e, session, token))
        {
            findings.Add(GaugeLevel.Degraded, "sql.factFailed", $"replication could not be asked for: {Shown(SqlErrors.Told(e))}");
        }

        if (options.RoundTrip)
        {
            await TellRoundTripAsync(session, state, server, options, findings, token).ConfigureAwait(false);
        }

        await TellColumnsAsync(session, state, options, findings, token).ConfigureAwait(false);
    }

    /// <summary>Has the connection answer in what any driver reads, for the time of the run, and asks what the server is.</summary>
    private static async Task<MySqlServerState> PrepareAsync(SqlSession session, MySqlSessionState state, CancellationToken token)
    {
        if (state.Results != Utf8)
        {
            // MySql.Data has the server answer in each column's character set, of which it does not know all: SHOW fails then.
            session.Undo = $"SET character_set_results = {(state.Results is { } name && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name : "NULL")}";
            await session.ExecuteAsync($"SET character_set_results = {Utf8}", token).ConfigureAwait(false);
        }

        var variables = await session.RowsAsync(MySqlServerState.VariablesStatement, 50, token).ConfigureAwait(false);
        var status = await session.RowsAsync(MySqlServerState.StatusStatement, 50, token).ConfigureAwait(false);
        var server = new MySqlServerState(variables.Concat(status).Where(static row => row.Count >= 2).Select(static row => (SqlRow.Text(row[0]) ?? "", SqlRow.Text(row[1]))));
        if (!server.Version.IsMariaDb && server.Version.IsAtLeast(8, 0))
        {
            // Else sizes are up to a day old (MySQL 8.0: information_schema_stats_expiry).
            const string Fresh = "information_schema_stats_expiry = ";
            session.Undo = session.Undo is null ? $"SET SESSION {Fresh}DEFAULT" : $"{session.Undo}, SESSION {Fresh}DEFAULT";
            await session.ExecuteAsync($"SET SESSION {Fresh}0", token).ConfigureAwait(false);
        }

        return server;
    }

    private static void TellRole(MySqlServerState server, MySqlOptions options, DatabaseFindings findings)
    {
        var readOnly = string.Join(", ", server.ReadOnly);
        findings.Note("readOnly", readOnly.Length > 0);
        if (readOnly.Length == 0)
        {
            findings.Say("writable");
        }
        else
        {
            findings.Add(options.ExpectRole == MySqlRole.Primary ? GaugeLevel.Unhealthy : GaugeLevel.Ok, "mysql.readOnly", $"read-only ({readOnly})");
        }

        if (server.Number("Uptime") is { } uptime)
        {
            findings.Note("uptimeSeconds", uptime);
        }
    }

    private static void TellConnections(MySqlServerState server, MySqlOptions options, DatabaseFindings findings)
    {
        foreach (var (name, key) in new[] { ("Max_used_connections", "mostConnectionsCount"), ("Aborted_connects", "abortedConnectsCount") })
        {
            if (server.Number(name) is { } number)
            {
                findings.Note(key, number);
            }
        }

        if (server.Number("Threads_connected") is { } used && server.Number("max_connections") is > 0 and var most)
        {
            findings.Note("connectionsCount", used);
            findings.Note("maxConnectionsCount", most);
            Judge(findings, options, used, most, "connectionsPercent", "mysql.connections", "connections");
        }
        else
        {
            findings.AddUnknown("connections");
        }

        if (server.Number("Aborted_connects") is > 0 and var aborted)
        {
            findings.Say(string.Create(CultureInfo.InvariantCulture, $"aborted connects {aborted}"));
        }
    }

    private static async Task TellAccountAsync(SqlSession session, MySqlSessionState state, MySqlOptions options, DatabaseFindings findings, CancellationToken token)
    {
        if (state.MostConnections <= 0)
        {
            return;
        }

        // Without the privilege PROCESS a list of the account's own.
        const string Own = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = SUBSTRING_INDEX(CURRENT_USER(), '@', 1)";
        if (SqlRow.Number(await session.ScalarAsync(Own, token).ConfigureAwait(false)) is { } used)
        {
            findings.Note("accountConnectionsCount", used);
            findings.Note("maxAccountConnectionsCount", state.MostConnections);
            Judge(findings, options, used, state.MostConnections, "accountConnectionsPercent", "mysql.accountConnections", "connections of the account");
        }
    }

    private static void Judge(DatabaseFindings findings, MySqlOptions options, double used, double most, string key, string reason, string what)
    {
        var percent = Math.Min(100, 100 * used / most);
        findings.Note(key, Math.Round(percent, 2));
        var gauge = MySqlOptions.Connections;
        var limits = gauge.Resolve(options.DegradedAboveConnectionsPercent, options.UnhealthyAboveConnectionsPercent);
        var level = gauge.Judge(percent, limits);
        var limit = level == GaugeLevel.Ok ? "" : $", {gauge.ExplainLimit(level, limits)}";
        findings.Add(level, reason, string.Create(CultureInfo.InvariantCulture, $"{used:0} of {most:0} {what} ({GaugeAmount.Percent(percent)}{limit})"));
    }

    private async Task TellReplicationAsync(
        SqlSession session, MySqlSessionState state, MySqlServerState server, MySqlOptions options, DatabaseFindings findings, CancellationToken token)
    {
        List<SqlRow> rows;
        try
        {
            rows = await session.RowsAsync(server.Version.ReplicaStatement, MostChannels, token).ConfigureAwait(false);
        }
        catch (DbException e) when (LacksPrivilege(e))
        {
            var grant = $"GRANT {server.Version.ReplicaPrivilege} ON *.* TO {state.QuotedAccount}";
            findings.AddMissingPrivilege("replication", grant);
            TellUnseen($"the account may not see it ({grant})");
            return;
        }
        catch (DbException e) when (MySqlErrors.NumberOf(e) == MySqlErrors.NoSuchStatement)
        {
            findings.AddUnknown($"replication (the server does not know {server.Version.ReplicaStatement})");
            TellUnseen($"the server does not know {server.Version.ReplicaStatement}");
            return;
        }

        List<MySqlReplicaChannel> channels = [.. rows.Select(MySqlReplicaChannel.Read)];
        findings.Note("replicaChannelsCount", channels.Count);
        if (channels.Count == 0 && options.ExpectRole == MySqlRole.Replica)
        {
            findings.Add(GaugeLevel.Unhealthy, "mysql.notReplica", "it replicates from nobody, and was to be a replica");
        }

        foreach (var channel in channels)
        {
            TellChannel(channel, channels.Count > 1, options, findings);
        }

        void TellUnseen(string because)
        {
            if (options.ExpectRole == MySqlRole.Replica)
            {
                findings.Add(GaugeLevel.Degraded, "mysql.replicationUnseen", $"it was to be a replica, and whether it replicates cannot be told: {because}");
            }
        }
    }

    private void TellChannel(MySqlReplicaChannel channel, bool isOneOfSeveral, MySqlOptions options, DatabaseFindings findings)
    {
        var name = isOneOfSeveral ? $"replica of {channel.Source} ({(channel.Name.Length == 0 ? "the channel without a name" : "channel " + channel.Name)})" : $"replica of {channel.Source}";

        // Where the app writes here, what does not come in from elsewhere is no failure of this server.
        var stopped = options.ExpectRole == MySqlRole.Primary ? GaugeLevel.Degraded : GaugeLevel.Unhealthy;
        if (!channel.IsFetching)
        {
            findings.Add(
                stopped,
                "mysql.replicaStopped",
                $"{name}: its I/O thread {(channel.FetchState == "No" ? "does not run" : $"is not connected ({channel.FetchState})")}{Because(channel.FetchError)}");
        }

        if (!channel.IsApplying)
        {
            findings.Add(stopped, "mysql.replicaStopped", $"{name}: its SQL thread does not run{Because(channel.ApplyError)}");
        }

        if (!channel.IsRunning)
        {
            return;
        }

        if (channel.Lag is not { } lag)
        {
            findings.AddUnknown($"lag of the {name}");
            return;
        }

        const string Key = "replicationLagSeconds";
        if (isOneOfSeveral)
        {
            findings.NoteItem(channel.Name.Length == 0 ? "default" : channel.Name, Key, lag.TotalSeconds);
        }
        else
        {
            findings.Note(Key, lag.TotalSeconds);
        }

        var gauge = MySqlOptions.Lag;
        var limits = gauge.Resolve(options.DegradedAboveReplicationLag?.TotalSeconds, options.UnhealthyAboveReplicationLag?.TotalSeconds);
        var level = gauge.Judge(lag.TotalSeconds, limits);
        var meant = channel.Delay > TimeSpan.Zero ? $" beyond the delay of {GaugeAmount.Time(channel.Delay)} that it is told to keep" : "";
        findings.Add(level, "mysql.replicaLag", $"{name}: {gauge.Explain(lag.TotalSeconds, level, limits)}{meant}");

        string Because(string? error) => error is null ? "" : $": {Shown(error)}";
    }

    private async Task TellRoundTripAsync(
        SqlSession session, MySqlSessionState state, MySqlServerState server, MySqlOptions options, DatabaseFindings findings, CancellationToken token)
    {
        // Another connection string after a reload, or another server behind the same name, may be set up differently.
        var of = (state.Client, state.Results, state.NewColumns, state.Database, state.Account, server.LogsTemporaryTables, IsNarrowOnPurpose(options));
        if (_roundTrip is not { Result.IsGood: true } known || known.Of != of || Network.Time.GetElapsedTime(known.At) >= RoundTripAgain)
        {
            try
            {
                var result = await MySqlRoundTrip.DoAsync(session, state, !server.LogsTemporaryTables, token).ConfigureAwait(false);
                _roundTrip = new Traveled(of, Network.Time.GetTimestamp(), IsNarrowOnPurpose(options) ? result with { Kept = null } : result);
            }
            catch (Exception e) when (IsOfOneFact(e, session, token))
            {
                _roundTrip = null;
                findings.Add(GaugeLevel.Degraded, "mysql.roundTripFailed", $"the round trip of a character failed: {Shown(SqlErrors.Told(e))}");
                return;
            }
        }

        Tell(_roundTrip!.Result, state, findings);
        findings.Note("roundTripAgeSeconds", Math.Round(Network.Time.GetElapsedTime(_roundTrip.At).TotalSeconds));
    }

    private void Tell(MySqlRoundTripResult result, MySqlSessionState state, DatabaseFindings findings)
    {
        const string What = $"{MySqlRoundTrip.CharacterName}, a character of 4 bytes";
        findings.Note("connectionCharset", ForeignText.Shown(state.Client ?? "", 30));
        findings.Note("databaseCharset", ForeignText.Shown(state.NewColumns ?? "", 30));
        if (result.Sent is { } sent)
        {
            findings.Add(
                GaugeLevel.Degraded,
                "mysql.connectionCharset",
                $"the connection cannot send {What}: {Shown(sent)} (its character set is {ForeignText.Shown(state.Client ?? "unknown", 30)})");
        }

        if (result.Received is { } received)
        {
            findings.Add(
                GaugeLevel.Degraded,
                "mysql.connectionCharset",
                $"the connection cannot receive {What}: {Shown(received)} (its results are in {ForeignText.Shown(state.Results ?? "the columns' own character sets", 40)})");
        }

        if (result.Kept is { } kept)
        {
            findings.Add(
                GaugeLevel.Degraded,
                "mysql.databaseCharset",
                $"a new column in {state.QuotedDatabase} cannot hold {What}: its character set will be {ForeignText.Shown(state.NewColumns ?? "unknown", 30)} ({Shown(kept)})");
        }

        if (result.IsGood)
        {
            findings.Say($"a character of 4 bytes comes back{(result.UsedTable ? "" : " (without a table)")}");
        }

        if (result.LacksPrivilege)
        {
            findings.AddMissingPrivilege(
                "the round trip in a temporary table, done without one", $"GRANT {MySqlRoundTrip.Privilege} ON {state.QuotedDatabase}.* TO {state.QuotedAccount}");
        }
    }

    private async Task TellColumnsAsync(SqlSession session, MySqlSessionState state, MySqlOptions options, DatabaseFindings findings, CancellationToken token)
    {
        IList<string> ignored = options.KnownNarrowColumns ?? [];
        if (state.Database is null || IsNarrowOnPurpose(options))
        {
            return;
        }

        var of = (state.Database, state.Account);
        if (_columns is not { } known || known.Of != of || Network.Time.GetElapsedTime(known.At) >= (known.Trouble is null ? ColumnsAgain : ColumnsAfterFailure))
        {
            _columns = await SearchAsync(session, of, options.Deadline / 3, token).ConfigureAwait(false);
        }

        if (_columns.Trouble is { } trouble)
        {
            findings.Add(GaugeLevel.Degraded, trouble.Reason, $"the columns' character sets are not known: {trouble.Text}");
            return;
        }

        var found = _columns.Result!;
        if (!found.IsVisible)
        {
            findings.AddMissingPrivilege("the columns' character sets", SelectGrant(state));
            return;
        }

        var narrow = found.Unknown(ignored);
        findings.Note("narrowColumnsCount", narrow.Count);
        findings.Note("narrowColumnsAgeSeconds", Math.Round(Network.Time.GetElapsedTime(_columns.At).TotalSeconds));
        if (narrow.Count == 0)
        {
            findings.Say(found.Names.Count == 0
                ? "all text columns hold characters of 4 bytes"
                : string.Create(CultureInfo.InvariantCulture, $"{found.Names.Count} columns without room for characters of 4 bytes are known"));
            return;
        }

        findings.Note("narrowColumns", MySqlNarrowColumns.List(narrow));
        var most = found.IsWhole ? "" : "more than ";
        findings.Add(
            GaugeLevel.Degraded,
            "mysql.narrowCharset",
            string.Create(CultureInfo.InvariantCulture, $"{most}{narrow.Count} {(narrow.Count == 1 ? "column" : "columns")} cannot hold a character of 4 bytes: {MySqlNarrowColumns.Text(narrow)}"));
    }

    /// <summary>Searches in a share of the time: a server with very many tables is not down because they take long to list.</summary>
    private async Task<Searched> SearchAsync(SqlSession session, (string, string) of, TimeSpan share, CancellationToken token)
    {
        using var enough = new CancellationTokenSource(share, Network.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, token);
        try
        {
            var result = await MySqlNarrowColumns.FindAsync(session, either.Token).ConfigureAwait(false);
            return new Searched(of, Network.Time.GetTimestamp(), result, null);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return new Searched(of, Network.Time.GetTimestamp(), null, ("sql.factLate", $"no answer within {Latency.Text(share)}"));
        }
        catch (Exception e) when (IsOfOneFact(e, session, token))
        {
            return new Searched(of, Network.Time.GetTimestamp(), null, ("sql.factFailed", Shown(SqlErrors.Told(e))));
        }
    }

    /// <summary>
    /// Whether an exception says nothing of the connection as a whole. Drivers throw more than their own kind, as for a value that they cannot convert: the other facts are
    /// told all the same.
    /// </summary>
    private static bool IsOfOneFact(Exception error, SqlSession session, CancellationToken token) =>
        error is not StageException && !session.IsDead && !token.IsCancellationRequested;

    /// <summary>Whether all columns may be narrow, those to come as well.</summary>
    private static bool IsNarrowOnPurpose(MySqlOptions options) => options.KnownNarrowColumns?.Contains("*") == true;

    private static string SelectGrant(MySqlSessionState? state) =>
        state?.Database is null ? "GRANT SELECT ON <database>.* TO <account>" : $"GRANT SELECT ON {state.QuotedDatabase}.* TO {state.QuotedAccount}";

    /// <summary>A round trip, of what kind of connection, and when.</summary>
    private sealed record Traveled((string?, string?, string?, string?, string, bool, bool) Of, long At, MySqlRoundTripResult Result);

    /// <summary>A search for narrow columns, where, and when.</summary>
    private sealed record Searched((string, string) Of, long At, MySqlNarrowColumns? Result, (string Reason, string Text)? Trouble);
}
