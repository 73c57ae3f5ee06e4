using System.Runtime.InteropServices;
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

    /// <summary>Opens it for reading, whoever else reads, writes or removes it, and waits for nobody: it may be a pipe by now.</summary>
    /// <exception cref="IOException">It cannot be opened, or is no regular file any more.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not read it.</exception>
    public virtual SafeFileHandle Open(string path) => OperatingSystem.IsLinux()
        ? OpenWithoutWaiting(path)
        : File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);

    /// <summary>Reads at a place; 0 at the end.</summary>
    public virtual int Read(SafeFileHandle file, Span<byte> buffer, long offset) => RandomAccess.Read(file, buffer, offset);

    private static unsafe SafeFileHandle OpenWithoutWaiting(string path)
    {
        const int notWaiting = 0x800, noTerminal = 0x100, closeOnExec = 0x80000;
        fixed (byte* name = FileStatus.ToUtf8(path))
        {
            int descriptor, error;
            do
            {
                descriptor = LibC.Open(name, notWaiting | noTerminal | closeOnExec);
                error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
            while (error == LibC.Interrupted);

            switch (error)
            {
                case 0:
                    break;
                case LibC.NotFound or LibC.NotADirectory:
                    throw new FileNotFoundException();
                case LibC.PermissionDenied or LibC.NotPermitted:
                    throw new UnauthorizedAccessException();
                default:
                    throw new IOException(Marshal.GetPInvokeErrorMessage(error));
            }

            var file = new SafeFileHandle(descriptor, ownsHandle: true);
            if (FileStatus.Read(file, out var status) == 0 && status.Kind == FileKind.Regular)
            {
                return file;
            }

            file.Dispose();
            throw new IOException("it is no regular file any more");
        }
    }
}
