using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using static System.FormattableString;

namespace HealthKit;

/// <summary>
/// One walk over /proc: its buffers, and the reads it is made of. What is gone or forbidden is an answer, not an exception. A thread is
/// named by its directory below the root, as <c>/123</c> or <c>/123/task/124</c>.
/// </summary>
internal sealed unsafe class ProcScan(string root, CancellationToken ct)
{
    private const int CloseOnExec = 0x80000;

    // AT_…, statx(2): a server of files that hangs is not asked.
    private const int NoAutomount = 0x800, DoNotSync = 0x4000;
    private const uint InodeNumber = 0x100;

    private const int MaximumDescriptors = 1 << 20;

    // Bytes of text, some half a million mappings: far above the kernel's default limit of 65,530 (vm.max_map_count).
    private const int MaximumMappings = 64 << 20;

    private readonly byte[] _text = new byte[64 << 10];
    private readonly byte[] _path = new byte[LibC.PathMax];

    private static ReadOnlySpan<byte> DeletedMark => " (deleted)"u8;

    /// <summary>All processes.</summary>
    public IEnumerable<int> Processes() => Numbers("");

    /// <summary>Goes through the open descriptors of a process.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="visit">Takes the thread's directory and the descriptor; says whether it could be looked at.</param>
    /// <returns>Whether all could be looked at. A process that is gone has none.</returns>
    public bool VisitDescriptors(int pid, Func<string, int, bool> visit)
    {
        var process = Invariant($"/{pid}");
        var readable = VisitThread(process, visit, out var count);
        if (!readable || count > 0)
        {
            return readable;
        }

        // A first thread that has ended has no descriptors while the others go on with theirs.
        foreach (var thread in Numbers(process + "/task"))
        {
            if (thread != pid)
            {
                readable &= VisitThread(Invariant($"{process}/task/{thread}"), visit, out _);
            }
        }

        return readable;
    }

    /// <summary>Whether a descriptor is that file.</summary>
    /// <returns>Whether it could be looked at.</returns>
    public bool TryMatch(string thread, int descriptor, UnixFileId id, out bool same)
    {
        At(_path, $"{root}{thread}/fd/{descriptor}");
        var found = Identify(out var error);
        same = found == id;

        // A file server that lost the file (ESTALE) says nothing about this one.
        return found is not null || error is not (LibC.PermissionDenied or LibC.NotPermitted);
    }

    /// <summary>What can be done with a descriptor; nothing when it is closed by now.</summary>
    public FileUse UseOf(string thread, int descriptor)
    {
        At(_path, $"{root}{thread}/fdinfo/{descriptor}");
        var length = ReadText(out var error);
        if (length < 0 && IsGone(error))
        {
            return FileUse.None;
        }

        // What cannot be told is taken for the worst.
        return length >= 0 && OpenFiles.TryParseUse(_text.AsSpan(0, length), out var use) ? use : FileUse.Read | FileUse.Write;
    }

    /// <summary>The name that a descriptor's file had, if it is a regular file that has none any more, else null.</summary>
    /// <returns>Whether it could be looked at.</returns>
    public bool TryFindDeleted(string thread, int descriptor, out string? path, out FileStatus status)
    {
        At(_path, $"{root}{thread}/fd/{descriptor}");
        path = null;
        status = default;
        var link = ReadLink(out var error);

        // memfd_create(2) and System V shared memory look like deleted files, and are on no disk.
        if (!link.EndsWith(DeletedMark) || !link.StartsWith((byte)'/') || link.StartsWith("/memfd:"u8) || link.StartsWith("/SYSV"u8)
            || FileStatus.Read(_path, followLink: true, out status) != 0
            || status is not { Kind: FileKind.Regular, Links: 0 })
        {
            return error is not (LibC.PermissionDenied or LibC.NotPermitted);
        }

        path = Encoding.UTF8.GetString(link[..^DeletedMark.Length]);
        return true;
    }

    /// <summary>Adds what a process can do with a file that it has mapped: its descriptor may be closed since (mmap(2)).</summary>
    /// <returns>Whether its mappings could be read to the end.</returns>
    public bool TryFindMappings(int pid, UnixFileId id, ref FileUse uses)
    {
        At(_path, $"{root}/{pid}/maps");
        var descriptor = Open(out var error);
        if (descriptor < 0)
        {
            return IsGone(error);
        }

        try
        {
            var (held, total) = (0, 0);
            var skipping = false;
            while (total < MaximumMappings)
            {
                ct.ThrowIfCancellationRequested();
                var read = Read(descriptor, _text.AsSpan(held), out error);
                if (read <= 0)
                {
                    return read == 0 || IsGone(error);
                }

                total += read;
                held += read;
                var text = _text.AsSpan(0, held);
                for (int end; (end = text.IndexOf((byte)'\n')) >= 0; text = text[(end + 1)..])
                {
                    if (!skipping && OpenFiles.TryParseMapping(text[..end], out var range, out var use, out var mapped)
                        && mapped.Inode == id.Inode && (uses & use) != use && IsMapped(pid, range, mapped, id))
                    {
                        uses |= use;
                    }

                    skipping = false;
                }

                // A line longer than the buffer is none of the kernel's.
                skipping |= text.Length == _text.Length;
                held = skipping ? 0 : text.Length;
                text[..held].CopyTo(_text);
            }

            return false;
        }
        finally
        {
            _ = LibC.Close(descriptor);
        }
    }

    /// <summary>What a process calls itself, fit to be shown, or null.</summary>
    public string? NameOf(int pid)
    {
        At(_path, $"{root}/{pid}/comm");
        var length = ReadText(out _);
        if (length <= 0)
        {
            return null;
        }

        return ForeignText.Clean(Encoding.UTF8.GetString(_text.AsSpan(0, Math.Min(length, 64))).TrimEnd('\n'));
    }

    /// <summary>Whether a process that could not be looked into may have files open: threads of the kernel and the dead have none.</summary>
    public bool CanHoldFiles(int pid)
    {
        At(_path, $"{root}/{pid}/stat");
        var length = ReadText(out var error);
        if (length < 0)
        {
            return !IsGone(error);
        }

        // pid (name) state ppid pgrp session tty_nr tpgid flags …, and the name may hold anything (proc_pid_stat(5)).
        const uint kernelThread = 0x200000;
        ReadOnlySpan<byte> text = _text.AsSpan(0, length);
        var rest = text[(text.LastIndexOf((byte)')') + 1)..].TrimStart((byte)' ');
        for (var field = 3; field < 9 && !rest.IsEmpty; field++)
        {
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        }

        return !Utf8Parser.TryParse(rest, out uint flags, out _) || (flags & kernelThread) == 0;
    }

    /// <summary>Whether there may be processes that /proc does not list.</summary>
    public bool MayHideProcesses()
    {
        // PROC_PID_INIT_INO: the number that the kernel gives the first pid namespace.
        At(_path, $"{root}/self/ns/pid");
        if (!ReadLink(out _).SequenceEqual("pid:[4026531836]"u8))
        {
            return true;
        }

        if (OperatingSystem.IsWindows() || UnixFiles.EffectiveUser() == 0)
        {
            return false;
        }

        At(_path, $"{root}/self/mounts");
        var length = ReadText(out _);
        if (length < 0)
        {
            return true;
        }

        // One line a mount: device, mount point, type, options (proc_pid_mounts(5)).
        ReadOnlySpan<byte> text = _text.AsSpan(0, length);
        Span<byte> place = stackalloc byte[LibC.PathMax];
        if (!Utf8.TryWrite(place, $" {root} ", out var placeLength))
        {
            return true;
        }

        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (line.IndexOf(place[..placeLength]) > 0 && line.IndexOf("hidepid="u8) > 0
                && line.IndexOf("hidepid=0"u8) < 0 && line.IndexOf("hidepid=off"u8) < 0)
            {
                return true;
            }
        }

        return length == _text.Length; // a table that was not read to its end may say anything
    }

    private static bool IsGone(int error) => error is LibC.NotFound or LibC.NoSuchProcess or LibC.NotADirectory;

    private bool VisitThread(string thread, Func<string, int, bool> visit, out int count)
    {
        count = 0;
        var directory = OpenDirectory(thread + "/fd", out var error);
        if (directory == 0)
        {
            return IsGone(error);
        }

        try
        {
            while (TryReadNumber(directory, out var descriptor))
            {
                // Where the directory may be read and what stands in it not, one answer tells for all.
                if (++count > MaximumDescriptors || !visit(thread, descriptor))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            _ = LibC.CloseDirectory(directory);
        }
    }

    private IEnumerable<int> Numbers(string below)
    {
        var directory = OpenDirectory(below, out _);
        if (directory == 0)
        {
            yield break;
        }

        try
        {
            while (TryReadNumber(directory, out var number))
            {
                yield return number;
            }
        }
        finally
        {
            _ = LibC.CloseDirectory(directory);
        }
    }

    private nint OpenDirectory(string below, out int error)
    {
        At(_path, $"{root}{below}");
        fixed (byte* path = _path)
        {
            var directory = LibC.OpenDirectory(path);
            error = directory == 0 ? Marshal.GetLastPInvokeError() : 0;
            return directory;
        }
    }

    /// <summary>The next entry whose name is a number.</summary>
    private bool TryReadNumber(nint directory, out int number)
    {
        for (byte* entry; (entry = LibC.ReadDirectory(directory)) != null;)
        {
            ct.ThrowIfCancellationRequested();
            var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + LibC.NameInDirectoryEntry);
            if (Utf8Parser.TryParse(name, out number, out var length) && length == name.Length && number >= 0)
            {
                return true;
            }
        }

        number = 0;
        return false;
    }

    /// <summary>A mapping names the device of the file system below (btrfs, overlay before Linux 6.12): where it differs, the file itself is asked.</summary>
    private bool IsMapped(int pid, ReadOnlySpan<byte> range, UnixFileId mapped, UnixFileId id)
    {
        if (mapped == id)
        {
            return true;
        }

        At(_path, $"{root}/{pid}/map_files/{Encoding.ASCII.GetString(range)}");
        return Identify(out var error) is { } found ? found == id : !IsGone(error);
    }

    private UnixFileId? Identify(out int error)
    {
        StatX raw;
        error = 0;
        fixed (byte* path = _path)
        {
            try
            {
                if (LibC.GetStatX(LibC.AtCurrentDirectory, path, NoAutomount | DoNotSync, InodeNumber, &raw) == 0)
                {
                    return new UnixFileId(raw.DeviceMajor, raw.DeviceMinor, raw.Inode);
                }

                error = Marshal.GetLastPInvokeError();
            }
            catch (EntryPointNotFoundException)
            {
                error = LibC.NotPermitted; // a C library older than glibc 2.28: nothing can be told
            }

            return null;
        }
    }

    private ReadOnlySpan<byte> ReadLink(out int error)
    {
        fixed (byte* path = _path, text = _text)
        {
            var length = LibC.ReadLink(path, text, (nuint)_text.Length);
            error = length < 0 ? Marshal.GetLastPInvokeError() : 0;
            return length < 0 ? default : _text.AsSpan(0, (int)length);
        }
    }

    /// <summary>Reads a file as far as the buffer goes; -1 when it cannot be.</summary>
    private int ReadText(out int error)
    {
        var descriptor = Open(out error);
        if (descriptor < 0)
        {
            return -1;
        }

        try
        {
            var length = 0;
            while (length < _text.Length)
            {
                var read = Read(descriptor, _text.AsSpan(length), out error);
                if (read <= 0)
                {
                    return read < 0 ? -1 : length;
                }

                length += read;
            }

            return length;
        }
        finally
        {
            _ = LibC.Close(descriptor);
        }
    }

    private int Open(out int error)
    {
        fixed (byte* path = _path)
        {
            var descriptor = LibC.Open(path, CloseOnExec);
            error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
            return descriptor;
        }
    }

    private static int Read(int descriptor, Span<byte> buffer, out int error)
    {
        fixed (byte* text = buffer)
        {
            nint length;
            do
            {
                length = LibC.Read(descriptor, text, (nuint)buffer.Length);
                error = length < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
            while (error == LibC.Interrupted);
            return (int)length;
        }
    }

    /// <summary>Makes the path that is looked at next, with a zero byte at its end. One that does not fit leads nowhere.</summary>
    private static void At(Span<byte> path, [InterpolatedStringHandlerArgument(nameof(path))] ref Utf8.TryWriteInterpolatedStringHandler text)
    {
        path[Utf8.TryWrite(path, ref text, out var length) && length < path.Length ? length : 0] = 0;
    }
}
