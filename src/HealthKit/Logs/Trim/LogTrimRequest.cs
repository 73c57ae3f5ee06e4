namespace HealthKit;

/// <summary>What <see cref="LogTrimmer"/> is to do with a log.</summary>
public sealed record LogTrimRequest
{
    /// <summary>
    /// How much of the end is kept, in bytes, 0 or more. It is cut at the start of a line, so mostly a little less is kept; more only where
    /// the last line alone is longer, or where whole blocks have to be taken (<see cref="LogTrimMethod.CollapseRange"/>).
    /// </summary>
    public required long KeepBytes { get; init; }

    /// <summary>Does everything but the change: the result says what would be done.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// Allows <see cref="LogTrimMethod.CopyTail"/> on file systems that can do neither of the others. What a writer writes in that moment is
    /// lost, and it is not always known how much.
    /// </summary>
    public bool AllowCopyTail { get; init; }
}
