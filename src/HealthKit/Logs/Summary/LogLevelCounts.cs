namespace HealthKit;

/// <summary>How many lines of a log bear which level. Every line was looked at; the eight numbers sum to the log's lines.</summary>
/// <param name="Trace">trace, verbose.</param>
/// <param name="Debug">debug.</param>
/// <param name="Information">info, notice, note, log; requests that were answered below 400.</param>
/// <param name="Warning">warning; requests that were answered 4xx.</param>
/// <param name="Error">error, fail, severe; requests that were answered 5xx.</param>
/// <param name="Critical">fatal, critical, alert, emergency, panic.</param>
/// <param name="Unknown">Lines with a time but no level, and lines before the first that has either.</param>
/// <param name="Continuation">Lines with neither time nor level, or indented, behind one that has either: stack traces, statements.</param>
public sealed record LogLevelCounts(
    long Trace, long Debug, long Information, long Warning, long Error, long Critical, long Unknown, long Continuation);
