using System.Runtime.InteropServices;

namespace HealthKit;

/// <summary>The calls of the C library that the base class library has no method for. Paths are UTF-8 and end in a zero byte.</summary>
internal static unsafe partial class LibC
{
    /// <summary>The longest path that the kernel takes, its zero byte included.</summary>
    public const int PathMax = 4096;

    public const int AtCurrentDirectory = -100;

    // Numbers of errno(3) that Linux shares on all its architectures.
    public const int NotPermitted = 1;
    public const int NotFound = 2;
    public const int NoSuchProcess = 3;
    public const int Interrupted = 4;
    public const int IoError = 5;
    public const int NoDeviceOrAddress = 6;
    public const int TryAgain = 11;
    public const int PermissionDenied = 13;
    public const int NoSuchDevice = 19;
    public const int NotADirectory = 20;
    public const int IsADirectory = 21;
    public const int Invalid = 22;
    public const int TextBusy = 26;
    public const int NoSpace = 28;
    public const int ReadOnlyFileSystem = 30;
    public const int NotImplemented = 38;
    public const int TooManyLinks = 40; // ELOOP: of symbolic links
    public const int NotSupported = 95;
    public const int QuotaExceeded = 122;

    /// <summary>faccessat(2): whether this process may do so; 0, or -1 with the reason.</summary>
    [LibraryImport("libc", EntryPoint = "faccessat", SetLastError = true)]
    public static partial int GetAccess(int directory, byte* path, int mode, int flags);

    [LibraryImport("libc", EntryPoint = "statvfs", SetLastError = true)]
    public static partial int GetStatVfs(byte* path, StatVfs* result);

    /// <summary>statx(2): unlike <c>struct stat</c>, its result is laid out alike everywhere.</summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    public static partial int GetStatX(int directory, byte* path, int flags, uint mask, StatX* result);

    /// <summary>realpath(3).</summary>
    /// <param name="path">The path.</param>
    /// <param name="resolved">Takes the resolved path: <see cref="PathMax"/> bytes.</param>
    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true)]
    public static partial byte* ResolvePath(byte* path, byte* resolved);

    /// <summary>readlink(2).</summary>
    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
    public static partial nint ReadLink(byte* path, byte* buffer, nuint length);

    /// <summary>open(2) of what is there: no mode is passed, so nothing can be made.</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial int Open(byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "opendir", SetLastError = true)]
    public static partial nint OpenDirectory(byte* path);

    /// <summary>Where the name begins in what <see cref="ReadDirectory"/> gives, on 64-bit Linux with glibc and with musl.</summary>
    public const int NameInDirectoryEntry = 19;

    /// <summary>readdir(3): a <c>struct dirent</c>, null at the end.</summary>
    [LibraryImport("libc", EntryPoint = "readdir")]
    public static partial byte* ReadDirectory(nint directory);

    [LibraryImport("libc", EntryPoint = "closedir")]
    public static partial int CloseDirectory(nint directory);

    /// <summary>openat(2) of what is there: no mode is passed.</summary>
    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int directory, byte* path, int flags);

    /// <summary>openat2(2), for which C libraries have no function yet: syscall(2) with its number.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint OpenAt2(nint number, int directory, byte* path, OpenHow* how, nuint size);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static partial nint ReadAt(int descriptor, byte* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static partial nint WriteAt(int descriptor, byte* buffer, nuint length, long offset);

    /// <summary>lseek(2).</summary>
    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Truncate(int descriptor, long length);

    /// <summary>fallocate(2).</summary>
    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Allocate(int descriptor, int mode, long offset, long length);

    /// <summary>fstatfs(2).</summary>
    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    public static partial int GetFileSystem(int descriptor, StatFs* result);

    /// <summary>fcntl(2) with a lock.</summary>
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int ControlLock(int descriptor, int command, FileLock* value);
}

/// <summary><c>struct open_how</c> (openat2(2)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow
{
    public ulong Flags;
    public ulong Mode;
    public ulong Resolve;
}

/// <summary><c>struct statfs</c> (statfs(2)) as 64-bit Linux lays it out: what is looked at.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatFs
{
    /// <summary>Which kind of file system, by its magic number.</summary>
    [FieldOffset(0)]
    public long Type;

    [FieldOffset(8)]
    public long BlockSize;
}

/// <summary><c>struct flock</c> (fcntl(2)) as 64-bit Linux lays it out.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct FileLock
{
    [FieldOffset(0)]
    public short Type;

    [FieldOffset(2)]
    public short Whence;

    [FieldOffset(8)]
    public long Start;

    [FieldOffset(16)]
    public long Length;
}

/// <summary><c>struct statx</c> (statx(2)), 256 bytes: what is looked at. The device numbers are always filled in.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatX
{
    [FieldOffset(8)]
    public ulong Attributes;

    [FieldOffset(16)]
    public uint Links;

    [FieldOffset(20)]
    public uint Owner;

    [FieldOffset(28)]
    public ushort Mode;

    [FieldOffset(32)]
    public ulong Inode;

    [FieldOffset(40)]
    public ulong Size;

    /// <summary>Blocks of 512 bytes.</summary>
    [FieldOffset(48)]
    public ulong Blocks;

    /// <summary>0 where the file system keeps no time of birth.</summary>
    [FieldOffset(80)]
    public long BornSeconds;

    [FieldOffset(112)]
    public long ModifiedSeconds;

    [FieldOffset(120)]
    public uint ModifiedNanoseconds;

    [FieldOffset(136)]
    public uint DeviceMajor;

    [FieldOffset(140)]
    public uint DeviceMinor;
}
