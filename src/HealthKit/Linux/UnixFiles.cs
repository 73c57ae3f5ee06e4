using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace HealthKit;

/// <summary>The few file calls the base class library does not have: owner and blocks of a file, a lock and an fsync that report their errors.</summary>
internal static partial class UnixFiles
{
    /// <summary>EWOULDBLOCK, as errno.</summary>
    public static int WouldBlock => OperatingSystem.IsLinux() ? 11 : 35;

    /// <summary>What statx(2) says, or null when there is no such file or the call is not there.</summary>
    [SupportedOSPlatform("linux")]
    public static UnixFileStatus? Stat(string path, bool followLink) => FileStatus.Read(path, followLink, out var status) == 0
        ? new UnixFileStatus(
            status.Owner, status.Kind == FileKind.Directory, status.OthersMayWrite, status.OthersMayWrite && status.IsSticky, status.AllocatedBytes)
        : null;

    /// <summary>Which file a path leads to: null with <paramref name="gone"/> when there is none, null without when that cannot be told.</summary>
    [SupportedOSPlatform("linux")]
    public static UnixFileId? Identify(string path, out bool gone)
    {
        var error = FileStatus.Read(path, followLink: false, out var status);
        gone = error is LibC.NotFound or LibC.NotADirectory or 40 or 116; // ELOOP, ESTALE
        return error == 0 ? status.Id : null;
    }

    /// <summary>Which file is open, or null when that cannot be told.</summary>
    [SupportedOSPlatform("linux")]
    public static UnixFileId? Identify(SafeHandle file) => FileStatus.Read(file, out var status) == 0 ? status.Id : null;

    /// <summary>The user this process acts as.</summary>
    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    /// <summary>flock(2), exclusive and not waiting: 0, or the errno.</summary>
    [UnsupportedOSPlatform("windows")]
    public static int TryLock(SafeHandle file)
    {
        const int exclusive = 2, notWaiting = 4;
        return FLock(file, exclusive | notWaiting) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>
    /// Writes a directory's entries to disk, without which a new file may be gone after a power cut (fsync(2), NOTES).
    /// File systems that cannot do it (EINVAL) have nothing to write.
    /// </summary>
    [UnsupportedOSPlatform("windows")]
    public static void FlushDirectory(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // the flags below are Linux's; elsewhere the rename itself has to do
        }

        // O_DIRECTORY differs by architecture; reading a directory needs only O_RDONLY | O_CLOEXEC.
        const int readOnlyCloseOnExec = 0x80000;
        var descriptor = Open(path, readOnlyCloseOnExec);
        if (descriptor < 0)
        {
            return;
        }

        _ = FSync(descriptor);
        _ = Close(descriptor);
    }

    /// <summary>
    /// fsync(2): waits until what was written to a file is on the disk itself. The base class library's keeps ENOSPC and EIO to itself (10.0.12).
    /// The kernel reports an error once for each open file and may drop what it could not write: whoever is told writes it anew.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="path">What the error calls it.</param>
    /// <exception cref="IOException">It is not on the disk; the errno is the HResult, as elsewhere in .NET.</exception>
    [SupportedOSPlatform("linux")]
    public static void Flush(SafeHandle file, string path)
    {
        while (FSync(file) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == LibC.Invalid)
            {
                return; // a file system without fsync has nothing to wait for
            }

            if (error != LibC.Interrupted)
            {
                throw new IOException($"{Marshal.GetPInvokeErrorMessage(error)} : '{path}'", error);
            }
        }
    }

    /// <summary>
    /// link(2): gives a file a second name, if nothing has that name. Not <see cref="File.Move(string, string)"/>, which looks and then renames, and so
    /// takes the place of what came in between. False also where a file system has no links.
    /// </summary>
    public static bool TryLink(string file, string name) => Link(file, name) == 0;

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string file, string name);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeHandle descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeHandle descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}

/// <summary>The part of a file's status that is looked at.</summary>
/// <param name="Owner">User id of the owner.</param>
/// <param name="IsDirectory">Whether it is a directory (a link that was not followed is none).</param>
/// <param name="OthersMayWrite">Whether everybody may write to it.</param>
/// <param name="IsShared">Whether it is a directory like /tmp: everybody may write, only owners may remove.</param>
/// <param name="AllocatedBytes">Bytes it really occupies on disk.</param>
internal readonly record struct UnixFileStatus(uint Owner, bool IsDirectory, bool OthersMayWrite, bool IsShared, long AllocatedBytes);
