using System.Globalization;

namespace HealthKit;

/// <summary>One source that a replica copies from, as its status tells.</summary>
/// <param name="Name">The channel's name; empty for the only one.</param>
/// <param name="Source">The source's host and port.</param>
/// <param name="IsFetching">Whether its I/O thread is connected to the source.</param>
/// <param name="FetchState">What the I/O thread is: Yes, No, Connecting, Preparing.</param>
/// <param name="IsApplying">Whether its SQL thread runs.</param>
/// <param name="FetchError">The last error of the I/O thread; null when there is none.</param>
/// <param name="ApplyError">The last error of the SQL thread; null when there is none.</param>
/// <param name="Lag">How far it is behind, beyond the delay that it is told to keep; null when the server does not know.</param>
/// <param name="Delay">The delay that it is told to keep.</param>
internal sealed record MySqlReplicaChannel(
    string Name, string Source, bool IsFetching, string FetchState, bool IsApplying, string? FetchError, string? ApplyError, TimeSpan? Lag, TimeSpan Delay)
{
    private const int LongestError = 200;

    public bool IsRunning => IsFetching && IsApplying;

    /// <summary>Reads a row of SHOW REPLICA STATUS, by its columns' names: their order differs, and the older names say slave and master.</summary>
    public static MySqlReplicaChannel Read(SqlRow row)
    {
        var io = Of("Replica_IO_Running", "Slave_IO_Running") ?? "unknown";
        var sql = Of("Replica_SQL_Running", "Slave_SQL_Running");
        var delay = Seconds("SQL_Delay", "SQL_Delay") ?? 0;
        var behind = Seconds("Seconds_Behind_Source", "Seconds_Behind_Master");
        var host = Of("Source_Host", "Master_Host");
        var port = Of("Source_Port", "Master_Port");
        return new MySqlReplicaChannel(
            ForeignText.Shown(Of("Channel_Name", "Connection_name") ?? "", 64),
            ForeignText.Shown(host is null ? "its source" : port is null ? host : $"{host}:{port}", 100),
            IsYes(io),
            ForeignText.Shown(io, 20),
            IsYes(sql),
            Error("Last_IO_Errno", "Last_IO_Error"),
            Error("Last_SQL_Errno", "Last_SQL_Error"),
            behind is { } seconds ? TimeSpan.FromSeconds(Math.Max(0, seconds - delay)) : null,
            TimeSpan.FromSeconds(delay));

        string? Of(string name, string olderName) => SqlRow.Text(row[row.Has(name) ? name : olderName]);

        double? Seconds(string name, string olderName) =>
            double.TryParse(Of(name, olderName), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 1e9 ? seconds : null;

        string? Error(string number, string text) =>
            Of(number, number) is { Length: > 0 } code && code != "0" ? $"error {ForeignText.Shown(code, 10)}: {Shown(Of(text, text) ?? "")}" : null;
    }

    private static bool IsYes(string? text) => string.Equals(text, "Yes", StringComparison.OrdinalIgnoreCase);

    /// <summary>An error without the statement in it, which has the app's data and may have a password.</summary>
    private static string Shown(string error)
    {
        var query = error.IndexOf("Query: '", StringComparison.OrdinalIgnoreCase);
        return ForeignText.Shown((query < 0 ? error : error[..query]).TrimEnd(), LongestError);
    }
}
