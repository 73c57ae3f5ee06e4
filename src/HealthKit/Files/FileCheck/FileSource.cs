using Microsoft.Win32.SafeHandles;

namespace HealthKit;

/// <summary>The file system as the file check needs it.</summary>
internal class FileSource
{
    /// <summary>Looks at the file, through symbolic links.</summary>
    /// <returns>0, or the number of errno(3).</returns>
    public virtual int Look(FileLimits limits, out FileStatus status) => OperatingSystem.IsLinux()
        ? FileStatus.Read(limits.Utf8Path, followLink: true, out status)
        : FileStatus.Read(limits.Path, followLink: true, out status);

    /// <summary>Opens it for reading, whoever else reads, writes or removes it.</summary>
    public virtual SafeFileHandle Open(string path) => File.OpenHandle(
        path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);

    /// <summary>Reads at a place; 0 at the end.</summary>
    public virtual int Read(SafeFileHandle file, Span<byte> buffer, long offset) => RandomAccess.Read(file, buffer, offset);
}
