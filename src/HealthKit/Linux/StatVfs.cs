using System.Runtime.InteropServices;

namespace HealthKit;

/// <summary>
/// <c>struct statvfs</c> (statvfs(3)) as 64-bit glibc and musl lay it out; on 32 bits it is another.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct StatVfs
{
    /// <summary>ST_RDONLY.</summary>
    public const ulong ReadOnlyFlag = 1;

    public ulong BlockSize;
    public ulong FragmentSize;
    public ulong Blocks;
    public ulong BlocksFree;
    public ulong BlocksAvailable;
    public ulong Files;
    public ulong FilesFree;
    public ulong FilesAvailable;
    public ulong FsId;
    public ulong Flags;
    public ulong NameMax;

    // f_type and what is spare: never read, but written by the C library.
    private readonly ulong _spare1;
    private readonly ulong _spare2;
    private readonly ulong _spare3;
}
