namespace HealthKit;

/// <summary>Why state could not be kept on disk: a stable reason and a text for people.</summary>
internal sealed record StateProblem(string Reason, string Text)
{
    /// <summary>No space, no inode, or the quota is used up.</summary>
    public const string Full = "state.full";

    /// <summary>The file system is mounted read-only.</summary>
    public const string ReadOnly = "state.readOnly";

    /// <summary>The account of this process may not write there.</summary>
    public const string NoPermission = "state.noPermission";

    /// <summary>Another instance holds the directory; this one uses a numbered one inside it. For information.</summary>
    public const string SecondInstance = "state.secondInstance";

    /// <summary>Another application was given the directory before; this one uses a folder of its own inside it. For information.</summary>
    public const string OtherApplication = "state.otherApplication";

    /// <summary>More instances than <see cref="StateDirectory.MaxInstances"/> hold the directory.</summary>
    public const string TooManyInstances = "state.tooManyInstances";

    /// <summary>The directory is a symbolic link.</summary>
    public const string SymbolicLink = "state.symbolicLink";

    /// <summary>The directory stands in a temp directory shared by all users and may be changed by another of them.</summary>
    public const string Unsafe = "state.unsafeDirectory";

    /// <summary>The file system cannot lock files.</summary>
    public const string NoLock = "state.noLock";

    /// <summary>The directory or a file in it was removed or replaced while the process used it.</summary>
    public const string Removed = "state.removed";

    /// <summary>The disk does not answer. What waits for it in the kernel waits on; everything else goes on without it.</summary>
    public const string Hung = "state.hung";

    /// <summary>Any other error of the file system.</summary>
    public const string IOError = "state.ioError";

    /// <summary>ENOSPC as .NET hands it on.</summary>
    public const int NoSpaceLeft = 28;

    private const int TimedOut = 110; // ETIMEDOUT, as a network file system hands it on too

    /// <summary>What is thrown where the disk does not answer.</summary>
    public static IOException HungException() => new("The disk does not answer.", TimedOut);

    /// <summary>Whether an exception says that the disk does not answer.</summary>
    public static bool IsHung(IOException e) => e.HResult == TimedOut;

    /// <summary>Whether an exception is one the file system may cause (or another thread that just closed the file).</summary>
    public static bool IsExpected(Exception e) =>
        e is IOException or UnauthorizedAccessException or NotSupportedException or System.Security.SecurityException or ObjectDisposedException;

    /// <summary>Puts an exception of the file system into a reason and a text.</summary>
    public static StateProblem From(Exception e)
    {
        var reason = e switch
        {
            UnauthorizedAccessException or System.Security.SecurityException => NoPermission,
            IOException io => FromHResult(io.HResult),
            _ => IOError,
        };
        return new StateProblem(reason, e.Message);
    }

    /// <summary>Whether opening failed because someone else holds the lock (flock(2): EWOULDBLOCK).</summary>
    public static bool IsHeldByAnother(IOException e) => OperatingSystem.IsWindows()
        ? e.HResult is unchecked((int)0x80070020) or unchecked((int)0x80070021) // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
        : e.HResult == UnixFiles.WouldBlock;

    // On Unix .NET hands the errno through as HResult: ENOSPC 28, EROFS 30, EDQUOT 122 (macOS 69). On Windows it is an HRESULT.
    private static string FromHResult(int code) => code switch
    {
        NoSpaceLeft or 122 => Full,
        69 when OperatingSystem.IsMacOS() => Full,
        unchecked((int)0x80070070) or unchecked((int)0x80070027) => Full, // ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL
        30 => ReadOnly,
        TimedOut => Hung,
        unchecked((int)0x80070013) => ReadOnly, // ERROR_WRITE_PROTECT
        _ => IOError,
    };
}
