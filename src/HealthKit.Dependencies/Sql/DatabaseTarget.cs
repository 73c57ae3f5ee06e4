using System.Data.Common;
using System.Globalization;

namespace HealthKit;

/// <summary>What a connection string tells of where it leads, without secrets. What it does not tell is null.</summary>
/// <param name="Host">The one host that is connected to by TCP; null where there are several, or none.</param>
/// <param name="Port">Its port.</param>
/// <param name="User">The account.</param>
/// <param name="Text">As people call it: <c>db.example:5432/shop</c>.</param>
internal sealed record DatabaseTarget(string? Host, int? Port, string? User, string Text)
{
    private const int LongestPart = 100;

    public static readonly DatabaseTarget Unknown = new(null, null, null, "database");

    /// <summary>Reads a connection string of any driver.</summary>
    public static DatabaseTarget Of(string? connectionString, int? defaultPort)
    {
        if (string.IsNullOrWhiteSpace(connectionString) || connectionString.Length > 64 * 1024)
        {
            return Unknown;
        }

        try
        {
            return Of(new DbConnectionStringBuilder { ConnectionString = connectionString }, defaultPort);
        }
        catch (ArgumentException)
        {
            return Unknown; // none that ADO.NET reads
        }
    }

    /// <summary>Reads the pairs of a connection string.</summary>
    public static DatabaseTarget Of(DbConnectionStringBuilder pairs, int? defaultPort)
    {
        var database = Find(pairs, "Database", "Initial Catalog", "DB");
        var named = Find(pairs, "Host", "Server");

        // SQLite's data source is a file; that of others is a host.
        var source = Find(pairs, "Data Source", "DataSource", "Address", "Addr", "Network Address");
        var server = named ?? (database is not null || Find(pairs, "Port") is not null ? source : null);
        var user = Find(pairs, "Username", "User Name", "UserName", "User ID", "UserID", "Uid", "User");
        int? port = int.TryParse(Find(pairs, "Port"), CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65_535 ? number : null;
        if (server is null)
        {
            var file = source is null ? null : Path.GetFileName(source);
            return new DatabaseTarget(null, null, Shown(user), Shown(file ?? database) ?? Unknown.Text);
        }

        // SqlClient: tcp:host,1433 and host\instance, whose port only a browser service knows.
        if (server.StartsWith("tcp:", StringComparison.OrdinalIgnoreCase))
        {
            server = server[4..];
        }

        if (server.Split(',') is [var before, var after] && int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var comma))
        {
            (server, port) = (before.Trim(), comma);
        }
        else if (server.LastIndexOf(':') is > 0 and var colon && !server.Contains(',', StringComparison.Ordinal)
            && HostRules.IsName(server[..colon]) && int.TryParse(server[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var own))
        {
            (server, port) = (server[..colon], own);
        }

        var host = HostRules.IsHost(server) ? server : null;
        port ??= defaultPort;
        var place = host is not null && port is { } known ? HostRules.Target(host, known) : Shown(server)!;
        return new DatabaseTarget(host, port, Shown(user), database is null ? place : $"{place}/{Shown(database)}");
    }

    private static string? Shown(string? text) => text is null ? null : ForeignText.Shown(text, LongestPart);

    private static string? Find(DbConnectionStringBuilder pairs, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (pairs.TryGetValue(name, out var value) && value?.ToString() is { } text && !string.IsNullOrWhiteSpace(text))
            {
                return text.Trim();
            }
        }

        return null;
    }
}
