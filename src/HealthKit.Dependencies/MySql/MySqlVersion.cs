using System.Globalization;

namespace HealthKit;

/// <summary>Whose server it is, and of which version: some statements and privileges differ.</summary>
/// <param name="IsMariaDb">Whether it is MariaDB; else MySQL, or one that says it is.</param>
/// <param name="Major">The version's first number.</param>
/// <param name="Minor">Its second.</param>
/// <param name="Patch">Its third.</param>
internal sealed record MySqlVersion(bool IsMariaDb, int Major, int Minor, int Patch)
{
    /// <summary>MariaDB 10 put this before its version for replicas that took 10 for less than 5 (MariaDB: "VERSION").</summary>
    private const string Disguise = "5.5.5-";

    /// <summary>As texts name it: <c>MariaDB 10.11.6</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsMariaDb ? "MariaDB" : "MySQL")} {Major}.{Minor}.{Patch}");

    /// <summary>Whether it is at least that version.</summary>
    public bool IsAtLeast(int major, int minor, int patch = 0) => (Major, Minor, Patch).CompareTo((major, minor, patch)) >= 0;

    /// <summary>Reads the variables <c>version</c> and <c>version_comment</c>.</summary>
    public static MySqlVersion Read(string? version, string? comment)
    {
        var text = version ?? "";
        var isMariaDb = Has(text, "MariaDB") || Has(comment, "MariaDB");
        if (isMariaDb && text.StartsWith(Disguise, StringComparison.Ordinal))
        {
            text = text[Disguise.Length..];
        }

        Span<int> numbers = stackalloc int[3];
        var at = 0;
        for (var i = 0; i < numbers.Length; i++)
        {
            var from = at;
            while (at < text.Length && at - from < 6 && char.IsAsciiDigit(text[at]))
            {
                numbers[i] = (numbers[i] * 10) + (text[at++] - '0');
            }

            if (at == from || at >= text.Length || text[at] != '.')
            {
                break;
            }

            at++;
        }

        return new MySqlVersion(isMariaDb, numbers[0], numbers[1], numbers[2]);
    }

    private static bool Has(string? text, string part) => text?.Contains(part, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The statement that tells of all channels of a replica.</summary>
    /// <remarks>MariaDB: "SHOW REPLICA STATUS"; MySQL: SHOW REPLICA STATUS since 8.0.22, SHOW SLAVE STATUS until 8.3.</remarks>
    public string ReplicaStatement => IsMariaDb ? "SHOW ALL SLAVES STATUS" : IsAtLeast(8, 0, 22) ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";

    /// <summary>The privilege that it needs.</summary>
    /// <remarks>MariaDB: SLAVE MONITOR since 10.5.9, REPLICATION SLAVE ADMIN in 10.5.2 to 10.5.8, REPLICATION CLIENT before; MySQL: REPLICATION CLIENT.</remarks>
    public string ReplicaPrivilege => !IsMariaDb || !IsAtLeast(10, 5, 2) ? "REPLICATION CLIENT" : IsAtLeast(10, 5, 9) ? "REPLICA MONITOR" : "REPLICATION SLAVE ADMIN";

    /// <summary>
    /// Whether what is done to temporary tables goes into the binary log, and from there to replicas; on a replica it would be a transaction that its
    /// source has not.
    /// </summary>
    /// <param name="log">Whether there is a binary log (<c>log_bin</c>).</param>
    /// <param name="format">Its format (<c>binlog_format</c>).</param>
    /// <param name="readOnly">Whether the server is read-only: MariaDB logs none of it then.</param>
    /// <remarks>
    /// MySQL 8.0 logs none unless the format is STATEMENT (MySQL worklog 8872); before, ROW logs a DROP when the session ends (MySQL bug 83003).
    /// MariaDB logs them as statements, unless the format is ROW (tried on 10.11).
    /// </remarks>
    public bool LogsTemporaryTables(bool log, string? format, bool readOnly)
    {
        if (!log)
        {
            return false;
        }

        return IsMariaDb
            ? !readOnly && !string.Equals(format, "ROW", StringComparison.OrdinalIgnoreCase)
            : !IsAtLeast(8, 0) || (format is not null && string.Equals(format, "STATEMENT", StringComparison.OrdinalIgnoreCase));
    }
}
