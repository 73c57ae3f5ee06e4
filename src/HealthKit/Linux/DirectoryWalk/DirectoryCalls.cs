using System.Runtime.InteropServices;

namespace HealthKit;

/// <summary>The system calls of a walk, and their numbers, which differ by architecture.</summary>
internal static unsafe partial class DirectoryCalls
{
    // errno(3)
    public const int Interrupted = 4;
    public const int Loop = 40;
    public const int Stale = 116;

    /// <summary>Do not follow a link at the end, mount nothing on demand (statx(2)).</summary>
    public const int LookAtItself = 0x100 | 0x800;

    /// <summary>What is known is enough: so a network file system that is mounted there and hangs is not asked.</summary>
    public const int DoNotSync = 0x4000;

    public const int EmptyPath = 0x1000;

    /// <summary>Type, mode, links, time of modification, inode, size, blocks.</summary>
    public const uint WalkStats = 0x1 | 0x2 | 0x4 | 0x40 | 0x100 | 0x200 | 0x400;

    /// <summary>Something is mounted here: STATX_ATTR_MOUNT_ROOT, Linux 5.8 and later.</summary>
    public const ulong MountRoot = 0x2000;

    private const int CloseOnExec = 0x80000;
    private const int EffectiveIds = 0x200;
    private const int WriteAndSearch = 2 | 1;

    // The oldest architectures have numbers of their own (fcntl.h, unistd.h of each); the newer ones share theirs.
    private static readonly (int Directory, int NoFollow, int GetEntries) Numbers = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => (0x10000, 0x20000, 217),
        Architecture.Arm64 => (0x4000, 0x8000, 61),
        Architecture.LoongArch64 or Architecture.RiscV64 => (0x10000, 0x20000, 61),
        _ => default,
    };

    /// <summary>Whether a walk can use them here.</summary>
    public static bool AreKnown => OperatingSystem.IsLinux() && Numbers.GetEntries != 0;

    /// <summary>Opens a directory for reading.</summary>
    /// <returns>Its descriptor, or -1 and the error.</returns>
    public static int Open(int directory, byte* path, bool followLink, out int error)
    {
        int descriptor;
        do
        {
            descriptor = OpenAt(directory, path, Numbers.Directory | CloseOnExec | (followLink ? 0 : Numbers.NoFollow));
            error = descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (error == Interrupted);

        return descriptor;
    }

    /// <summary>getdents64(2): 64-bit inode, 64-bit offset, 16-bit length of the record, type, name with a zero byte.</summary>
    /// <returns>How many bytes of entries there are, 0 at the end, or -1 and the error.</returns>
    public static int ReadEntries(int directory, byte* buffer, int length, out int error)
    {
        nint read;
        do
        {
            read = SystemCall(Numbers.GetEntries, directory, buffer, length);
            error = read >= 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (error == Interrupted);

        return (int)read;
    }

    /// <summary>
    /// Whether this process may make and remove files in a directory, as access(2) judges: permissions, access lists, read-only file
    /// systems, immutable directories. Nothing is written.
    /// </summary>
    /// <returns>0, or the number of errno(3).</returns>
    public static int TestWritable(byte[] utf8Path)
    {
        fixed (byte* path = utf8Path)
        {
            return AccessAt(LibC.AtCurrentDirectory, path, WriteAndSearch, EffectiveIds) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAt(int directory, byte* path, int flags);

    // glibc has a function for it since 2.30 only.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint descriptor, byte* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "faccessat", SetLastError = true)]
    private static partial int AccessAt(int directory, byte* path, int mode, int flags);
}
