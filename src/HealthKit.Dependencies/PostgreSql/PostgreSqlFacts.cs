namespace HealthKit;

/// <summary>
/// The facts about a PostgreSQL server. All are to be had by a role that may only connect; where it sees less than all, the statement gives NULL, and the
/// right is named that it lacks. (The documentation: "The Cumulative Statistics System", "System Administration Functions", "Routine Vacuuming".)
/// </summary>
internal static class PostgreSqlFacts
{
    private const double GiB = 1L << 30;
    private const string Monitor = "GRANT pg_monitor TO {user}";

    private static readonly Gauge Connections = new(
        "connections", GaugeUnit.Percent, GaugeDirection.HighIsBad, nameof(PostgreSqlOptions.DegradedAboveConnectionsPercent), nameof(PostgreSqlOptions.UnhealthyAboveConnectionsPercent), new GaugeLimits(80, 95));

    private static readonly Gauge Lag = new(
        "replication lag", GaugeUnit.Seconds, GaugeDirection.HighIsBad, nameof(PostgreSqlOptions.DegradedAboveReplicationLag), nameof(PostgreSqlOptions.UnhealthyAboveReplicationLag), new GaugeLimits(60, 300));

    private static readonly Gauge Retained = new(
        "WAL kept by a slot", GaugeUnit.Bytes, GaugeDirection.HighIsBad, nameof(PostgreSqlOptions.DegradedAboveRetainedWalBytes), nameof(PostgreSqlOptions.UnhealthyAboveRetainedWalBytes), new GaugeLimits(5 * GiB, 50 * GiB));

    private static readonly Gauge Size = new(
        "database size", GaugeUnit.Bytes, GaugeDirection.HighIsBad, nameof(PostgreSqlOptions.DegradedAboveSizeBytes), nameof(PostgreSqlOptions.UnhealthyAboveSizeBytes), ratio: 1.25);

    private static readonly Gauge TransactionAge = new(
        "oldest transaction", GaugeUnit.Seconds, GaugeDirection.HighIsBad, nameof(PostgreSqlOptions.DegradedAboveTransactionAge), nameof(PostgreSqlOptions.UnhealthyAboveTransactionAge), new GaugeLimits(3_600, 86_400));

    private static readonly Gauge Wraparound = new(
        "transaction numbers used", GaugeUnit.Percent, GaugeDirection.HighIsBad, nameof(PostgreSqlOptions.DegradedAboveWraparoundPercent), nameof(PostgreSqlOptions.UnhealthyAboveWraparoundPercent), new GaugeLimits(50, 80));

    // Anybody may see how many there are, and whose, if not what they do. The narrowest of the three limits counts; a superuser is bound by none of a role or a
    // database (CREATE ROLE, CREATE DATABASE: CONNECTION LIMIT).
    private const string ConnectionsStatement =
        """
        SELECT NULL, least(100, 100.0 * used / greatest(room, 1)), used || ' of ' || room || whose
        FROM (
          SELECT (SELECT sum(numbackends) FROM pg_stat_database)::bigint AS used,
            (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
              - coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0))::bigint AS room, '' AS whose
          UNION ALL
          SELECT (SELECT count(*) FROM pg_stat_activity WHERE usename = r.rolname AND backend_type = 'client backend'), r.rolconnlimit, ' of the role ' || r.rolname
          FROM pg_roles r WHERE r.rolname = session_user AND r.rolconnlimit >= 0 AND NOT r.rolsuper
          UNION ALL
          SELECT s.numbackends, d.datconnlimit, ' of the database ' || d.datname
          FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid
          WHERE d.datname = current_database() AND d.datconnlimit >= 0 AND NOT EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = session_user AND r.rolsuper)
        ) counted
        ORDER BY 1.0 * used / greatest(room, 1) DESC
        LIMIT 1
        """;

    // A standby that has replayed all it received is not behind, however long ago the last transaction was; unless it receives nothing any more. It knows
    // no time before it has replayed its first transaction.
    private const string LagStatement =
        """
        SELECT NULL, CASE
          WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver) THEN 0
          WHEN pg_last_xact_replay_timestamp() IS NULL THEN NULL
          ELSE greatest(0, extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()))
        END,
        CASE WHEN pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()
          THEN pg_size_pretty(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())) || ' received and not replayed' END
        WHERE pg_is_in_recovery()
        """;

    private const string StandbyName = "coalesce(nullif(application_name, ''), 'standby') || coalesce(' ' || host(client_addr), '')";

    // replay_lag is NULL where there is nothing to replay, where the role may not see it, and where the other side does not tell: pg_receivewal, a standby that hangs.
    private const string StandbysStatement =
        $"""
        SELECT {StandbyName},
          CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') THEN coalesce(extract(epoch FROM replay_lag), 0) END
        FROM pg_stat_replication
        WHERE state IS DISTINCT FROM 'backup'
          AND (replay_lag IS NOT NULL OR replay_lsn = sent_lsn OR NOT pg_has_role('pg_read_all_stats', 'USAGE'))
        ORDER BY replay_lag DESC NULLS LAST
        LIMIT 21
        """;

    // Those of which no time is known, and which have not replayed all: how far they are, in WAL.
    private const string BehindStatement =
        $"""
        SELECT {StandbyName},
          pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, coalesce(replay_lsn, flush_lsn, write_lsn, sent_lsn)),
          CASE WHEN replay_lsn IS NULL THEN 'it replays nothing' ELSE 'it does not say by how much time' END
        FROM pg_stat_replication
        WHERE state IS DISTINCT FROM 'backup' AND pg_has_role('pg_read_all_stats', 'USAGE') AND replay_lag IS NULL AND replay_lsn IS DISTINCT FROM sent_lsn
        ORDER BY 2 DESC NULLS LAST
        LIMIT 21
        """;

    private const string SlotsStatement =
        """
        SELECT slot_name, greatest(0, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn)),
          CASE WHEN active THEN 'active' ELSE 'inactive' END
        FROM pg_replication_slots
        WHERE restart_lsn IS NOT NULL
        ORDER BY 2 DESC
        LIMIT 21
        """;

    // wal_status is there since PostgreSQL 13; a row as JSON has it or has it not.
    private const string LostStatement =
        """
        SELECT s.slot_name, 1, s.slot_type || CASE WHEN s.active THEN ', active' ELSE ', inactive' END
        FROM pg_replication_slots s
        WHERE to_jsonb(s) ->> 'wal_status' = 'lost'
        ORDER BY 1
        LIMIT 21
        """;

    private const string TransactionStatement =
        """
        SELECT NULL,
          CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') THEN coalesce(extract(epoch FROM clock_timestamp() - begun), 0) END,
          detail
        FROM (SELECT 1) always LEFT JOIN (
          SELECT xact_start AS begun,
            'pid ' || pid || ', ' || coalesce(state, 'state unknown') || ', ' || coalesce(usename, 'no user') || coalesce(', ' || nullif(application_name, ''), '') AS detail
          FROM pg_stat_activity
          WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type IS DISTINCT FROM 'autovacuum worker'
          UNION ALL
          SELECT prepared, 'prepared transaction ' || gid FROM pg_prepared_xacts
          ORDER BY 1
          LIMIT 1) oldest ON true
        """;

    private const string WraparoundStatement =
        """
        SELECT NULL, least(100, 100.0 * greatest(max(age(datfrozenxid)), max(mxid_age(datminmxid))) / 2147483648),
          'oldest age ' || max(age(datfrozenxid)) || ', autovacuum_freeze_max_age ' || current_setting('autovacuum_freeze_max_age')
        FROM pg_database
        """;

    private static readonly IReadOnlyList<SqlFact> Unlimited = Of(new PostgreSqlOptions());

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Unlimited.Select(static fact => fact.Name)];

    /// <summary>The keys of their values.</summary>
    public static IReadOnlyList<string> Keys { get; } = [.. Unlimited.Select(static fact => fact.Key)];

    /// <summary>What is wrong with the limits.</summary>
    public static IEnumerable<OptionError> Validate(PostgreSqlOptions options) =>
    [
        .. Connections.Validate(options.DegradedAboveConnectionsPercent, options.UnhealthyAboveConnectionsPercent),
        .. Lag.Validate(options.DegradedAboveReplicationLag, options.UnhealthyAboveReplicationLag),
        .. Retained.Validate(options.DegradedAboveRetainedWalBytes, options.UnhealthyAboveRetainedWalBytes),
        .. Size.Validate(options.DegradedAboveSizeBytes, options.UnhealthyAboveSizeBytes),
        .. TransactionAge.Validate(options.DegradedAboveTransactionAge, options.UnhealthyAboveTransactionAge),
        .. Wraparound.Validate(options.DegradedAboveWraparoundPercent, options.UnhealthyAboveWraparoundPercent),
    ];

    /// <summary>The facts with their limits.</summary>
    public static IReadOnlyList<SqlFact> Of(PostgreSqlOptions options)
    {
        var size = Size.Resolve(options.DegradedAboveSizeBytes, options.UnhealthyAboveSizeBytes);
        var lag = Lag.Resolve(options.DegradedAboveReplicationLag?.TotalSeconds, options.UnhealthyAboveReplicationLag?.TotalSeconds);
        return
        [
            Fact("connections", Connections, ConnectionsStatement, Connections.Resolve(options.DegradedAboveConnectionsPercent, options.UnhealthyAboveConnectionsPercent)) with
            {
                Period = TimeSpan.Zero,
                Reason = "postgres.connections",
            },
            Fact("replicationLag", Lag, LagStatement, lag) with { Period = TimeSpan.Zero, Reason = "postgres.replicationLag" },
            Fact("standbyLag", Lag, StandbysStatement, lag) with { Grant = Monitor, Quantity = "lag of standbys", Reason = "postgres.standbyLag" },
            new("standbyBehind", BehindStatement, GaugeUnit.Bytes) { Quantity = "WAL that a standby has not replayed" },
            new("lostSlots", LostStatement) { Quantity = "slot that lost its WAL", DegradedLimit = 0, Reason = "postgres.slotLost" },
            Fact("retainedWal", Retained, SlotsStatement, Retained.Resolve(options.DegradedAboveRetainedWalBytes, options.UnhealthyAboveRetainedWalBytes)) with { Reason = "postgres.retainedWal" },
            Fact("size", Size, "SELECT pg_database_size(current_database())", size) with
            {
                Reason = "postgres.size",
                ForecastReason = double.IsNaN(size.Unhealthy) ? null : "postgres.sizeGrows",
            },
            Fact(
                "transactionAge",
                TransactionAge,
                TransactionStatement,
                TransactionAge.Resolve(options.DegradedAboveTransactionAge?.TotalSeconds, options.UnhealthyAboveTransactionAge?.TotalSeconds)) with
            {
                Grant = Monitor,
                Period = TimeSpan.FromSeconds(30),
                Reason = "postgres.transactionAge",
            },
            Fact("wraparound", Wraparound, WraparoundStatement, Wraparound.Resolve(options.DegradedAboveWraparoundPercent, options.UnhealthyAboveWraparoundPercent)) with
            {
                Period = TimeSpan.FromMinutes(10),
                Reason = "postgres.wraparound",
            },
        ];
    }

    private static SqlFact Fact(string name, Gauge gauge, string statement, GaugeLimits limits) => new(name, statement, gauge.Unit, gauge.Direction)
    {
        Quantity = gauge.Quantity,
        DegradedLimit = double.IsNaN(limits.Degraded) ? null : limits.Degraded,
        UnhealthyLimit = double.IsNaN(limits.Unhealthy) ? null : limits.Unhealthy,
    };
}
