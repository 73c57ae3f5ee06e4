using System.Globalization;

namespace HealthKit;

/// <summary>What a server tells of itself to anybody who is logged in: SHOW GLOBAL VARIABLES and SHOW GLOBAL STATUS need no privilege.</summary>
internal sealed class MySqlServerState
{
    /// <summary>Those of them that a server does not know it leaves out: versions and kinds differ.</summary>
    public const string VariablesStatement =
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'version_comment', 'read_only', 'super_read_only', 'innodb_read_only', 'max_connections', 'log_bin', 'binlog_format')";

    public const string StatusStatement =
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_connected', 'Max_used_connections', 'Aborted_connects', 'Uptime')";

    private static readonly string[] ReadOnlyVariables = ["super_read_only", "innodb_read_only", "read_only"];

    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    public MySqlServerState(IEnumerable<(string Name, string? Value)> values)
    {
        foreach (var (name, value) in values)
        {
            _values[name] = value ?? "";
        }

        Version = MySqlVersion.Read(_values.GetValueOrDefault("version"), _values.GetValueOrDefault("version_comment"));
    }

    public MySqlVersion Version { get; }

    /// <summary>The variables that make it read-only, the strictest first; empty when it is writable.</summary>
    /// <remarks>MariaDB 12 knows NO_LOCK and NO_LOCK_NO_ADMIN beside ON: whatever is not off is on.</remarks>
    public IEnumerable<string> ReadOnly => ReadOnlyVariables.Where(name => _values.GetValueOrDefault(name) is { Length: > 0 } value && value is not "0" && !value.Equals("OFF", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether what is done to temporary tables goes into the binary log.</summary>
    public bool LogsTemporaryTables => Version.LogsTemporaryTables(
        _values.GetValueOrDefault("log_bin") is "ON" or "1", _values.GetValueOrDefault("binlog_format"), ReadOnly.Contains("read_only", StringComparer.Ordinal));

    /// <summary>A number; null when the server does not tell it.</summary>
    public long? Number(string name) => long.TryParse(_values.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
