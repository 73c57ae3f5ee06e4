using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace HealthKit;

/// <summary>What a path leads to.</summary>
internal enum FileKind
{
    /// <summary>A device, a pipe, a socket.</summary>
    Other,

    /// <summary>A regular file.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link that was not followed.</summary>
    SymbolicLink,
}

/// <summary>What makes a file that file, as long as it is open: device and inode (inode(7)).</summary>
internal readonly record struct UnixFileId(uint DeviceMajor, uint DeviceMinor, ulong Inode);

/// <summary>What the system knows of a file: statx(2) on Linux, elsewhere what the base class library tells.</summary>
/// <param name="Id">Which file it is; all zero on other systems.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Permissions">The lower twelve bits of its mode (inode(7)): set-user-id to execute-by-others.</param>
/// <param name="Links">How many names it has; 0 when it is deleted and only held open.</param>
/// <param name="Owner">User id of its owner.</param>
/// <param name="Length">Its length in bytes, holes included.</param>
/// <param name="AllocatedBytes">What it really occupies: less than its length where it has holes. Elsewhere the length.</param>
/// <param name="ModifiedAt">When its content was last written.</param>
/// <param name="BornAt">When it was made, to the second; null where the file system does not keep that.</param>
/// <param name="Attributes">STATX_ATTR_…: immutable, append-only.</param>
internal readonly record struct FileStatus(
    UnixFileId Id,
    FileKind Kind,
    int Permissions,
    uint Links,
    uint Owner,
    long Length,
    long AllocatedBytes,
    DateTimeOffset ModifiedAt,
    DateTimeOffset? BornAt,
    ulong Attributes)
{
    private const int NoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStats = 0x7ff;
    private const uint BirthTime = 0x800;

    /// <summary><c>chattr +i</c>.</summary>
    public bool IsImmutable => (Attributes & 0x10) != 0;

    /// <summary><c>chattr +a</c>.</summary>
    public bool IsAppendOnly => (Attributes & 0x20) != 0;

    /// <summary>Everybody may write to it (inode(7), S_IWOTH).</summary>
    public bool OthersMayWrite => (Permissions & 0x2) != 0;

    /// <summary>A directory like /tmp: everybody may write, only owners may remove (inode(7), S_ISVTX).</summary>
    public bool IsSticky => (Permissions & 0x200) != 0;

    /// <summary>A path as the kernel takes it: UTF-8 with a zero byte at its end.</summary>
    public static byte[] ToUtf8(string path) => Encoding.UTF8.GetBytes(path + '\0');

    /// <summary>Looks at a path. Never throws; blocks for as long as its file system does.</summary>
    /// <returns>0, or the number of errno(3).</returns>
    public static int Read(string path, bool followLink, out FileStatus status) =>
        OperatingSystem.IsLinux() ? Read(ToUtf8(path), followLink, out status) : ReadPortably(path, out status);

    /// <summary>As the other, for a path that is looked at often: allocates nothing. Linux only.</summary>
    /// <param name="utf8Path">See <see cref="ToUtf8"/>.</param>
    /// <param name="followLink">Whether a link at its end is followed; those before are.</param>
    /// <param name="status">What it is.</param>
    [SkipLocalsInit]
    public static unsafe int Read(byte[] utf8Path, bool followLink, out FileStatus status)
    {
        status = default;
        StatX raw;
        try
        {
            fixed (byte* name = utf8Path)
            {
                if (LibC.GetStatX(LibC.AtCurrentDirectory, name, followLink ? 0 : NoFollow, BasicStats | BirthTime, &raw) != 0)
                {
                    return Marshal.GetLastPInvokeError();
                }
            }
        }
        catch (EntryPointNotFoundException)
        {
            return LibC.NotImplemented; // a C library older than glibc 2.28
        }

        status = From(raw);
        return 0;
    }

    /// <summary>Looks at an open file. Never throws. Linux only.</summary>
    /// <returns>0, or the number of errno(3).</returns>
    [SkipLocalsInit]
    public static unsafe int Read(SafeHandle file, out FileStatus status)
    {
        status = default;
        StatX raw;
        byte empty = 0;
        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            if (LibC.GetStatX((int)file.DangerousGetHandle(), &empty, EmptyPath, BasicStats | BirthTime, &raw) != 0)
            {
                return Marshal.GetLastPInvokeError();
            }
        }
        catch (EntryPointNotFoundException)
        {
            return LibC.NotImplemented;
        }
        finally
        {
            if (held)
            {
                file.DangerousRelease();
            }
        }

        status = From(raw);
        return 0;
    }

    /// <summary>Why this process may not write to a path, as a number of errno(3): EACCES, EROFS, ETXTBSY; 0 when it may. Linux only.</summary>
    /// <param name="utf8Path">See <see cref="ToUtf8"/>.</param>
    /// <param name="directory">Whether it is a directory, in which it wants to make files.</param>
    public static unsafe int WhyNotWritable(byte[] utf8Path, bool directory)
    {
        const int effectiveIds = 0x200, write = 2, search = 1;
        fixed (byte* name = utf8Path)
        {
            return LibC.GetAccess(LibC.AtCurrentDirectory, name, directory ? write | search : write, effectiveIds) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    private static FileStatus From(in StatX raw) => new(
        new UnixFileId(raw.DeviceMajor, raw.DeviceMinor, raw.Inode),
        (raw.Mode & 0xf000) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Directory,
            0xa000 => FileKind.SymbolicLink,
            _ => FileKind.Other,
        },
        raw.Mode & 0xfff,
        raw.Links,
        raw.Owner,
        (long)Math.Min(raw.Size, long.MaxValue),
        (long)Math.Min(raw.Blocks, long.MaxValue / 512) * 512,
        FromUnix(raw.ModifiedSeconds, raw.ModifiedNanoseconds),
        raw.BornSeconds > 0 ? FromUnix(raw.BornSeconds, 0) : null,
        raw.Attributes);

    /// <summary>Anything may stand in a broken inode; what .NET cannot hold is its nearest end.</summary>
    private static DateTimeOffset FromUnix(long seconds, uint nanoseconds) => DateTimeOffset
        .FromUnixTimeSeconds(Math.Clamp(seconds, -62_135_596_800, 253_402_300_798))
        .AddTicks(Math.Min(nanoseconds, 999_999_999) / TimeSpan.NanosecondsPerTick);

    private static int ReadPortably(string path, out FileStatus status)
    {
        status = default;
        try
        {
            FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
            if (!info.Exists)
            {
                return LibC.NotFound;
            }

            var length = info is FileInfo file ? file.Length : 0;
            var kind = info is FileInfo ? FileKind.Regular : FileKind.Directory;
            var (modified, born) = (new DateTimeOffset(info.LastWriteTimeUtc, TimeSpan.Zero), new DateTimeOffset(info.CreationTimeUtc, TimeSpan.Zero));
            status = new FileStatus(default, kind, 0, 1, 0, length, length, modified, born, 0);
            return 0;
        }
        catch (UnauthorizedAccessException)
        {
            return LibC.PermissionDenied;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            return LibC.IoError;
        }
    }
}
