namespace HealthKit.Tests.Sentry;

/// <summary>What the fake receiver does with one request.</summary>
internal sealed record SentryAnswer
{
    /// <summary>As Sentry answers: 200 and the event's id.</summary>
    public static SentryAnswer Ok { get; } = new();

    /// <summary>Breaks the connection off after the request, without a word.</summary>
    public static SentryAnswer Reset { get; } = new() { Kind = AnswerKind.Reset };

    /// <summary>Reads the request and never answers.</summary>
    public static SentryAnswer Hang { get; } = new() { Kind = AnswerKind.Hang };

    /// <summary>Answers 200, begins a body and never ends it.</summary>
    public static SentryAnswer EndlessBody { get; } = new() { Kind = AnswerKind.EndlessBody };

    /// <summary>Answers with bytes that are not HTTP.</summary>
    public static SentryAnswer Garbage { get; } = new() { Kind = AnswerKind.Garbage };

    public AnswerKind Kind { get; private init; }

    public int Status { get; private init; } = 200;

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The body; null for Sentry's own.</summary>
    public string? Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>429, with what it says of limits.</summary>
    public static SentryAnswer TooMany(string? limits = null, string? retryAfter = null) => Code(
        429,
        new[] { ("X-Sentry-Rate-Limits", limits), ("Retry-After", retryAfter) }
            .Where(header => header.Item2 is not null).ToDictionary(header => header.Item1, header => header.Item2!));

    /// <summary>Any status.</summary>
    public static SentryAnswer Code(int status, IReadOnlyDictionary<string, string>? headers = null, string? body = null) =>
        new() { Status = status, Headers = headers ?? new Dictionary<string, string>(), Body = body };

    /// <summary>A status and <c>X-Sentry-Error</c>.</summary>
    public static SentryAnswer Refusal(int status, string error) => Code(status, new Dictionary<string, string> { ["X-Sentry-Error"] = error });

    /// <summary>A page for people.</summary>
    public static SentryAnswer Page(int status = 200) => new() { Status = status, Body = "<!doctype html><p>Sign in to use the internet.", ContentType = "text/html" };

    /// <summary>A redirect.</summary>
    public static SentryAnswer Redirect(string to, int status = 307) => Code(status, new Dictionary<string, string> { ["Location"] = to });
}

/// <summary>How it answers.</summary>
internal enum AnswerKind
{
    Http,
    Reset,
    Hang,
    EndlessBody,
    Garbage,
}
