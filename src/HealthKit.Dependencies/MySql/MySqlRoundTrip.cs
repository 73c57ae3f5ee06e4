using System.Data.Common;

namespace HealthKit;

/// <summary>
/// Sends a character that takes 4 bytes in UTF-8 to the server, has it kept, and reads it back: in a temporary table, or, where that is not allowed or would
/// be written into the binary log, by statements without a table.
/// </summary>
internal static class MySqlRoundTrip
{
    /// <summary>U+1F603, a smiling face.</summary>
    public const string Character = "\U0001F603";

    /// <summary>The same in UTF-8, as HEX() writes it.</summary>
    public const string CharacterBytes = "F09F9883";

    /// <summary>As people call it.</summary>
    public const string CharacterName = "U+1F603";

    private const string Table = "healthkit_round_trip";

    /// <summary>What an account needs for it.</summary>
    public const string Privilege = "CREATE TEMPORARY TABLES";

    // Only the server's own error numbers tell these apart.
    private const int TableExists = 1050;

    /// <summary>Character sets that hold every character of Unicode.</summary>
    private static readonly string[] WideCharsets = ["utf8mb4", "utf16", "utf16le", "utf32", "gb18030"];

    /// <summary>Those, as a list of SQL, with those that hold no text.</summary>
    public static string WideCharsetList => string.Join(", ", WideCharsets.Append("binary").Select(static name => $"'{name}'"));

    /// <summary>Does it.</summary>
    /// <param name="session">The connection, whose results are in utf8mb4.</param>
    /// <param name="state">What the connection is.</param>
    /// <param name="mayUseTable">Whether a temporary table leaves no trace.</param>
    /// <param name="token">Its end.</param>
    /// <exception cref="DbException">The server refused in an unexpected way.</exception>
    public static async Task<MySqlRoundTripResult> DoAsync(SqlSession session, MySqlSessionState state, bool mayUseTable, CancellationToken token)
    {
        var lacksPrivilege = false;
        if (mayUseTable && state.Database is not null)
        {
            try
            {
                await CreateAsync(session, token).ConfigureAwait(false);
                return await WithTableAsync(session, state, token).ConfigureAwait(false);
            }
            catch (DbException e) when (MySqlErrors.NumberOf(e) is MySqlErrors.ReadOnlyTransaction)
            {
                // This session may only read: then the app's does neither write nor make columns.
            }
            catch (DbException e) when (MySqlErrors.IsMissingPrivilege(MySqlErrors.NumberOf(e)))
            {
                lacksPrivilege = true;
            }
        }

        var sent = SqlRow.Text(await session.ScalarAsync($"SELECT CONVERT(HEX(CONVERT('{Character}' USING utf8mb4)) USING utf8mb4)", token).ConfigureAwait(false));
        return new MySqlRoundTripResult(
            UsedTable: false,
            lacksPrivilege,
            Sent: sent == CharacterBytes ? null : $"it arrived as the bytes {ForeignText.Shown(sent ?? "", 20)}",
            Kept: state.Database is null || WideCharsets.Contains(state.NewColumns, StringComparer.OrdinalIgnoreCase) ? null : "it has no such character",
            Received: ReceivedOf(state.Received));
    }

    private static async Task CreateAsync(SqlSession session, CancellationToken token)
    {
        // A primary key, because servers may insist on one (sql_require_primary_key).
        const string Create = $"CREATE TEMPORARY TABLE {Table} (id INT NOT NULL PRIMARY KEY, wide VARCHAR(8) CHARACTER SET utf8mb4, plain VARCHAR(8))";
        try
        {
            await session.ExecuteAsync(Create, token).ConfigureAwait(false);
        }
        catch (DbException e) when (MySqlErrors.NumberOf(e) is TableExists)
        {
            // A run that was cut left it on a connection of a pool.
            await session.ExecuteAsync($"DROP TEMPORARY TABLE {Table}", token).ConfigureAwait(false);
            await session.ExecuteAsync(Create, token).ConfigureAwait(false);
        }
    }

    private static async Task<MySqlRoundTripResult> WithTableAsync(SqlSession session, MySqlSessionState state, CancellationToken token)
    {
        try
        {
            // The character itself goes as the app's texts go; its bytes go around the connection's character set, straight into a column of the default one.
            var sent = await InsertAsync(session, $"INSERT INTO {Table} (id, wide) VALUES (1, '{Character}')", token).ConfigureAwait(false);
            var kept = await InsertAsync(session, $"INSERT INTO {Table} (id, plain) VALUES (2, _utf8mb4 X'{CharacterBytes}')", token).ConfigureAwait(false);
            var rows = await session.RowsAsync(
                $"""
                SELECT id, wide, CONVERT(HEX(wide) USING utf8mb4) AS wideBytes, CONVERT(HEX(CONVERT(plain USING utf8mb4)) USING utf8mb4) AS plainBytes
                FROM {Table} ORDER BY id
                """,
                2,
                token).ConfigureAwait(false);
            var received = ReceivedOf(state.Received);
            foreach (var row in rows)
            {
                if (SqlRow.Number(row["id"]) == 1)
                {
                    sent ??= Differs(SqlRow.Text(row["wideBytes"]), "it arrived as the bytes");
                    received ??= sent is null ? ReceivedOf(SqlRow.Text(row["wide"])) : null;
                }
                else
                {
                    kept ??= Differs(SqlRow.Text(row["plainBytes"]), "it was kept as the bytes");
                }
            }

            return new MySqlRoundTripResult(UsedTable: true, LacksPrivilege: false, sent, kept, received);
        }
        finally
        {
            await DropAsync(session).ConfigureAwait(false);
        }
    }

    /// <summary>The server's own words, to be redacted and then bounded, when it does not take the character; null when it does, or does as if.</summary>
    private static async Task<string?> InsertAsync(SqlSession session, string statement, CancellationToken token)
    {
        try
        {
            await session.ExecuteAsync(statement, token).ConfigureAwait(false);
            return null;
        }
        catch (DbException e) when (MySqlErrors.NumberOf(e) is MySqlErrors.WrongStringValue or MySqlErrors.InvalidCharacterString or MySqlErrors.CannotConvert)
        {
            return e.Message;
        }
    }

    /// <summary>The table goes with the connection in any case; but connections of a pool live long.</summary>
    private static async Task DropAsync(SqlSession session)
    {
        if (session.IsDead)
        {
            return;
        }

        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await session.ExecuteAsync($"DROP TEMPORARY TABLE {Table}", enough.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DbException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // What the run says of it before matters more; the next one that meets the table drops it.
        }
    }

    private static string? Differs(string? bytes, string what) => bytes == CharacterBytes ? null : $"{what} {ForeignText.Shown(bytes ?? "", 20)}";

    private static string? ReceivedOf(string? text) => text == Character ? null : $"it came back as '{ForeignText.Shown(text ?? "", 20)}'";
}
