namespace HealthKit;

/// <summary>Why a log was not cut, or what went wrong when it was: <see cref="LogTrimResult.Reason"/>. They are stable.</summary>
internal static class TrimReasons
{
    public const string NotListed = "trim.notListed";
    public const string Missing = "trim.missing";
    public const string SymbolicLink = "trim.symbolicLink";
    public const string HardLinks = "trim.hardLinks";
    public const string NotRegular = "trim.notRegular";
    public const string AppendOnly = "trim.appendOnly";
    public const string Immutable = "trim.immutable";
    public const string ReadOnly = "trim.readOnly";
    public const string Denied = "trim.denied";
    public const string Unsupported = "trim.unsupported";
    public const string NoSpace = "trim.noSpace";
    public const string Busy = "trim.busy";
    public const string NothingToDo = "trim.nothingToDo";
    public const string LongLine = "trim.longLine";
    public const string Changed = "trim.changed";
    public const string Failed = "trim.failed";

    /// <summary>Cut, and meanwhile somebody opened it who writes or reads at a position of his own.</summary>
    public const string OpenedMeanwhile = "trim.openedMeanwhile";

    /// <summary>Cut, and the rest of the line at the cut still stands at the head.</summary>
    public const string PartialLine = "trim.partialLine";

    /// <summary>Cut, and writers' bytes are lost: copy-tail.</summary>
    public const string Lost = "trim.lost";

    /// <summary>The reason for what a call answered (errno(3)).</summary>
    public static string Of(int error) => error switch
    {
        LibC.NotFound or LibC.NotADirectory => Missing,
        LibC.TooManyLinks => SymbolicLink,
        LibC.PermissionDenied or LibC.NotPermitted => Denied,
        LibC.ReadOnlyFileSystem => ReadOnly,
        LibC.NoSpace or LibC.QuotaExceeded => NoSpace,
        LibC.TextBusy or LibC.TryAgain => Busy,
        LibC.IsADirectory or LibC.NoDeviceOrAddress => NotRegular,
        LibC.NotSupported or LibC.NotImplemented or LibC.NoSuchDevice => Unsupported,
        _ => Failed,
    };
}
