using System.Net.Sockets;

namespace HealthKit;

/// <summary>What it means when a connection that stands gives no answer.</summary>
internal static class HttpFaults
{
    /// <summary>Before an answer's head was there.</summary>
    public static StageException BeforeTheAnswer(Exception error)
    {
        if (IsReset(error))
        {
            return new StageException(
                Stage.Use, "http.reset", "the connection was reset before an answer came: what listens there crashed, was stopped, or refused the request", error);
        }

        var kind = error switch
        {
            HttpRequestException http => http.HttpRequestError,
            HttpIOException io => io.HttpRequestError,
            _ => HttpRequestError.Unknown,
        };
        return kind switch
        {
            HttpRequestError.ResponseEnded => new StageException(
                Stage.Use, "http.closed", "the connection was closed without an answer: it is in doubt whether the request was or still is worked on", error),
            HttpRequestError.InvalidResponse => new StageException(Stage.Use, "http.invalid", $"what answers there does not speak HTTP/1.1{Hint(error.Message)}", error),
            HttpRequestError.ConfigurationLimitExceeded => new StageException(
                Stage.Use, "http.headersTooLarge", "the head of the answer is larger than 64 KiB, and was not read to its end", error),
            _ => new StageException(Stage.Use, "use.broken", $"the connection broke: {(error.InnerException ?? error).Message}", error),
        };
    }

    /// <summary>Within the body.</summary>
    public static BodyEnd InTheBody(Exception error) => error switch
    {
        _ when IsReset(error) => BodyEnd.Reset,
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => BodyEnd.Closed,
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => BodyEnd.Closed,
        HttpIOException or HttpRequestException => BodyEnd.Garbled,
        _ => BodyEnd.Closed,
    };

    private static bool IsReset(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            // EPIPE reads as Shutdown: the reset came before we had sent all.
            if (e is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What it speaks instead, from its first words, which the handler's message quotes. The words themselves are not shown.</summary>
    private static string Hint(string message)
    {
        var quote = message.IndexOf('\'', StringComparison.Ordinal);
        var line = quote < 0 ? "" : message[(quote + 1)..];
        return line switch
        {
            _ when line.StartsWith("SSH-", StringComparison.Ordinal) => ": it is an SSH server",
            _ when line.StartsWith("220", StringComparison.Ordinal) => ": it greets as mail and FTP servers do",
            _ when line.StartsWith("-ERR", StringComparison.Ordinal) => ": it answers as Redis does",
            _ when line.StartsWith("+OK", StringComparison.Ordinal) || line.StartsWith("* OK", StringComparison.Ordinal) => ": it greets as mail servers do",
            _ when line.StartsWith("AMQP", StringComparison.Ordinal) => ": it speaks AMQP, as RabbitMQ does",
            _ when line.StartsWith('\u0015') => ": it speaks TLS; ask by https",
            _ => "",
        };
    }
}
