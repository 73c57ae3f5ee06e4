namespace HealthKit;

/// <summary>What <see cref="LogTrimmer"/> did with a log, or why it did nothing.</summary>
public sealed record LogTrimResult
{
    /// <summary>The log.</summary>
    public required string Path { get; init; }

    /// <summary>How it was cut; in a dry run how it would be. <see cref="LogTrimMethod.None"/>: it was not changed, see <see cref="Reason"/>.</summary>
    public LogTrimMethod Method { get; init; }

    /// <summary>
    /// Why it was not changed, or what went wrong though it was (<see cref="Method"/> tells): a stable code such as <c>trim.noSpace</c>. Null
    /// when all went well.
    /// </summary>
    public string? Reason { get; init; }

    /// <summary>The same in a sentence or two, with numbers, for people.</summary>
    public required string Text { get; init; }

    /// <summary>
    /// Space that came back, in bytes: allocated before less allocated after, and what a writer made the file longer by in the same moment; to
    /// within about a block. In a dry run what could come back, holes in the middle of the head included.
    /// </summary>
    public long FreedBytes { get; init; }

    /// <summary>Length right before the change, in bytes; 0 when the file could not be looked at.</summary>
    public long LengthBefore { get; init; }

    /// <summary>Length right after it, in bytes. Writers may have added to it since.</summary>
    public long LengthAfter { get; init; }

    /// <summary>What it occupied right before the change, in bytes.</summary>
    public long AllocatedBefore { get; init; }

    /// <summary>What it occupied right after it, in bytes.</summary>
    public long AllocatedAfter { get; init; }

    /// <summary>How much of the log's content went from its head, in bytes, in a dry run would go. A hole that stood there is not counted.</summary>
    public long CutBytes { get; init; }

    /// <summary>What writers wrote meanwhile and was seen to be lost, in bytes: <see cref="LogTrimMethod.CopyTail"/> only.</summary>
    public long LostBytes { get; init; }

    /// <summary>
    /// Whether more than <see cref="LostBytes"/> may be lost: somebody who may write to it had it open between the last look and the cut.
    /// <see cref="LogTrimMethod.CopyTail"/> only.
    /// </summary>
    public bool MayHaveLostMore { get; init; }

    /// <summary>Whether it was a dry run: nothing was changed.</summary>
    public bool WasDryRun { get; init; }

    /// <summary>Who had it open, in words, as far as that could be seen; null when it was not looked.</summary>
    public string? Holders { get; init; }
}
