using System.Runtime.InteropServices;
using System.Text;
using static System.FormattableString;

namespace HealthKit;

/// <summary>One cut of one log. 64-bit Linux only.</summary>
internal sealed class LogTrim(
    string path, LogTrimRequest request, string procRoot, Action<LogTrimMethod>? beforeChange, CancellationToken ct) : IDisposable
{
    // Magic numbers of file systems whose files nobody can have open on another machine, and that can collapse (statfs(2)).
    private const long Ext4 = 0xef53, Xfs = 0x58465342, F2Fs = 0xf2f52010, Overlay = 0x794c7630;

    // Above the largest cluster in use: mkfs.ext4 -C allows more, its own default is 64 KiB.
    private const long MaximumCluster = 16 << 20;

    private const int MaximumShown = 8;

    private readonly byte[] _buffer = new byte[64 << 10];
    private LinuxFile? _file;
    private FileStatus _before;
    private FileStatus _after;
    private FileHolders? _holders;
    private long _block;
    private byte[] _sample = [];

    // Where its first block is that is no hole, where its content begins, and the line that is to be the first.
    private long _data;
    private long _content;
    private long _line;

    private LinuxFile File => _file!;

    public void Dispose() => _file?.Dispose();

    public LogTrimResult Run()
    {
        if (Open() is { } refused)
        {
            return refused;
        }

        // Looked at twice: what a search misses because it came while the search was under way, the second sees.
        _holders = OpenFiles.Holders(_before.Id, ct, File.Descriptor, procRoot);
        if (FindLine() is { } nothing)
        {
            return nothing;
        }

        var why = WhyNotCollapse();
        if (request.DryRun)
        {
            return Foretell(why);
        }

        if (why is null)
        {
            _holders = OpenFiles.Holders(_before.Id, ct, File.Descriptor, procRoot);
            why = WhyNotCollapse();
        }

        ct.ThrowIfCancellationRequested();
        return (why is null ? TryCollapse(out why) : null) ?? PunchHole(why!);
    }

    /// <summary>Opens it and sees whether it is one to be cut.</summary>
    private LogTrimResult? Open()
    {
        var error = LinuxFile.Look(path, out var seen);
        if (error != 0)
        {
            return Refuse(TrimReasons.Of(error), error == LibC.TooManyLinks ? "A part of its path is a symbolic link." : Say("It cannot be reached", error));
        }

        _before = seen;
        if (Unfit(seen) is { } unfit)
        {
            return unfit;
        }

        error = LinuxFile.OpenToEdit(path, out _file);
        if (error != 0)
        {
            return Refuse(TrimReasons.Of(error), Say("It cannot be opened for writing", error));
        }

        error = File.ReadStatus(out var opened);
        if (error == 0)
        {
            error = File.ReadFileSystem(out var fileSystem);
            _block = fileSystem.BlockSize is >= 512 and <= MaximumCluster and var size && long.IsPow2(size) ? size : 4096;
        }

        if (error != 0)
        {
            return Refuse(TrimReasons.Failed, Say("It cannot be looked at", error));
        }

        if (opened.Id != seen.Id)
        {
            return Refuse(TrimReasons.Changed, "Another file took its place while it was opened.");
        }

        _before = opened;
        if (Unfit(opened) is { } changed)
        {
            return changed;
        }

        // Two who cut one log at once would each measure what the other moves.
        return File.TryLock() is LibC.TryAgain or LibC.PermissionDenied
            ? Refuse(TrimReasons.Busy, "It is being cut already, or somebody holds a lock of the whole file (fcntl(2)).")
            : null;
    }

    private LogTrimResult? Unfit(in FileStatus status) => status switch
    {
        { Kind: FileKind.SymbolicLink } => Refuse(TrimReasons.SymbolicLink, "It is a symbolic link."),
        { Kind: FileKind.Directory } => Refuse(TrimReasons.NotRegular, "It is a directory."),
        { Kind: not FileKind.Regular } => Refuse(TrimReasons.NotRegular, "It is a pipe, a device or a socket."),
        { Links: 0 } => Refuse(TrimReasons.Missing, "It is deleted."),
        { Links: > 1 } => Refuse(TrimReasons.HardLinks, Invariant($"It has {status.Links} names (hard links): who uses it by the others is not known.")),
        { IsImmutable: true } => Refuse(TrimReasons.Immutable, "It is immutable (chattr +i)."),
        { IsAppendOnly: true } => Refuse(TrimReasons.AppendOnly, "It is append-only (chattr +a): the system allows nothing but to add to it."),
        _ => null,
    };

    private LogTrimResult? FindLine()
    {
        var length = _before.Length;
        if (length <= request.KeepBytes)
        {
            return NothingToDo(Invariant($"It is no longer than what is to be kept: {GaugeAmount.Bytes(length)}."));
        }

        if (File.SeekData(0, out _data) != 0)
        {
            // ENXIO: all of it is a hole. What else is answered means that holes are not known here (lseek(2)).
            _data = _before.AllocatedBytes == 0 ? length : 0;
        }

        // What was cut before left zeros up to the line.
        _content = _data;
        if (_data > 0 && File.Read(_data, _buffer) is > 0 and var read)
        {
            _content += Math.Max(0, _buffer.AsSpan(0, read).IndexOfAnyExcept((byte)0));
        }

        if (length - _content <= request.KeepBytes)
        {
            // The head was given back before: only the hole itself can go.
            _line = _content;
            return WhyNotCollapse() is null && Collapsible(_block) > 0
                ? null
                : NothingToDo(Invariant($"Its head is a hole already, and what follows is no more than is to be kept: {GaugeAmount.Bytes(length - _content)}."));
        }

        if (!LineStart.TryFind(File.Read, _content, length, request.KeepBytes, ct, out _line, out var error))
        {
            return error != 0
                ? Refuse(TrimReasons.Of(error), Say("It cannot be read", error))
                : Refuse(TrimReasons.LongLine, Invariant(
                    $"No line begins within {GaugeAmount.Bytes(LineStart.MaximumLine)} around the place where it is to be cut, or the only one does."));
        }

        return _line - _line % _block <= _data
            ? NothingToDo(Invariant($"Less than a block of {GaugeAmount.Bytes(_block)} stands before the line at which it would be cut."))
            : null;
    }

    /// <summary>Why the rest of the file may not move, or null.</summary>
    private string? WhyNotCollapse()
    {
        if (File.ReadFileSystem(out var fileSystem) != 0 || fileSystem.Type is not (Ext4 or Xfs or F2Fs or Overlay))
        {
            return "its file system cannot take out a range, or does not tell who else has it open";
        }

        return _holders!.OnlyAppenders ? null : $"not everybody who may have it open only appends: {Describe(_holders)}";
    }

    /// <summary>Whether it is still the file that was measured.</summary>
    private LogTrimResult? FindChange()
    {
        if (FileStatus.Read(path, followLink: false, out var named) != 0 || named.Id != _before.Id)
        {
            return Refuse(TrimReasons.Changed, "Another file took its place meanwhile: it was rotated.");
        }

        if (File.ReadStatus(out var now) != 0 || now.Length < _before.Length || now.Links != 1)
        {
            return Refuse(TrimReasons.Changed, "Somebody else cut, linked or deleted it meanwhile.");
        }

        _before = now;
        var read = File.Read(_line, _buffer.AsSpan(0, (int)Math.Min(512, _before.Length - _line)));
        _sample = read > 0 ? _buffer[..read] : [];
        return null;
    }

    /// <summary>How much can be taken out in units of a size: never up to the end, which fallocate(2) refuses.</summary>
    private long Collapsible(long unit)
    {
        var cut = _line - _line % unit;
        return cut >= _before.Length ? cut - unit : cut;
    }

    private LogTrimResult? TryCollapse(out string? whyNot)
    {
        whyNot = null;
        var error = LibC.Invalid;
        var startsLine = false;
        long cut = 0, last = -1;

        // EINVAL: no multiple of the unit of allocation, which is larger than a block where ext4 has clusters (bigalloc).
        for (var unit = _block; unit <= MaximumCluster && error == LibC.Invalid; unit *= 2)
        {
            cut = Collapsible(unit);
            if (cut <= 0)
            {
                break;
            }

            if (cut == last)
            {
                continue;
            }

            last = cut;
            Span<byte> previous = [0];
            if (FindChange() is { } changed)
            {
                return changed;
            }

            startsLine = File.Read(cut - 1, previous) == 1 && previous[0] is (byte)'\n' or 0;
            beforeChange?.Invoke(LogTrimMethod.CollapseRange);
            error = File.Collapse(0, cut);
        }

        if (error != 0)
        {
            whyNot = Invariant($"its file system did not take out the range: {Words(error)}");
            return null;
        }

        var troubles = new List<(string Reason, string Text)>();
        var blanked = 0L;
        if (!Measure() || _after.Length < _before.Length - cut || !IsSampleAt(_line - cut))
        {
            troubles.Add((TrimReasons.Changed, "Somebody else cut it at the same time: what stands in it now was not checked."));
        }
        else
        {
            error = BlankPartialLine(_line - cut, startsLine, out blanked);
            if (error != 0)
            {
                troubles.Add((TrimReasons.PartialLine, Say("The rest of the line at the cut still stands at its head, it cannot be blanked", error)));
            }
        }

        // Cannot be ended any more: what was done has to be told.
        var after = OpenFiles.Holders(_before.Id, CancellationToken.None, File.Descriptor, procRoot);
        if (!after.OnlyAppenders)
        {
            troubles.Add((TrimReasons.OpenedMeanwhile,
                $"Meanwhile it was opened by somebody who does not only append, and may go on at a position that has moved: {Describe(after)}."));
        }

        var content = Math.Max(0, cut - _content) + blanked;
        return Done(
            LogTrimMethod.CollapseRange,
            Freed(cut, _before.Length - cut),
            content,
            Invariant($"{GaugeAmount.Bytes(cut)} were taken out of its head, {GaugeAmount.Bytes(content)} of them content."),
            troubles);
    }

    private bool IsSampleAt(long offset)
    {
        var read = File.Read(offset, _buffer.AsSpan(0, _sample.Length));
        return read == _sample.Length && _buffer.AsSpan(0, read).SequenceEqual(_sample);
    }

    /// <summary>
    /// Overwrites the rest of a line, or the zeros, at the head with spaces, the last with a newline: an empty line to every reader. Up to the
    /// start of the line that was looked for; whole lines before it stay. Its blocks are there, so it needs no space.
    /// </summary>
    private int BlankPartialLine(long line, bool startsLine, out long blanked)
    {
        blanked = 0;
        if (line == 0)
        {
            return 0;
        }

        // What is a hole cannot be written without space, and needs not be.
        if (File.SeekData(0, out var from) != 0)
        {
            from = 0;
        }

        var end = from;
        bool? zeros = null;
        for (var found = false; end < line && !found;)
        {
            var read = File.Read(end, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, line - end)));
            if (read <= 0)
            {
                return read < 0 ? -read : LibC.IoError;
            }

            ReadOnlySpan<byte> text = _buffer.AsSpan(0, read);
            zeros ??= text[0] == 0;
            if (startsLine && !zeros.Value)
            {
                return 0;
            }

            var at = zeros.Value ? text.IndexOfAnyExcept((byte)0) : text.IndexOf((byte)'\n') + 1;
            found = zeros.Value ? at >= 0 : at > 0;
            end += found ? at : read;
        }

        var spaces = _buffer;
        spaces.AsSpan().Fill((byte)' ');
        for (var at = from; at < end; at += spaces.Length)
        {
            var count = (int)Math.Min(spaces.Length, end - at);
            if (at + count == end)
            {
                spaces[count - 1] = (byte)'\n';
            }

            var error = File.Write(at, spaces.AsSpan(0, count));
            if (error != 0)
            {
                return error;
            }
        }

        blanked = zeros == false ? end - from : 0;
        return 0;
    }

    private LogTrimResult PunchHole(string why)
    {
        if (_line == _content)
        {
            return NothingToDo("Its head is a hole already.");
        }

        if (FindChange() is { } changed)
        {
            return changed;
        }

        beforeChange?.Invoke(LogTrimMethod.PunchHole);
        var error = File.PunchHole(0, _line);
        if (error == 0)
        {
            Measure();
            return Done(
                LogTrimMethod.PunchHole,
                Freed(_line, _before.Length),
                _line - _content,
                Invariant($"The space of its first {GaugeAmount.Bytes(_line)} was given back and reads as zeros, its length stays; {why}."),
                []);
        }

        return TrimReasons.Of(error) == TrimReasons.Unsupported && request.AllowCopyTail
            ? CopyTail()
            : Refuse(TrimReasons.Of(error), Say("The space of its head cannot be given back", error)
                + (TrimReasons.Of(error) == TrimReasons.Unsupported ? " What is left is to copy its tail, which loses what is written meanwhile and was not allowed." : ""));
    }

    private LogTrimResult CopyTail()
    {
        // A hole where the tail goes to would need space half way.
        if (File.SeekHole(0, out var hole) == 0 && hole < Math.Min(_line, _before.Length - _line))
        {
            return Refuse(TrimReasons.Unsupported, "Its file system cannot give space back, and there is a hole where its tail would be copied to.");
        }

        beforeChange?.Invoke(LogTrimMethod.CopyTail);
        long copied = 0, seen = _before.Length;

        // A writer that is as fast as this goes on to the end of time: as much again as was to be kept, and then it loses.
        var most = 2 * (_before.Length - _line) + (64 << 20);
        while (_line + copied < seen && copied < most)
        {
            var read = File.Read(_line + copied, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, seen - _line - copied)));
            var error = read <= 0 ? Math.Max(-read, 0) : File.Write(copied, _buffer.AsSpan(0, read));
            if (error != 0 || read <= 0)
            {
                return Troubled(error);
            }

            copied += read;
            if (_line + copied == seen)
            {
                if (File.ReadStatus(out var now) != 0 || now.Length < seen)
                {
                    return Troubled(0);
                }

                seen = now.Length;
            }
        }

        var cut = File.Truncate(copied);
        if (cut != 0)
        {
            return Troubled(cut);
        }

        Measure();

        var lost = seen - _line - copied;
        var holders = _holders!;
        var more = holders.UnreadableProcesses > 0 || holders.MayHideOthers || holders.Known.Any(holder => holder.Writes || holder.Appends);
        return Done(
            LogTrimMethod.CopyTail,
            Freed(_line, copied),
            _line - _content,
            Invariant($"Its last {GaugeAmount.Bytes(copied)} were copied to its head and the rest cut off.")
                + (more ? " What was written in that moment is lost." : ""),
            lost > 0 ? [(TrimReasons.Lost, Invariant($"{GaugeAmount.Bytes(lost)} that were written meanwhile are lost."))] : []) with
        {
            LostBytes = lost,
            MayHaveLostMore = more,
        };

        LogTrimResult Troubled(int error)
        {
            Measure();
            var problem = error == 0 ? "Somebody else cut it at the same time." : Say("It could not be finished", error);
            return Done(
                LogTrimMethod.CopyTail,
                freed: 0,
                content: 0,
                "",
                [(error == 0 ? TrimReasons.Changed : TrimReasons.Of(error), Invariant($"{problem} The first {copied} bytes are a copy of later lines, which stand there too."))]);
        }
    }

    private LogTrimResult Foretell(string? why)
    {
        var method = why is null ? LogTrimMethod.CollapseRange : LogTrimMethod.PunchHole;
        var cut = method == LogTrimMethod.CollapseRange ? Collapsible(_block) : _line;
        return Base() with
        {
            Method = method,
            Text = why is null
                ? Invariant($"{GaugeAmount.Bytes(cut)} would be taken out of its head, if its file system can do that; else they would become a hole.")
                : Invariant($"The space of its first {GaugeAmount.Bytes(cut)} would be given back, if its file system can do that; {why}."),
            CutBytes = _line - _content,
            FreedBytes = Math.Clamp(_line - _line % _block - _data, 0, _before.AllocatedBytes),
        };
    }

    /// <summary>Looks at it right behind the change, before writers fill the room again.</summary>
    private bool Measure()
    {
        if (File.ReadStatus(out var now) != 0)
        {
            _after = _before;
            return false;
        }

        _after = now;
        return true;
    }

    /// <summary>What came back: a writer that filled a part of it in the same moment has made the file longer by as much.</summary>
    private long Freed(long most, long expectedLength)
    {
        var added = Math.Max(0, _after.Length - expectedLength);
        return Math.Clamp(_before.AllocatedBytes - _after.AllocatedBytes + added - added % _block, 0, most);
    }

    private LogTrimResult Done(LogTrimMethod method, long freed, long content, string text, List<(string Reason, string Text)> troubles) =>
        Base() with
        {
            Method = method,
            CutBytes = content,
            LengthAfter = _after.Length,
            AllocatedAfter = _after.AllocatedBytes,
            FreedBytes = freed,
            Reason = troubles is [var first, ..] ? first.Reason : null,
            Text = string.Join(' ', troubles.Select(trouble => trouble.Text).Prepend(text)).Trim(),
        };

    private LogTrimResult NothingToDo(string text) => Refuse(TrimReasons.NothingToDo, text);

    private LogTrimResult Refuse(string reason, string text) => Base() with { Reason = reason, Text = text };

    private LogTrimResult Base() => new()
    {
        Path = path,
        Text = "",
        LengthBefore = _before.Length,
        LengthAfter = _before.Length,
        AllocatedBefore = _before.AllocatedBytes,
        AllocatedAfter = _before.AllocatedBytes,
        WasDryRun = request.DryRun,
        Holders = _holders is null ? null : Describe(_holders),
    };

    private static string Describe(FileHolders holders)
    {
        var text = new StringBuilder();
        foreach (var holder in holders.Known.Take(MaximumShown))
        {
            string[] uses =
            [
                .. holder.Appends ? ["appends"] : Array.Empty<string>(),
                .. holder.Writes ? ["writes at its own position"] : Array.Empty<string>(),
                .. holder.Reads ? ["reads"] : Array.Empty<string>(),
            ];
            Add(Invariant($"{holder.ProcessName ?? "a process"} (pid {holder.Pid}) {string.Join(" and ", uses)}"));
        }

        if (holders.Known.Count > MaximumShown)
        {
            Add(Invariant($"{holders.Known.Count - MaximumShown} more"));
        }

        if (holders.Known.Count == 0)
        {
            Add("nobody that can be seen");
        }

        if (holders.UnreadableProcesses > 0)
        {
            Add(holders.UnreadableProcesses == 1 ? "1 process could not be looked into" : Invariant($"{holders.UnreadableProcesses} processes could not be looked into"));
        }

        if (holders.MayHideOthers)
        {
            Add("processes outside of this container or of other users are not seen");
        }

        return text.ToString();

        void Add(string part) => text.Append(text.Length == 0 ? "" : "; ").Append(part);
    }

    private static string Say(string what, int error) => $"{what}: {Words(error)}.";

    private static string Words(int error) => Marshal.GetPInvokeErrorMessage(error);
}
