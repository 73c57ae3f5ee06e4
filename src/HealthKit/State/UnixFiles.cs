using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace HealthKit;

/// <summary>The few file calls the base class library does not have: owner and blocks of a file, a lock that reports its errors, fsync of a directory.</summary>
internal static partial class UnixFiles
{
    /// <summary>S_ISVTX: in such a directory only a file's owner may rename or remove it (inode(7)).</summary>
    private const int Sticky = 0x200;

    private const int OthersMayWrite = 0x2;

    /// <summary>EWOULDBLOCK, as errno.</summary>
    public static int WouldBlock => OperatingSystem.IsLinux() ? 11 : 35;

    /// <summary>What statx(2) says, or null when there is no such file or the call is not there.</summary>
    [SupportedOSPlatform("linux")]
    public static UnixFileStatus? Stat(string path, bool followLink)
    {
        // struct statx has one layout on every architecture: stx_uid at 20, stx_mode at 28, stx_blocks (of 512 bytes) at 48.
        Span<byte> buffer = stackalloc byte[256];
        const int currentDirectory = -100, noFollow = 0x100;
        const uint basicStats = 0x7ff;
        try
        {
            if (Statx(currentDirectory, path, followLink ? 0 : noFollow, basicStats, buffer) != 0)
            {
                return null;
            }
        }
        catch (EntryPointNotFoundException)
        {
            return null; // an old C library without statx
        }

        var mode = MemoryMarshal.Read<ushort>(buffer[28..]);
        return new UnixFileStatus(
            Owner: MemoryMarshal.Read<uint>(buffer[20..]),
            IsDirectory: (mode & 0xf000) == 0x4000,
            OthersMayWrite: (mode & OthersMayWrite) != 0,
            IsShared: (mode & OthersMayWrite) != 0 && (mode & Sticky) != 0,
            AllocatedBytes: MemoryMarshal.Read<long>(buffer[48..]) * 512);
    }

    /// <summary>Which file a path leads to: null with <paramref name="gone"/> when there is none, null without when that cannot be told.</summary>
    [SupportedOSPlatform("linux")]
    public static UnixFileId? Identify(string path, out bool gone)
    {
        Span<byte> buffer = stackalloc byte[256];
        const int currentDirectory = -100, noFollow = 0x100;
        const uint basicStats = 0x7ff;
        gone = false;
        try
        {
            if (Statx(currentDirectory, path, noFollow, basicStats, buffer) == 0)
            {
                return ReadId(buffer);
            }

            gone = Marshal.GetLastPInvokeError() is 2 or 20 or 40 or 116; // ENOENT, ENOTDIR, ELOOP, ESTALE
            return null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Which file is open, or null when that cannot be told.</summary>
    [SupportedOSPlatform("linux")]
    public static UnixFileId? Identify(SafeHandle file)
    {
        Span<byte> buffer = stackalloc byte[256];
        const int emptyPath = 0x1000;
        const uint basicStats = 0x7ff;
        try
        {
            return StatxOpen(file, "", emptyPath, basicStats, buffer) == 0 ? ReadId(buffer) : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    // struct statx: stx_ino at 32, stx_dev_major at 136, stx_dev_minor at 140.
    private static UnixFileId ReadId(ReadOnlySpan<byte> buffer) => new(
        MemoryMarshal.Read<uint>(buffer[136..]), MemoryMarshal.Read<uint>(buffer[140..]), MemoryMarshal.Read<ulong>(buffer[32..]));

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

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatxOpen(SafeHandle file, string path, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeHandle descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}

/// <summary>What makes a file that file, as long as it is open: device and inode (inode(7)).</summary>
internal readonly record struct UnixFileId(uint DeviceMajor, uint DeviceMinor, ulong Inode);

/// <summary>The part of a file's status that is looked at.</summary>
/// <param name="Owner">User id of the owner.</param>
/// <param name="IsDirectory">Whether it is a directory (a link that was not followed is none).</param>
/// <param name="OthersMayWrite">Whether everybody may write to it.</param>
/// <param name="IsShared">Whether it is a directory like /tmp: everybody may write, only owners may remove.</param>
/// <param name="AllocatedBytes">Bytes it really occupies on disk.</param>
internal readonly record struct UnixFileStatus(uint Owner, bool IsDirectory, bool OthersMayWrite, bool IsShared, long AllocatedBytes);
