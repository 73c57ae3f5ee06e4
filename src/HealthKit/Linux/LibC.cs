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
    public const int PermissionDenied = 13;
    public const int NotADirectory = 20;
    public const int NotImplemented = 38;

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
