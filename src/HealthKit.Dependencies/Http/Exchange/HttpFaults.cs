namespace HealthKit;

/// <summary>What it means when a connection that stands gives no answer.</summary>
internal static class HttpFaults
{
    /// <summary>Before an answer's head was there.</summary>
    /// <param name="error">What the handler says.</param>
    /// <param name="connection">The connection it was given; null when it used one again.</param>
    public static StageException BeforeTheAnswer(Exception error, HttpConnection? connection)
    {
        if (WireStream.IsReset(error) || connection?.WasReset == true)
        {
            return new StageException(
                Stage.Use, "http.reset", "the connection was reset before an answer came: what listens there crashed, was stopped, or refused the request", error);
        }

        var kind = error switch
        {
            HttpRequestException http => http.HttpRequestError,
            HttpIOException io => io.HttpRequestError,
            ConnectionNeededException => HttpRequestError.ResponseEnded, // it wanted to try again
            _ => HttpRequestError.Unknown,
        };
        var first = connection is null ? default : connection.First;
        if (kind == HttpRequestError.ResponseEnded && !first.IsEmpty && !first.StartsWith("HTTP/1."u8[..Math.Min(first.Length, 7)]))
        {
            kind = HttpRequestError.InvalidResponse;
        }

        return kind switch
        {
            HttpRequestError.ResponseEnded => new StageException(
                Stage.Use,
                "http.closed",
                $"the connection was closed {(first.IsEmpty ? "without an answer" : "within the head of an answer")}: it is in doubt whether the request was or still is worked on",
                error),
            HttpRequestError.InvalidResponse => new StageException(Stage.Use, "http.invalid", $"what answers there does not speak HTTP/1.1{Hint(first)}", error),
            HttpRequestError.ConfigurationLimitExceeded => new StageException(
                Stage.Use, "http.headersTooLarge", "the head of the answer is larger than 64 KiB, and was not read to its end", error),
            _ => new StageException(Stage.Use, "use.broken", $"the connection broke: {(error.InnerException ?? error).Message}", error),
        };
    }

    /// <summary>Within the body.</summary>
    public static BodyEnd InTheBody(Exception error) => error switch
    {
        _ when WireStream.IsReset(error) => BodyEnd.Reset,
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => BodyEnd.Closed,
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => BodyEnd.Closed,
        HttpIOException or HttpRequestException => BodyEnd.Garbled,
        _ => BodyEnd.Closed,
    };

    /// <summary>What it speaks instead, from its first words. They themselves are foreign text, and not shown.</summary>
    private static string Hint(ReadOnlySpan<byte> first) => first switch
    {
        _ when first.StartsWith("SSH-"u8) => ": it is an SSH server",
        _ when first.StartsWith("220"u8) => ": it greets as mail and FTP servers do",
        _ when first.StartsWith("+OK"u8) || first.StartsWith("* OK"u8) => ": it greets as mail servers do",
        _ when first.StartsWith("-ERR"u8) || first.StartsWith("-DENIED"u8) => ": it answers as Redis does",
        _ when first.StartsWith("AMQP"u8) => ": it speaks AMQP, as RabbitMQ does",
        _ when first.StartsWith("HTTP/2"u8) || first.StartsWith("HTTP/0"u8) => ", but another version of it",
        [0x15, 0x03, ..] => ": it speaks TLS, ask by https", // an alert (RFC 8446, section 5.1)
        [_, _, _, 0, 0x0a, ..] => ": it greets as MySQL does", // a packet's length and number, then the protocol's version
        _ => "",
    };
}
