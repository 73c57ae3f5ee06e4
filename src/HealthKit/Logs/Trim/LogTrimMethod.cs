namespace HealthKit;

/// <summary>How a log was cut.</summary>
public enum LogTrimMethod
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>
    /// The blocks of the head were taken out of the file and the rest moved to the front (fallocate(2), <c>FALLOC_FL_COLLAPSE_RANGE</c>): the
    /// file is shorter. Nothing that is written meanwhile is lost.
    /// </summary>
    CollapseRange,

    /// <summary>
    /// The space of the head was given back and reads as zeros (fallocate(2), <c>FALLOC_FL_PUNCH_HOLE</c>): the length stays, and so does
    /// every position in the file. Nothing that is written meanwhile is lost.
    /// </summary>
    PunchHole,

    /// <summary>The tail was copied to the front and the file cut behind it (ftruncate(2)): what is written in that moment is lost.</summary>
    CopyTail,
}
