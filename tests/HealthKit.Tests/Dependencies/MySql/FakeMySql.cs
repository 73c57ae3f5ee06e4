namespace HealthKit.Tests.Dependencies;

/// <summary>A server that answers the statements of the MySQL check as a test wants them answered.</summary>
internal sealed class FakeMySql
{
    public static readonly string[] ReplicaColumns =
    [
        "Replica_IO_Running", "Replica_SQL_Running", "Seconds_Behind_Source", "SQL_Delay", "Source_Host", "Source_Port", "Channel_Name",
        "Last_IO_Errno", "Last_IO_Error", "Last_SQL_Errno", "Last_SQL_Error",
    ];

    public FakeMySql(string? name = null) => Server = new FakeServer(name) { OnStatement = (statement, _) => Task.FromResult(Answer(statement)), OnColumns = ColumnsOf };

    public FakeServer Server { get; }

    public Dictionary<string, string> Variables { get; } = new()
    {
        ["version"] = "8.4.3", ["version_comment"] = "MySQL Community Server - GPL", ["read_only"] = "OFF", ["super_read_only"] = "OFF", ["max_connections"] = "100",
        ["log_bin"] = "ON", ["binlog_format"] = "ROW",
    };

    public Dictionary<string, string> Status { get; } = new()
    {
        ["Threads_connected"] = "3", ["Max_used_connections"] = "12", ["Aborted_connects"] = "0", ["Uptime"] = "86400",
    };

    public List<object?[]> Channels { get; } = [];

    public List<object?[]> NarrowColumns { get; } = [];

    /// <summary>What the session tells of itself: client, results, new columns, database, account, received, most connections.</summary>
    public object?[] Session { get; set; } = ["utf8mb4", null, "utf8mb4", "shop", "app@%", "\U0001F603", 0L];

    /// <summary>The bytes that arrive in the wide column, and in the one of the default.</summary>
    public (string Wide, string Plain) Bytes { get; set; } = ("F09F9883", "F09F9883");

    /// <summary>What a statement that begins with a text fails with.</summary>
    public Dictionary<string, int> Errors { get; } = [];

    /// <summary>What a statement that begins with a text throws.</summary>
    public Dictionary<string, Exception> Throws { get; } = [];

    /// <summary>A text of each failure.</summary>
    public string ErrorText { get; set; } = "no";

    private static string[]? ColumnsOf(string statement) => statement switch
    {
        _ when statement.Contains("@@character_set_client", StringComparison.Ordinal) => ["client", "results", "newColumns", "chosen", "account", "received", "most"],
        _ when statement.Contains("STATUS", StringComparison.Ordinal) && !statement.Contains("GLOBAL", StringComparison.Ordinal) => ReplicaColumns,
        _ when statement.Contains("wideBytes", StringComparison.Ordinal) => ["id", "wide", "wideBytes", "plainBytes"],
        _ when statement.Contains("information_schema.COLUMNS", StringComparison.Ordinal) => ["tableName", "columnName", "charset"],
        _ => null,
    };

    private object?[][]? Answer(string statement)
    {
        if (Errors.FirstOrDefault(error => statement.StartsWith(error.Key, StringComparison.Ordinal)) is { Key: not null } found)
        {
            throw new FakeException(ErrorText, number: found.Value);
        }

        if (Throws.FirstOrDefault(error => statement.StartsWith(error.Key, StringComparison.Ordinal)) is { Key: not null } thrown)
        {
            throw thrown.Value;
        }

        return statement switch
        {
            _ when statement.Contains("@@character_set_client", StringComparison.Ordinal) => [Session],
            _ when statement.StartsWith("SHOW GLOBAL VARIABLES", StringComparison.Ordinal) => Pairs(Variables),
            _ when statement.StartsWith("SHOW GLOBAL STATUS", StringComparison.Ordinal) => Pairs(Status),
            _ when statement.StartsWith("SHOW ", StringComparison.Ordinal) => Channels.Count == 0 ? [] : [.. Channels],
            _ when statement.Contains("wideBytes", StringComparison.Ordinal) => [[1, "\U0001F603", Bytes.Wide, null], [2, null, null, Bytes.Plain]],
            _ when statement.StartsWith("SELECT CONVERT(HEX", StringComparison.Ordinal) => [[Bytes.Wide]],
            _ when statement.Contains("information_schema.COLUMNS", StringComparison.Ordinal) => NarrowColumns.Count == 0 ? [] : [.. NarrowColumns],
            _ when statement.Contains("SUM(DATA_LENGTH", StringComparison.Ordinal) => [[null, 16_384m, "1 table"]],
            _ when statement.Contains("PROCESSLIST", StringComparison.Ordinal) => [[2L]],
            _ => null,
        };
    }

    private static object?[][] Pairs(Dictionary<string, string> values) => [.. values.Select(one => new object?[] { one.Key, one.Value })];
}
