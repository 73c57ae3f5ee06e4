using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace HealthKit;

/// <summary>What the exceptions of drivers mean.</summary>
internal static class SqlErrors
{
    /// <summary>Where a driver was to connect to, as far as it is known.</summary>
    /// <param name="Target">What it is called.</param>
    /// <param name="Addresses">Its addresses.</param>
    public sealed record Place(DatabaseTarget Target, IReadOnlyList<IPAddress> Addresses)
    {
        public IPEndPoint EndPoint => new(Addresses.Count > 0 ? Addresses[0] : IPAddress.Loopback, Target.Port ?? 0);
    }

    /// <summary>The server's own number of an error: MySqlConnector and MySql.Data keep it in <see cref="Exception.Data"/>; null where there is none.</summary>
    public static int? NumberOf(DbException error) => error.Data["Server Error Code"] switch
    {
        int number => number,
        uint number => (int)number,
        { } other when int.TryParse(Convert.ToString(other, CultureInfo.InvariantCulture), NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    /// <summary>The exception and all those in it.</summary>
    public static IEnumerable<Exception> All(Exception error)
    {
        var left = new Stack<Exception>([error]);
        for (var count = 0; left.TryPop(out var e) && count < 50; count++)
        {
            yield return e;
            if (e is AggregateException { InnerExceptions: var several })
            {
                foreach (var one in several.Reverse())
                {
                    left.Push(one);
                }
            }
            else if (e.InnerException is { } inner)
            {
                left.Push(inner);
            }
        }
    }

    /// <summary>
    /// An exception in words, to be redacted and then bounded. One that is not the driver's own kind is named: its words alone ("Index was out of range") tell
    /// nobody where to look.
    /// </summary>
    public static string Told(Exception error) => error is DbException ? error.Message : $"{error.GetType().Name}: {error.Message}";

    /// <summary>Whether it says no more than that time was up.</summary>
    public static bool IsTimeout(Exception error) => All(error).Any(e => e is TimeoutException or OperationCanceledException);

    /// <summary>Whether the driver's own time was up while it connected or logged in: MySql.Data says so by the error of its socket.</summary>
    public static bool IsSocketTimeout(Exception error) => All(error).Any(e => e is SocketException { SocketErrorCode: SocketError.TimedOut });

    /// <summary>What is said of a connection string that the driver's parser does not take. Its own words show parts of it: of an unquoted password behind a ';'.</summary>
    public const string Unreadable = "the connection string cannot be read by the driver; quote values that hold ';' or '='";

    /// <summary>Whether a parser of connection strings threw it.</summary>
    public static bool IsOfParser(Exception error) => All(error).Any(e => e is ArgumentException or FormatException or KeyNotFoundException or OverflowException)
        && !All(error).Any(e => e is DbException or SocketException or IOException);

    /// <summary>
    /// Whether the pool of the process had no connection left. The words are those of Npgsql, MySqlConnector, and MySql.Data and SqlClient.
    /// </summary>
    public static bool IsPoolExhausted(Exception error) => All(error).Any(e =>
        e.Message.Contains("connection pool has been exhausted", StringComparison.OrdinalIgnoreCase)
        || e.Message.Contains("All pooled connections are in use", StringComparison.OrdinalIgnoreCase)
        || e.Message.Contains("prior to obtaining a connection from the pool", StringComparison.OrdinalIgnoreCase));

    /// <summary>The failure that an exception stands for.</summary>
    /// <param name="error">What the driver threw.</param>
    /// <param name="opening">Whether a connection was being opened.</param>
    /// <param name="isDead">Whether the connection cannot be used any more.</param>
    /// <param name="place">Where it leads.</param>
    /// <param name="own">What the kind of database makes of it; null where it knows no more.</param>
    /// <param name="redact">Hides secrets.</param>
    public static StageException Explain(
        Exception error, bool opening, bool isDead, Place place, Func<DbException, bool, StageException?> own, Func<string, string> redact)
    {
        foreach (var e in All(error))
        {
            if (e is StageException known)
            {
                return known;
            }

            if (e is DbException db && (own(db, opening) ?? Common(db, opening, Words(e))) is { } explained)
            {
                return explained;
            }
        }

        if (IsPoolExhausted(error))
        {
            return new StageException(Stage.Connect, "sql.poolExhausted", $"no connection of this process's pool became free: {Words(error)}", error) { Answered = true };
        }

        foreach (var e in All(error))
        {
            switch (e)
            {
                case AuthenticationException:
                    var (reason, text) = Tls(e);
                    return new StageException(Stage.Tls, reason, text, error) { Answered = true };
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } lookup when opening:
                    return HostLookups.Explain(place.Target.Host ?? place.Target.Text, AddressFamily.Unspecified, lookup);
                case SocketException { SocketErrorCode: not (SocketError.ConnectionReset or SocketError.ConnectionAborted) } socket when opening && place.Target.Port is not null:
                    return Connector.Explain(place.EndPoint, socket);
            }
        }

        if (error.Message.Contains("SSL connection", StringComparison.OrdinalIgnoreCase) && opening)
        {
            return new StageException(Stage.Tls, "tls.notTls", Words(error), error) { Answered = true };
        }

        if (IsTimeout(error) && !opening)
        {
            return new StageException(Stage.Use, "use.timeout", $"the driver waited no longer for an answer: {Words(error)}", error);
        }

        if (isDead || All(error).Any(e => e is IOException or SocketException))
        {
            return opening
                ? new StageException(Stage.Authenticate, "auth.closed", $"the connection was closed before it could be used: {Words(error)}", error)
                : new StageException(Stage.Use, "use.broken", $"the connection broke: {Words(error)}", error);
        }

        if (opening && IsOfParser(error))
        {
            return new StageException(Stage.Connect, "sql.openFailed", $"{Unreadable} ({error.GetType().Name})", error);
        }

        return opening
            ? new StageException(Stage.Connect, "sql.openFailed", $"the driver could not open a connection: {Words(error)}", error)
            : new StageException(Stage.Use, "sql.failed", $"the statement failed: {Words(error)}", error) { Answered = true };

        string Words(Exception e)
        {
            var state = e is DbException { SqlState: { Length: > 0 } code } && !e.Message.Contains(code, StringComparison.Ordinal) ? $"{code}: " : "";
            return ForeignText.Shown(redact(state + e.Message));
        }
    }

    /// <summary>What SQLSTATE says (ISO 9075, and PostgreSQL's appendix "Error Codes"), the same whoever uses it.</summary>
    private static StageException? Common(DbException error, bool opening, string words) => error.SqlState switch
    {
        { Length: 5 } state when state.StartsWith("28", StringComparison.Ordinal) =>
            new StageException(Stage.Authenticate, "auth.rejected", $"the server does not let this account in: {words}", error) { Answered = true },
        "3D000" => new StageException(Stage.Authenticate, "sql.noDatabase", $"there is no such database: {words}", error) { Answered = true },
        "53300" => new StageException(Stage.Authenticate, "sql.tooManyConnections", $"the server takes no more connections: {words}", error) { Answered = true },
        "57P03" => new StageException(Stage.Authenticate, "sql.starting", $"the server is starting up, recovering or shutting down: {words}", error) { Answered = true },
        "57P01" or "57P02" or "57P05" => new StageException(Stage.Use, "use.broken", $"the server ended the connection: {words}", error) { Answered = true },
        "57014" when !opening => new StageException(Stage.Use, "use.timeout", $"the server cancelled the statement: {words}", error) { Answered = true },
        "42501" => new StageException(opening ? Stage.Authenticate : Stage.Use, "sql.forbidden", $"the account lacks a right: {words}", error) { Answered = true },
        _ => null,
    };

    /// <summary>.NET names what its check of a certificate found; a driver hands on the words only.</summary>
    private static (string Reason, string Text) Tls(Exception error)
    {
        foreach (var (word, reason, text) in new[]
        {
            ("RemoteCertificateNameMismatch", "tls.wrongName", "the certificate is for another name"),
            ("NotTimeValid", "tls.expired", "the certificate, or one above it, is not valid now"),
            ("PartialChain", "tls.untrusted", "this machine does not trust the authority of the certificate"),
            ("UntrustedRoot", "tls.untrusted", "this machine does not trust the authority of the certificate"),
            ("RemoteCertificateNotAvailable", "tls.noCertificate", "no certificate was shown"),
        })
        {
            if (All(error).Any(e => e.Message.Contains(word, StringComparison.Ordinal)))
            {
                return (reason, text);
            }
        }

        return TlsClient.Explain(error);
    }
}
