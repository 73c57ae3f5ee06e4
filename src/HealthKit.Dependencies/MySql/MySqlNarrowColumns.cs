namespace HealthKit;

/// <summary>The columns of text whose character set has no room for every character.</summary>
/// <param name="Names">They, as <c>table.column (utf8mb3)</c>, in order.</param>
/// <param name="IsWhole">Whether these are all; else there are more.</param>
/// <param name="IsVisible">Whether the account may see the database's tables at all.</param>
internal sealed record MySqlNarrowColumns(IReadOnlyList<(string Column, string Charset)> Names, bool IsWhole, bool IsVisible)
{
    /// <summary>More are not read.</summary>
    public const int Most = 1_000;

    /// <summary>How many a text names.</summary>
    private const int Shown = 10;

    /// <summary>How many the data name.</summary>
    private const int Listed = 100;

    private const int LongestName = 140;

    // What is in ascii is so on purpose (hashes, codes, UUIDs). ENUM and SET hold only what their definition lists. information_schema lists the tables and columns that the account has any privilege on.
    private static readonly string Statement =
        $"""
        SELECT CONVERT(c.TABLE_NAME USING utf8mb4) AS tableName, CONVERT(c.COLUMN_NAME USING utf8mb4) AS columnName, CONVERT(c.CHARACTER_SET_NAME USING utf8mb4) AS charset
        FROM information_schema.COLUMNS c JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
        WHERE c.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE' AND c.CHARACTER_SET_NAME NOT IN ({MySqlRoundTrip.WideCharsetList}, 'ascii')
          AND c.DATA_TYPE NOT IN ('enum', 'set')
        ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION LIMIT {Most + 1}
        """;

    /// <summary>1 when the account sees a table of the database or may read all of it, 0 when there may be tables that it does not see.</summary>
    public const string VisibleCondition =
        """
        (EXISTS (SELECT 1 FROM information_schema.TABLES v WHERE v.TABLE_SCHEMA = DATABASE())
          OR EXISTS (SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES p WHERE p.PRIVILEGE_TYPE = 'SELECT' AND DATABASE() LIKE p.TABLE_SCHEMA)
          OR EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES u WHERE u.PRIVILEGE_TYPE = 'SELECT'))
        """;

    /// <summary>Looks for them.</summary>
    public static async Task<MySqlNarrowColumns> FindAsync(SqlSession session, CancellationToken token)
    {
        var rows = await session.RowsAsync(Statement, Most + 1, token).ConfigureAwait(false);
        var visible = rows.Count > 0 || SqlRow.Truth(await session.ScalarAsync($"SELECT {VisibleCondition}", token).ConfigureAwait(false)) == true;
        return new MySqlNarrowColumns(
            [
                .. rows.Take(Most).Select(static row => (
                    ForeignText.Shown($"{SqlRow.Text(row["tableName"])}.{SqlRow.Text(row["columnName"])}", LongestName),
                    ForeignText.Shown(SqlRow.Text(row["charset"]) ?? "", 30))),
            ],
            rows.Count <= Most,
            visible);
    }

    /// <summary>Those that are not known to the options.</summary>
    public IReadOnlyList<string> Unknown(IEnumerable<string> known)
    {
        // At least none of each: what fits is no extra.
        var set = new ExpectedSet(known.Select(static name => name + " >= 0"), ignoreCase: true);
        var extras = set.Compare(Names.Select(static one => one.Column)).Extras.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. Names.Where(one => extras.Contains(one.Column)).Select(static one => $"{one.Column} ({one.Charset})")];
    }

    /// <summary>In words: <c>works.title (utf8mb3), works.note (latin1) and 3 more</c>.</summary>
    public static string Text(IReadOnlyList<string> columns) =>
        string.Join(", ", columns.Take(Shown)) + (columns.Count > Shown ? $" and {columns.Count - Shown} more" : "");

    /// <summary>For the data, bounded.</summary>
    public static string[] List(IReadOnlyList<string> columns) => [.. columns.Take(Listed)];
}
