using HealthKit.Tests.Dependencies;

namespace HealthKit.Tests.Conformance;

/// <summary>Databases as the scenarios need them.</summary>
internal static class FakeDatabases
{
    /// <summary>What an idle PostgreSQL answers, by a part of each statement.</summary>
    private static readonly (string Part, object?[] Row)[] Idle =
    [
        ("default_transaction_read_only", [false, "off", 0L, "15.4"]),
        ("numbackends", [null, 3.1m, "3 of 97"]),
        ("pg_stat_replication", ["standby 10.0.0.2", 0.2m]),
        ("'wal_status' = 'lost'", ["old", 0]),
        ("pg_replication_slots", ["old", 1_000m]),
        ("pg_database_size", [7_500_000L]),
        ("pg_stat_activity", [null, 1.5m, "pid 7, active, app"]),
        ("datfrozenxid", [null, 0.1m, "oldest age 1000, autovacuum_freeze_max_age 200000000"]),
        ("pg_last_xact_replay_timestamp", [null, 0, null]),
    ];

    private static readonly Lazy<FakeServer> Healthy = new(static () => new FakeServer("conformance-healthy").Answer(Idle));

    private static readonly Lazy<FakeServer> Failing = new(static () => new FakeServer("conformance-failing") { OnOpen = _ => throw new FakeException("no such database", "3D000") });

    public static void Connect(DatabaseOptions options, Scenario scenario)
    {
        options.Provider = FakeServer.Provider;
        var server = scenario == Scenario.Failing ? Failing.Value : Healthy.Value;
        options.ConnectionString = scenario == Scenario.Unmeasurable
            ? server.ConnectionString.Replace("127.0.0.1", "db.example", StringComparison.Ordinal)
            : server.ConnectionString;
    }

    /// <summary>One in which everything that is text holds a text.</summary>
    public static FakeServer Planted(string text) => new()
    {
        OnStatement = (statement, _) => statement switch
        {
            _ when statement.Contains("default_transaction_read_only", StringComparison.Ordinal) => Task.FromResult<object?[][]?>([[false, text, 0L, text]]),
            _ when statement.Contains("numbackends", StringComparison.Ordinal) => throw new FakeException(text, text),
            _ => Task.FromResult<object?[][]?>([[text, 1, text]]),
        },
    };

    public static FakeServer Refusing(string text) => new() { OnOpen = _ => throw new FakeException($"no: {text}", "28000", inner: new IOException(text)) };
}
