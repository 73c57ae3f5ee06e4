namespace HealthKit;

/// <summary>How many lines of a log bear which level. Every line was looked at; the eight numbers sum to the log's lines.</summary>
public sealed record LogLevelCounts
{
    /// <summary>Lines that say trace or verbose.</summary>
    public required long Trace { get; init; }

    /// <summary>Lines that say debug.</summary>
    public required long Debug { get; init; }

    /// <summary>Lines that say info, notice, note or log; requests that were answered below 400.</summary>
    public required long Information { get; init; }

    /// <summary>Lines that say warning; requests that were answered 4xx.</summary>
    public required long Warning { get; init; }

    /// <summary>Lines that say error, fail or severe; requests that were answered 5xx.</summary>
    public required long Error { get; init; }

    /// <summary>Lines that say fatal, critical, alert, emergency or panic.</summary>
    public required long Critical { get; init; }

    /// <summary>Lines with a time but no level, and lines before the first that has either.</summary>
    public required long Unknown { get; init; }

    /// <summary>Lines with neither time nor level, or indented, behind one that has either: stack traces, statements.</summary>
    public required long Continuation { get; init; }
}
