using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HealthKit;

/// <summary>Opens a file to read it and to see its holes (lseek(2), SEEK_DATA). Elsewhere than on Linux a file has none.</summary>
internal static unsafe class SparseFile
{
    // Flags of open(2) on every architecture that .NET runs on.
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    private const int SeekData = 3;
    private const int SeekHole = 4;

    /// <summary>
    /// Opens a regular file. Unlike the base class library it takes no lock (flock(2)): a lock held while a long log is read would keep a
    /// .NET writer from opening it. It does not wait for a writer at the other end of a pipe.
    /// </summary>
    /// <exception cref="IOException">It is no regular file, or could not be opened; or one of its kinds, as the base class library throws them.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SafeFileHandle Open(string path, out FileStatus status)
    {
        if (!OperatingSystem.IsLinux())
        {
            Check(path, FileStatus.Read(path, followLink: true, out status), status);
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        }

        var name = FileStatus.ToUtf8(path);

        // Looked at first: opening a device may do something.
        Check(path, FileStatus.Read(name, followLink: true, out status), status);
        int descriptor;
        fixed (byte* p = name)
        {
            descriptor = LibC.Open(p, NonBlocking | CloseOnExec);
        }

        if (descriptor < 0)
        {
            Check(path, Marshal.GetLastPInvokeError(), status);
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            Check(path, FileStatus.Read(handle, out status), status);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The first stretch of data at or behind an offset.</summary>
    /// <param name="file">The file.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="end">Where the file is taken to end.</param>
    /// <param name="dataEnd">Where the hole behind it begins, or <paramref name="end"/>.</param>
    /// <returns>Where it begins; <paramref name="end"/> when there is none.</returns>
    public static long NextData(SafeFileHandle file, long from, long end, out long dataEnd)
    {
        dataEnd = end;
        if (!OperatingSystem.IsLinux())
        {
            return from;
        }

        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            var descriptor = (int)file.DangerousGetHandle();
            var data = LibC.Seek(descriptor, from, SeekData);
            if (data < 0)
            {
                // ENXIO: only a hole is left, or the file ends before. Anything else: this file system knows no holes.
                const int NoSuchAddress = 6;
                return Marshal.GetLastPInvokeError() == NoSuchAddress ? end : from;
            }

            if (data >= end)
            {
                return end;
            }

            var hole = LibC.Seek(descriptor, data, SeekHole);
            dataEnd = hole > data ? Math.Min(hole, end) : end;
            return data;
        }
        finally
        {
            if (held)
            {
                file.DangerousRelease();
            }
        }
    }

    private static void Check(string path, int error, in FileStatus status)
    {
        switch (error)
        {
            case 0 when status.Kind == FileKind.Regular:
                return;
            case 0:
                throw new IOException($"'{path}' is {(status.Kind == FileKind.Directory ? "a directory" : "a pipe, a socket or a device")}, not a file.");
            case LibC.NotFound when Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory && !Directory.Exists(directory):
            case LibC.NotADirectory:
                throw new DirectoryNotFoundException($"A directory of '{path}' does not exist.");
            case LibC.NotFound:
                throw new FileNotFoundException($"There is no file '{path}'.", path);
            case LibC.PermissionDenied:
            case LibC.NotPermitted:
                throw new UnauthorizedAccessException($"This process may not read '{path}': {Marshal.GetPInvokeErrorMessage(error)}.");
            default:
                throw new IOException($"'{path}' could not be opened: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }
}
