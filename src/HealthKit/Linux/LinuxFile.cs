using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HealthKit;

/// <summary>
/// A file that is opened without following any symbolic link, and the calls that cut one in place. None throws; each gives 0 or the number
/// of errno(3). Unlike those of the base class library they take no lock (flock(2)) that an app's own streams would stumble over. 64-bit
/// Linux only.
/// </summary>
internal sealed unsafe class LinuxFile : IDisposable
{
    private const int ReadAndWrite = 0x2, CloseOnExec = 0x80000, NotWaiting = 0x800, NoTerminal = 0x100, PathOnly = 0x200000;

    // F_WRLCK and F_UNLCK (fcntl(2)).
    private const short Exclusive = 1;
    private const short Unlocked = 2;

    private readonly SafeFileHandle _handle;
    private bool _isLocked;

    private LinuxFile(int descriptor) => _handle = new SafeFileHandle(descriptor, ownsHandle: true);

    /// <summary>Its number.</summary>
    public int Descriptor => (int)_handle.DangerousGetHandle();

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Ppc64le;

    /// <summary>Looks at a path without opening what it leads to: a pipe or a device does not notice.</summary>
    public static int Look(string path, out FileStatus status, bool stepByStep = false)
    {
        status = default;
        var error = Open(path, PathOnly | CloseOnExec, stepByStep, out var file);
        using (file)
        {
            return file is null ? error : file.ReadStatus(out status);
        }
    }

    /// <summary>Opens what is there for reading and writing at any offset. Makes nothing, needs no space and waits for nobody.</summary>
    public static int OpenToEdit(string path, out LinuxFile? file, bool stepByStep = false) =>
        Open(path, ReadAndWrite | CloseOnExec | NotWaiting | NoTerminal, stepByStep, out file);

    public void Dispose()
    {
        // Closing ends a lock only with the last copy of the descriptor, and a child process has one between fork(2) and execve(2).
        if (_isLocked)
        {
            _ = SetLock(Unlocked);
        }

        _handle.Dispose();
    }

    /// <summary>Looks at it.</summary>
    public int ReadStatus(out FileStatus status) => FileStatus.Read(_handle, out status);

    /// <summary>Which file system it is on.</summary>
    public int ReadFileSystem(out StatFs fileSystem)
    {
        StatFs raw;
        var result = LibC.GetFileSystem(Descriptor, &raw);
        fileSystem = result == 0 ? raw : default;
        return Error(result);
    }

    /// <summary>Reads from an offset; short only at the end of the file.</summary>
    /// <returns>How many bytes, or the negative number of errno(3).</returns>
    public int Read(long offset, Span<byte> buffer)
    {
        var total = 0;
        fixed (byte* bytes = buffer)
        {
            while (total < buffer.Length)
            {
                var read = LibC.ReadAt(Descriptor, bytes + total, (nuint)(buffer.Length - total), offset + total);
                if (read == 0)
                {
                    break;
                }

                if (read > 0)
                {
                    total += (int)read;
                }
                else if (Error(read) is not LibC.Interrupted and var error)
                {
                    return -error;
                }
            }
        }

        return total;
    }

    /// <summary>Writes all bytes at an offset.</summary>
    public int Write(long offset, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            for (var total = 0; total < buffer.Length;)
            {
                var written = LibC.WriteAt(Descriptor, bytes + total, (nuint)(buffer.Length - total), offset + total);
                if (written >= 0)
                {
                    total += (int)written;
                }
                else if (Error(written) is not LibC.Interrupted and var error)
                {
                    return error;
                }
            }
        }

        return 0;
    }

    /// <summary>Where data begins at or behind an offset (lseek(2), SEEK_DATA); ENXIO when there is none.</summary>
    public int SeekData(long from, out long at) => Seek(from, 3, out at);

    /// <summary>Where a hole begins at or behind an offset (lseek(2), SEEK_HOLE): at the latest the end of the file.</summary>
    public int SeekHole(long from, out long at) => Seek(from, 4, out at);

    /// <summary>Takes bytes out and moves what follows to the front (fallocate(2), FALLOC_FL_COLLAPSE_RANGE): whole blocks only.</summary>
    public int Collapse(long offset, long length) => Allocate(0x8, offset, length);

    /// <summary>Gives the space of some bytes back; they read as zeros from then on (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE).</summary>
    public int PunchHole(long offset, long length) => Allocate(0x2 | 0x1, offset, length);

    /// <summary>Cuts its end off (ftruncate(2)).</summary>
    public int Truncate(long length)
    {
        int error;
        while ((error = Error(LibC.Truncate(Descriptor, length))) == LibC.Interrupted)
        {
        }

        return error;
    }

    /// <summary>
    /// Locks one byte far behind any end, without waiting: an open file description lock (fcntl(2), F_OFD_SETLK), which no other kind of lock
    /// but one of the whole file meets. Gone with the descriptor.
    /// </summary>
    public int TryLock()
    {
        var error = SetLock(Exclusive);
        _isLocked |= error == 0;
        return error;
    }

    private int SetLock(short type)
    {
        const int setOpenFileLock = 37;
        var value = new FileLock { Type = type, Start = long.MaxValue - 1, Length = 1 };
        return Error(LibC.ControlLock(Descriptor, setOpenFileLock, &value));
    }

    private static int Open(string path, int flags, bool stepByStep, out LinuxFile? file)
    {
        file = null;
        var descriptor = -1;
        var error = LibC.NotImplemented;
        if (!stepByStep)
        {
            fixed (byte* name = FileStatus.ToUtf8(path))
            {
                const int openAt2 = 437; // the same on all architectures that .NET runs on
                const ulong noMagicLinks = 0x2, noSymbolicLinks = 0x4;
                var how = new OpenHow { Flags = (ulong)flags, Resolve = noSymbolicLinks | noMagicLinks };
                do
                {
                    descriptor = (int)LibC.OpenAt2(openAt2, LibC.AtCurrentDirectory, name, &how, (nuint)sizeof(OpenHow));
                    error = Error(descriptor);
                }
                while (error is LibC.Interrupted);
            }
        }

        // Kernels before 5.6 do not know it, and filters of system calls that do not know it forbid it.
        if (error is LibC.NotImplemented or LibC.NotPermitted)
        {
            error = OpenStepByStep(path, flags, out descriptor);
        }

        if (error != 0)
        {
            return error;
        }

        file = new LinuxFile(descriptor);
        return 0;
    }

    /// <summary>Opens one directory after the other, each without following a link.</summary>
    private static int OpenStepByStep(string path, int flags, out int descriptor)
    {
        // Two flags that differ by architecture (fcntl.h).
        var notFollowing = IsArm ? 0x8000 : 0x20000;
        descriptor = -1;
        var error = OpenAt(LibC.AtCurrentDirectory, "/", PathOnly | CloseOnExec, out var at);
        var directory = error == 0 ? new LinuxFile(at) : null;
        try
        {
            var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
            for (var i = 0; i < names.Length && error == 0; i++)
            {
                error = OpenAt(directory!.Descriptor, names[i], PathOnly | CloseOnExec | notFollowing, out at);
                if (error != 0)
                {
                    return error;
                }

                var next = new LinuxFile(at);
                error = next.ReadStatus(out var status);
                if (error == 0 && status.Kind == FileKind.SymbolicLink)
                {
                    error = LibC.TooManyLinks;
                }
                else if (error == 0 && i == names.Length - 1)
                {
                    // With O_NOFOLLOW, a link that took its place meanwhile is ELOOP; with O_PATH it is told by its status.
                    error = OpenAt(directory.Descriptor, names[i], flags | notFollowing, out descriptor);
                }

                directory.Dispose();
                directory = next;
            }

            return error != 0 ? error : descriptor < 0 ? LibC.IsADirectory : 0;
        }
        finally
        {
            directory?.Dispose();
        }
    }

    private static int OpenAt(int directory, string name, int flags, out int descriptor)
    {
        fixed (byte* path = FileStatus.ToUtf8(name))
        {
            int error;
            do
            {
                descriptor = LibC.OpenAt(directory, path, flags);
                error = Error(descriptor);
            }
            while (error == LibC.Interrupted);
            return error;
        }
    }

    private static int Error(nint result) => result < 0 ? Marshal.GetLastPInvokeError() : 0;

    private int Seek(long from, int whence, out long at)
    {
        at = LibC.Seek(Descriptor, from, whence);
        return at < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    private int Allocate(int mode, long offset, long length)
    {
        int error;
        while ((error = Error(LibC.Allocate(Descriptor, mode, offset, length))) == LibC.Interrupted)
        {
        }

        return error;
    }
}
