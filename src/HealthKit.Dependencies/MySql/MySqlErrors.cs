using System.Data.Common;

namespace HealthKit;

/// <summary>What went wrong, of the server's own numbers (MySQL and MariaDB list them in their "Error Reference").</summary>
internal static class MySqlErrors
{
    public const int AccessDeniedToDatabase = 1044;
    public const int NoDatabase = 1046;
    public const int Syntax = 1064;
    public const int TableDenied = 1142;
    public const int ColumnDenied = 1143;
    public const int NeedsPrivilege = 1227;
    public const int WrongStringValue = 1366;
    public const int InvalidCharacterString = 1300;
    public const int CannotConvert = 3988;
    public const int ReadOnlyTransaction = 1792;

    /// <summary>Deeper than any driver nests its errors.</summary>
    private const int Deepest = 16;

    /// <summary>
    /// The server's number of an error; null when it is none of the server's. MySql.Data and MySqlConnector both keep it in the exception's data, MySql.Data of a
    /// failed login only in that of the exception within: the innermost one counts.
    /// </summary>
    public static int? NumberOf(Exception error) => Find(error)?.Number;

    /// <summary>The server's number and its own words; null when it is none of the server's.</summary>
    public static (int Number, string Text)? Find(Exception error)
    {
        (int, string)? found = null;
        var e = error;
        for (var depth = 0; e is not null && depth < Deepest; depth++, e = e.InnerException)
        {
            if (e is DbException && e.Data["Server Error Code"] is int number and >= 1_000 and < 10_000 && number != CannotConnect)
            {
                found = (number, ShownText.Of(e.Message, 300));
            }
        }

        return found;
    }

    /// <summary>What drivers themselves call a connection that they cannot make.</summary>
    private const int CannotConnect = 1042;

    public static bool IsMissingPrivilege(int? number) => number is AccessDeniedToDatabase or TableDenied or ColumnDenied or NeedsPrivilege;
}
