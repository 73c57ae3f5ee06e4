using System.Text;

namespace HealthKit;

/// <summary>Where the disk check's figures come from.</summary>
internal abstract class FileSystemSource
{
    /// <summary>Not a number of errno(3): the answer counts no blocks, as that of <c>/proc</c>. Nothing there can run out.</summary>
    public const int NoBlocks = -1;

    /// <summary>The source of this system: statvfs(3) on 64-bit Linux, elsewhere what the base class library knows.</summary>
    public static FileSystemSource OfThisSystem { get; } =
        OperatingSystem.IsLinux() && Environment.Is64BitProcess ? new LinuxFileSystemSource() : new DriveFileSystemSource();

    /// <summary>Measures the file system on which a path lies. Blocks for as long as that file system does.</summary>
    /// <returns>0, or the number of errno(3) that tells why it could not be measured.</returns>
    public abstract int Measure(WatchedPath path, out FileSystemStat stat);

    /// <summary>The mount on which the path lies; null when that cannot be told. Dear: asked only when the file system changed.</summary>
    public abstract MountEntry? FindMount(WatchedPath path, in FileSystemStat stat);
}

/// <summary>A path to measure.</summary>
internal sealed class WatchedPath(string path)
{
    public string Path => path;

    /// <summary>The path as the kernel takes it: UTF-8 with a zero byte at its end.</summary>
    public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(path + '\0');

    /// <summary>The mount that was found last; another thread may replace it.</summary>
    public KnownMount? Mount { get; set; }
}

/// <summary>The mount of a path, for as long as the path lies on this file system and that stays as writable as it was.</summary>
internal sealed record KnownMount(FileSystemId Id, bool ReadOnly, MountEntry? Mount);
