namespace HealthKit;

/// <summary>What must be known of a kind of server beyond SQL.</summary>
/// <param name="BeginReadOnly">Begins a transaction in which nothing can be written; null where that is not known. ROLLBACK ends it.</param>
/// <param name="DefaultPort">The port where the connection string names none.</param>
/// <param name="SpeaksAfter">
/// What a client sends for the server to say its first word; empty where the server speaks first; null where that is not known.
/// </param>
/// <param name="CountsInterruptedHandshakes">Whether it shuts out hosts that connect and do not log in.</param>
internal sealed record SqlDialect(string? BeginReadOnly, int? DefaultPort, byte[]? SpeaksAfter, bool CountsInterruptedHandshakes)
{
    /// <summary>PostgreSQL answers an SSLRequest with one byte (its documentation, "Message Formats": length 8, code 80877103).</summary>
    public static readonly SqlDialect PostgreSql = new("BEGIN READ ONLY", 5432, [0, 0, 0, 8, 4, 210, 22, 47], false);

    /// <summary>MySQL and MariaDB greet ("Connection Phase"), and count who then leaves (max_connect_errors).</summary>
    public static readonly SqlDialect MySql = new("START TRANSACTION READ ONLY", 3306, [], true);

    public static readonly SqlDialect Unknown = new(null, null, null, true);

    /// <summary>That of a driver; unknown for one that is not known by its name.</summary>
    public static SqlDialect Of(object? driver) => driver?.GetType().FullName switch
    {
        { } name when name.StartsWith("Npgsql.", StringComparison.Ordinal) => PostgreSql,
        { } name when name.StartsWith("MySql", StringComparison.Ordinal) => MySql,
        _ => Unknown,
    };
}
