using System.Data.Common;
using System.Text.RegularExpressions;

namespace HealthKit;

/// <summary>What went wrong, by the server's own numbers (MySQL and MariaDB list them in their "Error Reference").</summary>
internal static partial class MySqlErrors
{
    public const int NoSuchStatement = 1064;
    public const int InvalidCharacterString = 1300;
    public const int WrongStringValue = 1366;
    public const int ReadOnlyTransaction = 1792;
    public const int CannotConvert = 3988;

    /// <summary>What drivers themselves call a connection that they cannot make.</summary>
    private const int CannotConnect = 1042;

    /// <summary>
    /// The server's number of an error; null when it is none of the server's. MySql.Data keeps that of a failed login only in the exception within.
    /// </summary>
    public static int? NumberOf(Exception error) => SqlErrors.All(error).OfType<DbException>().Select(SqlErrors.NumberOf).FirstOrDefault(IsOfServer);

    /// <summary>Whether the account lacks a privilege: for a database, a routine, a table, a column, or a privilege of the whole server.</summary>
    public static bool IsMissingPrivilege(int? number) => number is 1044 or 1370 or 1142 or 1143 or 1227;

    /// <summary>What an error means that came of connecting or of a statement; null when it means no more than it says.</summary>
    /// <param name="error">One of the driver's exceptions, without those within.</param>
    /// <param name="opening">Whether it came of opening the connection.</param>
    /// <param name="words">The server's words, fit to be shown.</param>
    public static StageException? Explain(DbException error, bool opening, string words)
    {
        var number = SqlErrors.NumberOf(error);
        if (!IsOfServer(number))
        {
            return opening && IsAboutPlugin(error.Message) ? Refused("mysql.authPlugin", "this driver and the server's account do not agree how to log in") : null;
        }

        return number switch
        {
            // 1698: an account of the machine (unix_socket); 3118 and 4151: locked; 1820, 1862: the password has expired.
            1045 or 1698 or 3118 or 4151 or 1820 or 1862 => Refused("auth.rejected", "the server does not let this account in"),
            1044 when opening => Refused("sql.forbidden", $"the account may not use this database{Grant(words)}"),
            1049 => Refused("sql.noDatabase", "there is no such database"),
            1040 => Refused("sql.tooManyConnections", "the server takes no more connections"),
            1203 or 1226 => Refused("mysql.accountLimit", "the account has used up what it is allowed"),
            1129 => Refused("mysql.hostBlocked", "the server has shut this host out, because too many of its connections ended without a login"),
            1130 => Refused("mysql.hostNotAllowed", "the server lets nobody in from this host"),
            1251 or 1524 or 2059 or 2061 => Refused("mysql.authPlugin", "this driver and the server's account do not agree how to log in"),
            3159 => Refused("mysql.tlsRequired", "the server wants an encrypted connection"),
            1053 or 1927 or 3169 => new StageException(Stage.Use, "mysql.ended", $"the server ended the connection: {words}", error) { Answered = true },
            3032 => new StageException(Stage.Use, "mysql.offline", $"the server is in offline mode: {words}", error) { Answered = true },
            1047 => new StageException(Stage.Use, "mysql.notReady", $"the node of the cluster takes no statements: {words}", error) { Answered = true },
            _ when IsMissingPrivilege(number) => new StageException(Stage.Use, "sql.forbidden", $"the account lacks a privilege: {words}", error) { Answered = true },
            _ => null,
        };

        StageException Refused(string reason, string text) => new(opening ? Stage.Authenticate : Stage.Use, reason, $"{text}: {words}", error) { Answered = true };
    }

    /// <summary>The statement that lets the account in, from the server's own words of whom it does not.</summary>
    private static string Grant(string words) =>
        Denied().Match(words) is { Success: true } match ? $" (GRANT SELECT ON {match.Groups["database"].Value}.* TO {match.Groups["account"].Value})" : "";

    [GeneratedRegex("for user (?<account>'[^']*'@'[^']*') to database '(?<database>[A-Za-z0-9_$]+)'", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, 1_000)]
    private static partial Regex Denied();

    private static bool IsOfServer(int? number) => number is >= 1_000 and < 10_000 and not CannotConnect;

    /// <summary>How MySql.Data and MySqlConnector say that they know no such way to log in, or not without TLS or the server's public key.</summary>
    private static bool IsAboutPlugin(string text) =>
        Has(text, "Authentication method") || Has(text, "authentication plugin") || Has(text, "RSA public key") || Has(text, "requires secure connection");

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
}
