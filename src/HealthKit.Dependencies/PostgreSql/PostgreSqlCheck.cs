using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Whether a PostgreSQL database can be used for what the app needs it for.</summary>
internal sealed class PostgreSqlCheck(Network network, Func<PostgreSqlOptions> options, IServiceProvider services) : DatabaseCheck<PostgreSqlOptions>(network, options, services)
{
    public static readonly CheckType<PostgreSqlOptions> Type = CheckType.Create<PostgreSqlOptions>(
        new CheckDescriptor(
            "PostgreSql",
            "Whether a PostgreSQL database lets the app in, answers, has the role that it is to have, and has room: connections, replication, size, old transactions, transaction numbers.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "It answers, has the expected role, and nothing is past a limit.",
                [HealthStatus.Degraded] =
                    "Something is past its degraded limit, grows towards it, or could not be asked for; a standby has no WAL receiver; or it took longer than DegradedAboveLatency.",
                [HealthStatus.Unhealthy] = "A stage failed, it is read-only or in recovery (or is not, where it should be), or something is past its unhealthy limit.",
            },
            "The text names the stage and the server's words, or the limit. The server's log has its side; SELECT * FROM pg_stat_activity shows who does what.",
            "Past a limit: look at what the text names. Failed: repeat it with psql from this machine, with the app's account.")
        {
            RemedyByReason = StageRemedies.UpTo(Stage.Use, SqlRemedies.With(new Dictionary<string, string>
            {
                ["postgres.inRecovery"] = "It is a standby, or still recovers: let the app connect to the primary (target_session_attrs), or promote this one (pg_promote()) if the primary is lost. Set ExpectRole if it is meant to be one.",
                ["postgres.notInRecovery"] = "It was to be a standby and takes writes: find out who promoted it, and whether there are two primaries now.",
                ["postgres.readOnly"] = "Find who set default_transaction_read_only (SELECT sourcefile, source FROM pg_settings; ALTER ROLE, ALTER DATABASE): often a safety against a full disk.",
                ["postgres.connections"] = "See who holds them: SELECT usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3. Lower the apps' pools, or put a pooler before the server.",
                ["postgres.receiverStopped"] = "See the standby's log: the primary is down, refuses it (pg_hba.conf, the slot), or has removed the WAL that it needs. Set RequireWalReceiver to false if it is fed from an archive.",
                ["postgres.replicationLag"] = "Look for long queries on the standby that hold replay up (max_standby_streaming_delay), for pg_wal_replay_pause(), and at its disks.",
                ["postgres.standbyLag"] = "Look at the standby that the text names: its disks, long queries there, the network between.",
                ["postgres.retainedWal"] = "Bring the slot's consumer back, or drop the slot (pg_drop_replication_slot) before it fills the disk; max_slot_wal_keep_size bounds it.",
                ["postgres.slotLost"] = "The WAL that it needs is gone (max_slot_wal_keep_size): drop the slot (pg_drop_replication_slot), and build its consumer anew from a new base backup or snapshot.",
                ["postgres.size"] = "Find what is large (pg_total_relation_size), clean up, or raise the limit with the disk.",
                ["postgres.sizeGrows"] = "Find what grows (pg_total_relation_size), before the limit is reached.",
                ["postgres.transactionAge"] = "Look at the transaction that the text names: an app that forgot to commit (idle in transaction), or a long job. pg_terminate_backend(pid) ends it; ROLLBACK PREPARED a prepared one.",
                ["postgres.wraparound"] = "Find what keeps VACUUM from freezing: old transactions, prepared ones, slots; then VACUUM (FREEZE) the oldest tables (age(relfrozenxid)).",
            })),
            DefaultTags = ["ready"],
        },
        static options => options.Validate(),
        static (services, options) => options.ValidateServices(services),
        static (services, options) => new PostgreSqlCheck(services.GetService<Network>() ?? new Network(services.GetRequiredService<TimeProvider>()), options, services));

    private const string Look =
        "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only'), (SELECT count(*) FROM pg_stat_wal_receiver), current_setting('server_version')";

    private (PostgreSqlOptions Options, IReadOnlyList<SqlFact> Facts)? _facts;

    protected override SqlDialect Dialect => SqlDialect.PostgreSql;

    protected override IEnumerable<SqlFact> FactsOf(PostgreSqlOptions options)
    {
        if (_facts is not { } known || known.Options != options)
        {
            _facts = known = (options, PostgreSqlFacts.Of(options));
        }

        return known.Facts;
    }

    protected override StageException? Explain(DbException error, bool opening) => error.SqlState switch
    {
        "57P04" => new StageException(Stage.Authenticate, "sql.noDatabase", $"the database was dropped: {Shown(error.Message)}", error) { Answered = true },
        "25006" when !opening => new StageException(Stage.Use, "postgres.readOnly", $"the statement was to write, and nothing can be written: {Shown(error.Message)}", error) { Answered = true },
        _ => null,
    };

    protected override async Task ExamineAsync(SqlSession session, PostgreSqlOptions options, DatabaseFindings findings, CancellationToken token)
    {
        if (await session.RowsAsync(Look, 1, token).ConfigureAwait(false) is not [var row])
        {
            return;
        }

        var inRecovery = SqlRow.Truth(row[0]) == true;
        var readOnly = SqlRow.Truth(row[1]) == true;
        var receives = SqlRow.Number(row[2]) > 0;
        if (SqlRow.Text(row[3]) is { } version)
        {
            findings.Note("serverVersion", ForeignText.Shown(version, 60));
        }

        findings.Note("role", inRecovery ? "standby" : "primary");
        switch (options.ExpectRole)
        {
            case PostgreSqlRole.Primary when inRecovery:
                findings.Add(GaugeLevel.Unhealthy, "postgres.inRecovery", "the server is in recovery (a standby, or one that still recovers), and takes no writes");
                break;
            case PostgreSqlRole.Standby when !inRecovery:
                findings.Add(GaugeLevel.Unhealthy, "postgres.notInRecovery", "the server is not in recovery, and was to be a standby");
                break;
            default:
                findings.Say(inRecovery ? "a standby" : "a primary");
                break;
        }

        if (readOnly)
        {
            findings.Note("readOnly", true);
            if (options.ExpectRole == PostgreSqlRole.Primary && !inRecovery)
            {
                findings.Add(GaugeLevel.Unhealthy, "postgres.readOnly", "new transactions are read-only (default_transaction_read_only is on)");
            }
        }

        if (inRecovery)
        {
            findings.Note("walReceiver", receives ? "running" : "stopped");
            if (!receives && options.RequireWalReceiver)
            {
                findings.Add(GaugeLevel.Degraded, "postgres.receiverStopped", "no WAL receiver runs: the standby gets nothing from its primary");
            }
        }
    }
}
