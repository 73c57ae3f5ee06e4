using System.Buffers.Text;

namespace HealthKit;

/// <summary>A process that has a file open or mapped.</summary>
/// <param name="Pid">Its id.</param>
/// <param name="ProcessName">What it calls itself (proc_pid_comm(5)): at most 15 bytes.</param>
/// <param name="Reads">It can read at a position of its own: open for reading, or mapped.</param>
/// <param name="Writes">It can write at a position of its own: open for writing without O_APPEND, or mapped shared and writable.</param>
/// <param name="Appends">It has the file open for writing with O_APPEND (open(2)): each write goes to the end, wherever that is.</param>
internal readonly record struct FileHolder(int Pid, string? ProcessName, bool Reads, bool Writes, bool Appends)
{
    /// <summary>All it can do is write at the end: it does not notice when what stands before is taken away.</summary>
    public bool OnlyAppends => Appends && !Reads && !Writes;
}

/// <summary>Who has a file open or mapped, as far as that can be seen.</summary>
/// <param name="Known">The processes that do, this one included, each once.</param>
/// <param name="UnreadableProcesses">How many processes could not be looked into: each may be one more.</param>
/// <param name="MayHideOthers">
/// There may be processes that are not even listed: this one is in a pid namespace of its own (a container), or /proc hides those of others.
/// </param>
internal sealed record FileHolders(IReadOnlyList<FileHolder> Known, int UnreadableProcesses, bool MayHideOthers)
{
    /// <summary>Everybody who has it open is known, and can do nothing but append.</summary>
    public bool OnlyAppenders => UnreadableProcesses == 0 && !MayHideOthers && Known.All(holder => holder.OnlyAppends);
}

/// <summary>A deleted file that a process still has open: its space comes back when the last one closes it.</summary>
/// <param name="Pid">The process.</param>
/// <param name="ProcessName">What it calls itself.</param>
/// <param name="Path">What the file was called.</param>
/// <param name="Id">Which file it is.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="AllocatedBytes">What it occupies.</param>
/// <param name="Writes">Whether the process has it open for writing, or that cannot be told.</param>
internal readonly record struct DeletedOpenFile(
    int Pid, string? ProcessName, string Path, UnixFileId Id, long Length, long AllocatedBytes, bool Writes);

/// <summary>The deleted files that are still open, as far as that can be seen.</summary>
/// <param name="Files">Each file once for each process.</param>
/// <param name="UnreadableProcesses">How many processes could not be looked into.</param>
internal sealed record DeletedOpenFiles(IReadOnlyList<DeletedOpenFile> Files, int UnreadableProcesses);

/// <summary>
/// Which process has which file open (proc_pid_fd(5), proc_pid_fdinfo(5), proc_pid_maps(5)). Processes come and go meanwhile: what is gone is
/// left out. Not seen, because no list of the kernel has it: files that are only in an io_uring or on their way through a socket, files that
/// the kernel itself uses (loop devices, an NFS server), and descriptors of a thread that shares none with its process (unshare(2),
/// CLONE_FILES). Throws nothing but <see cref="OperationCanceledException"/>. 64-bit Linux only: elsewhere nothing is known.
/// </summary>
internal static class OpenFiles
{
    private static bool IsSupported => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Who has a file open or mapped.</summary>
    /// <param name="id">The file.</param>
    /// <param name="ct">Ends the search.</param>
    /// <param name="exceptOwn">A descriptor of this process that does not count.</param>
    /// <param name="procRoot">Where the kernel's files are.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static FileHolders Holders(UnixFileId id, CancellationToken ct, int exceptOwn = -1, string procRoot = "/proc")
    {
        if (!IsSupported)
        {
            return new FileHolders([], 0, MayHideOthers: true);
        }

        var scan = new ProcScan(procRoot, ct);
        List<FileHolder> known = [];
        var unreadable = 0;
        var any = false;
        foreach (var pid in scan.Processes())
        {
            any = true;
            var uses = FileUse.None;
            var complete = scan.VisitDescriptors(pid, (thread, fd) =>
            {
                var readable = scan.TryMatch(thread, fd, id, out var same);
                if (same && (pid != Environment.ProcessId || fd != exceptOwn))
                {
                    uses |= scan.UseOf(thread, fd);
                }

                return readable;
            });
            complete &= scan.TryFindMappings(pid, id, ref uses);
            if (uses != FileUse.None)
            {
                known.Add(new FileHolder(
                    pid, scan.NameOf(pid), uses.HasFlag(FileUse.Read), uses.HasFlag(FileUse.Write), uses.HasFlag(FileUse.Append)));
            }

            if (!complete && scan.CanHoldFiles(pid))
            {
                unreadable++;
            }
        }

        return new FileHolders(known, unreadable, !any || scan.MayHideProcesses());
    }

    /// <summary>The deleted files that processes still have open. Reads a link for each open file, and looks closer at candidates only.</summary>
    /// <param name="ownProcessOnly">Looks at this process alone.</param>
    /// <param name="ct">Ends the search.</param>
    /// <param name="procRoot">Where the kernel's files are.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static DeletedOpenFiles Deleted(bool ownProcessOnly, CancellationToken ct, string procRoot = "/proc")
    {
        if (!IsSupported)
        {
            return new DeletedOpenFiles([], 0);
        }

        var scan = new ProcScan(procRoot, ct);
        List<DeletedOpenFile> files = [];
        Dictionary<UnixFileId, int> seen = [];
        var unreadable = 0;
        foreach (var pid in ownProcessOnly ? [Environment.ProcessId] : scan.Processes())
        {
            seen.Clear();
            string? name = null;
            var complete = scan.VisitDescriptors(pid, (thread, fd) =>
            {
                var readable = scan.TryFindDeleted(thread, fd, out var path, out var status);
                if (path is not null)
                {
                    var writes = (scan.UseOf(thread, fd) & (FileUse.Write | FileUse.Append)) != 0;
                    if (seen.TryAdd(status.Id, files.Count))
                    {
                        files.Add(new DeletedOpenFile(pid, name ??= scan.NameOf(pid), path, status.Id, status.Length, status.AllocatedBytes, writes));
                    }
                    else if (writes)
                    {
                        files[seen[status.Id]] = files[seen[status.Id]] with { Writes = true };
                    }
                }

                return readable;
            });
            if (!complete && scan.CanHoldFiles(pid))
            {
                unreadable++;
            }
        }

        return new DeletedOpenFiles(files, unreadable);
    }

    /// <summary>What a descriptor can do, by what the kernel says of it: <c>flags:</c> and octal digits.</summary>
    /// <returns>Whether it says so.</returns>
    internal static bool TryParseUse(ReadOnlySpan<byte> fdinfo, out FileUse use)
    {
        const long accessMode = 3, readOnly = 0, writeOnly = 1, append = 0x400, pathOnly = 0x200000;
        use = FileUse.None;
        foreach (var range in fdinfo.Split((byte)'\n'))
        {
            var line = fdinfo[range];
            if (!line.StartsWith("flags:"u8))
            {
                continue;
            }

            var digits = line["flags:"u8.Length..].Trim(" \t"u8);
            long flags = 0;
            if (digits.Length is 0 or > 15)
            {
                return false;
            }

            foreach (var digit in digits)
            {
                if (digit is < (byte)'0' or > (byte)'7')
                {
                    return false;
                }

                flags = (flags << 3) | (uint)(digit - '0');
            }

            if ((flags & pathOnly) == 0)
            {
                var mode = flags & accessMode;
                use = (mode == writeOnly ? FileUse.None : FileUse.Read)
                    | (mode == readOnly ? FileUse.None : (flags & append) != 0 ? FileUse.Append : FileUse.Write);
            }

            return true;
        }

        return false;
    }

    /// <summary>
    /// A line of a process's maps: <c>7f0a-7f0b rw-s 00000000 08:01 1234   /var/log/app.log</c>.
    /// </summary>
    internal static bool TryParseMapping(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> range, out FileUse use, out UnixFileId id)
    {
        use = FileUse.None;
        id = default;
        range = Take(ref line);
        var rights = Take(ref line);
        _ = Take(ref line); // where in the file it begins
        var device = Take(ref line);
        var inode = Take(ref line);
        var colon = device.IndexOf((byte)':');
        if (rights.Length != 4 || colon <= 0 || range.IndexOf((byte)'-') <= 0
            || !Utf8Parser.TryParse(device[..colon], out uint major, out var majorLength, 'x') || majorLength != colon
            || !Utf8Parser.TryParse(device[(colon + 1)..], out uint minor, out var minorLength, 'x') || minorLength != device.Length - colon - 1
            || !Utf8Parser.TryParse(inode, out ulong number, out var inodeLength) || inodeLength != inode.Length)
        {
            return false;
        }

        id = new UnixFileId(major, minor, number);
        use = rights[1] == (byte)'w' && rights[3] == (byte)'s' ? FileUse.Read | FileUse.Write : FileUse.Read;
        return true;

        static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> rest)
        {
            rest = rest.TrimStart((byte)' ');
            var end = rest.IndexOf((byte)' ');
            var field = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[end..];
            return field;
        }
    }
}

/// <summary>What somebody can do with a file that he has open.</summary>
[Flags]
internal enum FileUse
{
    None = 0,

    /// <summary>Read at a position of his own.</summary>
    Read = 1,

    /// <summary>Write at a position of his own.</summary>
    Write = 2,

    /// <summary>Write at the end.</summary>
    Append = 4,
}
