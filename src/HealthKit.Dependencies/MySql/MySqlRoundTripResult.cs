namespace HealthKit;

/// <summary>What became of the character on its way. Null is well; else what happened.</summary>
/// <param name="UsedTable">Whether it went through a temporary table.</param>
/// <param name="LacksPrivilege">Whether it did not because the account may not create one.</param>
/// <param name="Sent">From here to the server, in the connection's character set.</param>
/// <param name="Kept">In a column of the database's default character set.</param>
/// <param name="Received">From the server to here.</param>
internal sealed record MySqlRoundTripResult(bool UsedTable, bool LacksPrivilege, string? Sent, string? Kept, string? Received)
{
    public bool IsGood => Sent is null && Kept is null && Received is null;
}
