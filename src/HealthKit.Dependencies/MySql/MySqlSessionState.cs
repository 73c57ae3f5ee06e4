namespace HealthKit;

/// <summary>What a connection is: whose, to which database, and in which character sets.</summary>
/// <param name="Client">The character set in which it sends (<c>character_set_client</c>).</param>
/// <param name="Results">The one in which it is answered (<c>character_set_results</c>); null: that of each column.</param>
/// <param name="NewColumns">The one that a new column of the database gets, unless it is told another.</param>
/// <param name="Database">The database; null when none is chosen.</param>
/// <param name="Account">The account: <c>app@%</c>.</param>
/// <param name="Received">The character of 4 bytes as the connection is answered it.</param>
/// <param name="MostConnections">How many connections the account may have; 0: no limit of its own.</param>
internal sealed record MySqlSessionState(string? Client, string? Results, string? NewColumns, string? Database, string Account, string? Received, long MostConnections)
{
    /// <summary>
    /// Every text is converted: drivers that do not know the character sets of newer servers (MySql.Data 8.0.16 and utf8mb3) read these.
    /// </summary>
    public const string Statement =
        $"""
        SELECT CONVERT(@@character_set_client USING utf8mb4) AS client, CONVERT(@@character_set_results USING utf8mb4) AS results,
          CONVERT(@@character_set_database USING utf8mb4) AS newColumns, CONVERT(DATABASE() USING utf8mb4) AS chosen,
          CONVERT(CURRENT_USER() USING utf8mb4) AS account, CONVERT(_utf8mb4 X'{MySqlRoundTrip.CharacterBytes}' USING utf8mb4) AS received,
          @@session.max_user_connections AS most
        """;

    public static MySqlSessionState Read(SqlRow row) => new(
        SqlRow.Text(row["client"]),
        SqlRow.Text(row["results"]),
        SqlRow.Text(row["newColumns"]),
        SqlRow.Text(row["chosen"]),
        SqlRow.Text(row["account"]) ?? "",
        SqlRow.Text(row["received"]),
        (long)(SqlRow.Number(row["most"]) ?? 0));

    /// <summary>The account as statements name it: <c>'app'@'%'</c>.</summary>
    public string QuotedAccount
    {
        get
        {
            var at = Account.LastIndexOf('@');
            return at < 0 ? Quoted(Account) : $"{Quoted(Account[..at])}@{Quoted(Account[(at + 1)..])}";

            static string Quoted(string name) => "'" + ForeignText.Shown(name, 100).Replace("'", "''", StringComparison.Ordinal) + "'";
        }
    }

    /// <summary>The database as statements name it.</summary>
    public string QuotedDatabase => "`" + ForeignText.Shown(Database ?? "", 100).Replace("`", "``", StringComparison.Ordinal) + "`";
}
