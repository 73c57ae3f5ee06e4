using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HealthKit;

/// <summary>
/// A walk by getdents64(2), statx(2) and openat(2), each relative to the directory above: no path is ever too long, and no link put in the
/// way while it walks leads it astray. A directory is read to its end before those in it are entered, so that one buffer serves all.
/// </summary>
internal sealed unsafe class LinuxDirectoryWalk : IDisposable
{
    private const int BufferBytes = 1 << 16;

    /// <summary>So many levels stay open; those above are opened again when the walk comes back to them.</summary>
    private const int OpenLevels = 32;

    /// <summary>What the walk may remember: names of directories not entered yet, and files that have more names than one.</summary>
    private const int MaxPendingBytes = 32 << 20;
    private const int MaxLinkedFiles = 1_000_000;

    private const int EntriesBetweenLooksAtTheClock = 32;
    private const int TypeOffset = 18;
    private const int NameOffset = 19;
    private const int MaxNameBytes = 4096;
    private const byte UnknownType = 0;
    private const byte DirectoryType = 4;

    private readonly WalkRules _rules;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cancellationToken;
    private readonly long _start;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private readonly DirectoryTally _tally = new();
    private readonly HashSet<UnixFileId> _linked = [];

    // The directories from the first one down to where the walk is. A level's path is the beginning of _path.
    private Level[] _levels = new Level[16];
    private int _depth;
    private byte[] _path = new byte[1024];

    // Names of directories that are still to be entered, each with a zero byte; those of a level lie behind those of the level above.
    private byte[] _pending = new byte[1024];
    private int _pendingEnd;

    private (long Bytes, long Files) _beforeChild;
    private int _sinceClock;
    private bool _stopped;

    public LinuxDirectoryWalk(WalkRules rules, TimeProvider time, CancellationToken cancellationToken)
    {
        _rules = rules;
        _time = time;
        _cancellationToken = cancellationToken;
        _start = time.GetTimestamp();
    }

    private ref Level Deepest => ref _levels[_depth - 1];

    private ReadOnlySpan<byte> DeepestPath => _path.AsSpan(0, Deepest.PathEnd);

    public DirectoryFigures Run(byte[] utf8Path)
    {
        int descriptor;
        int error;
        fixed (byte* path = utf8Path)
        {
            descriptor = DirectoryCalls.Open(LibC.AtCurrentDirectory, path, followLink: true, out error);
        }

        if (descriptor < 0)
        {
            return new DirectoryFigures { Error = error };
        }

        _levels[0] = new Level { Descriptor = descriptor };
        _depth = 1;
        if (Look(descriptor, out var raw) is var failed and not 0)
        {
            return new DirectoryFigures { Error = failed };
        }

        _levels[0].Id = IdOf(raw);
        AddDirectoryBytes(raw);
        if (ReadDeepest() is var unread and not 0)
        {
            return new DirectoryFigures { Error = unread };
        }

        Descend();
        return _tally.Finish(_levels[0].Id, _stopped, _time.GetElapsedTime(_start));
    }

    public void Dispose()
    {
        for (var i = 0; i < _depth; i++)
        {
            if (_levels[i].Descriptor >= 0)
            {
                _ = DirectoryCalls.Close(_levels[i].Descriptor);
            }
        }

        _depth = 0;
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private void Descend()
    {
        while (_depth > 1 || Deepest.PendingNext < Deepest.PendingEnd)
        {
            if (_stopped)
            {
                // The child where it stopped counts with what was seen of it.
                EndChild();
                return;
            }

            if (Deepest.PendingNext == Deepest.PendingEnd)
            {
                LeaveDeepest();
            }
            else
            {
                EnterNext();
            }
        }
    }

    private void LeaveDeepest()
    {
        EndChild();
        _pendingEnd = Deepest.PendingStart;
        if (Deepest.Descriptor >= 0)
        {
            _ = DirectoryCalls.Close(Deepest.Descriptor);
        }

        _depth--;
    }

    private void EndChild()
    {
        // Only where the deepest one is a direct child, or the walk stopped somewhere below one.
        if (_depth == 2 || (_depth > 2 && _stopped))
        {
            var name = _path.AsSpan(1, _levels[1].PathEnd - 1);
            _tally.AddChild(name, _tally.AllocatedBytes - _beforeChild.Bytes, _tally.Files - _beforeChild.Files, isDirectory: true);
        }
    }

    [SkipLocalsInit]
    private void EnterNext()
    {
        if (IsTimeUp())
        {
            return;
        }

        ref var parent = ref Deepest;
        var name = _pending.AsSpan(parent.PendingNext);
        name = name[..name.IndexOf((byte)0)];
        parent.PendingNext += name.Length + 1;
        var before = (_tally.AllocatedBytes, _tally.Files);
        int descriptor;
        int error;
        UnixFileId id;
        fixed (byte* zeroTerminated = name)
        {
            if (parent.Descriptor < 0 && Reopen(out error) < 0)
            {
                // Nor will the others that wait there be found.
                parent.PendingNext = parent.PendingEnd;
                AddUnread(name, error);
                return;
            }

            StatX raw;
            if (LibC.GetStatX(
                parent.Descriptor, zeroTerminated, DirectoryCalls.LookAtItself | DirectoryCalls.DoNotSync, DirectoryCalls.WalkStats, &raw) != 0)
            {
                AddUnread(name, Marshal.GetLastPInvokeError());
                return;
            }

            id = IdOf(raw);
            if ((raw.Mode & 0xf000) != 0x4000)
            {
                return; // It was removed, and its name is another's now.
            }

            if (IsElsewhere(parent.Id, raw) && (!_rules.CrossFileSystems || IsAbove(id)))
            {
                _tally.OtherFileSystems++;
                return;
            }

            _tally.Directories++;
            AddDirectoryBytes(raw);
            descriptor = DirectoryCalls.Open(parent.Descriptor, zeroTerminated, followLink: false, out error);
        }

        if (descriptor < 0)
        {
            AddUnread(name, error);
            if (_depth == 1)
            {
                _tally.AddChild(name, _tally.AllocatedBytes - before.AllocatedBytes, 0, isDirectory: true);
            }

            return;
        }

        if (_depth == 1)
        {
            _beforeChild = before;
        }

        Push(descriptor, id, name);
        if (ReadDeepest() is var unread and not 0)
        {
            // Said by the name of the directory itself.
            var at = DeepestPath.LastIndexOf((byte)'/');
            AddUnread(DeepestPath[(at + 1)..], unread, DeepestPath[..at]);
        }
    }

    private void Push(int descriptor, UnixFileId id, ReadOnlySpan<byte> name)
    {
        var pathEnd = Deepest.PathEnd + 1 + name.Length;
        Grow(ref _path, pathEnd);
        _path[Deepest.PathEnd] = (byte)'/';
        name.CopyTo(_path.AsSpan(Deepest.PathEnd + 1));
        if (_depth == _levels.Length)
        {
            Array.Resize(ref _levels, 2 * _depth);
        }

        _levels[_depth++] = new Level
        {
            Descriptor = descriptor,
            Id = id,
            PathEnd = pathEnd,
            PendingStart = _pendingEnd,
            PendingNext = _pendingEnd,
            PendingEnd = _pendingEnd,
        };

        // The first one stays open: from there the way down is found again.
        CloseLevel(_depth - 1 - OpenLevels);
    }

    private void CloseLevel(int level)
    {
        if (level > 0 && _levels[level].Descriptor >= 0)
        {
            _ = DirectoryCalls.Close(_levels[level].Descriptor);
            _levels[level].Descriptor = -1;
        }
    }

    /// <summary>
    /// Opens the deepest level anew, name by name from the nearest one above that is open, and leaves those just above it open as well: the
    /// walk will come to them next.
    /// </summary>
    /// <returns>Its descriptor, or -1 and the error.</returns>
    private int Reopen(out int error)
    {
        var level = _depth - 1;
        while (_levels[level].Descriptor < 0)
        {
            level--;
        }

        error = 0;
        Span<byte> name = stackalloc byte[MaxNameBytes];
        for (level++; level < _depth; level++)
        {
            var segment = _path.AsSpan(_levels[level - 1].PathEnd + 1, _levels[level].PathEnd - _levels[level - 1].PathEnd - 1);
            if (segment.Length >= MaxNameBytes)
            {
                error = LibC.NotFound;
                return -1;
            }

            segment.CopyTo(name);
            name[segment.Length] = 0;
            int descriptor;
            fixed (byte* zeroTerminated = name)
            {
                descriptor = DirectoryCalls.Open(_levels[level - 1].Descriptor, zeroTerminated, followLink: false, out error);
            }

            if (descriptor < 0)
            {
                return -1;
            }

            _levels[level].Descriptor = descriptor;
            CloseLevel(level - OpenLevels);
            error = Look(descriptor, out var raw);
            if (error == 0 && IdOf(raw) != _levels[level].Id)
            {
                // Another directory has its name now: the one that was here is gone.
                error = LibC.NotFound;
            }

            if (error != 0)
            {
                CloseLevel(level);
                return -1;
            }
        }

        return Deepest.Descriptor;
    }

    /// <summary>Reads all entries of the deepest level.</summary>
    /// <returns>0, or the number of errno(3).</returns>
    private int ReadDeepest()
    {
        var descriptor = Deepest.Descriptor;
        fixed (byte* buffer = _buffer)
        {
            while (!IsTimeUp())
            {
                var length = DirectoryCalls.ReadEntries(descriptor, buffer, BufferBytes, out var error);
                if (length <= 0)
                {
                    Deepest.PendingEnd = _pendingEnd;
                    return error;
                }

                for (var at = 0; at < length && !_stopped;)
                {
                    var entry = buffer + at;
                    at += *(ushort*)(entry + 16);
                    AddEntry(descriptor, entry[TypeOffset], entry + NameOffset);
                }
            }
        }

        Deepest.PendingEnd = _pendingEnd;
        return 0;
    }

    [SkipLocalsInit]
    private void AddEntry(int directory, byte type, byte* zeroTerminated)
    {
        if (zeroTerminated[0] == '.' && (zeroTerminated[1] == 0 || (zeroTerminated[1] == '.' && zeroTerminated[2] == 0)))
        {
            return;
        }

        if (++_sinceClock >= EntriesBetweenLooksAtTheClock && IsTimeUp())
        {
            return;
        }

        var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(zeroTerminated);
        if (type == DirectoryType)
        {
            AddDirectory(name);
            return;
        }

        var counts = _rules.Pattern?.Matches(name) ?? true;
        if (!counts && type != UnknownType)
        {
            return;
        }

        StatX raw;
        if (LibC.GetStatX(directory, zeroTerminated, DirectoryCalls.LookAtItself, DirectoryCalls.WalkStats, &raw) != 0)
        {
            if (AddUnread(name, Marshal.GetLastPInvokeError()) && type != UnknownType)
            {
                _tally.AddNameOnly();
            }

            return;
        }

        if ((raw.Mode & 0xf000) == 0x4000)
        {
            AddDirectory(name);
        }
        else if (counts)
        {
            AddFile(name, raw);
        }
    }

    private void AddFile(ReadOnlySpan<byte> name, in StatX raw)
    {
        var (length, allocated) = ((long)Math.Min(raw.Size, long.MaxValue), BytesOf(raw));
        if (raw.Links > 1)
        {
            if (_linked.Count == MaxLinkedFiles)
            {
                _stopped = true;
                return;
            }

            if (!_linked.Add(IdOf(raw)))
            {
                (length, allocated) = (0, 0);
            }
        }

        _tally.AddFile(DeepestPath, name, TicksOf(raw), length, allocated);
        if (_depth == 1)
        {
            _tally.AddChild(name, allocated, 1, isDirectory: false);
        }
    }

    private void AddDirectory(ReadOnlySpan<byte> name)
    {
        if (!_rules.Recursive)
        {
            _tally.Directories++;
            return;
        }

        if (_pendingEnd + name.Length + 1 > MaxPendingBytes)
        {
            _stopped = true;
            return;
        }

        Grow(ref _pending, _pendingEnd + name.Length + 1);
        name.CopyTo(_pending.AsSpan(_pendingEnd));
        _pendingEnd += name.Length;
        _pending[_pendingEnd++] = 0;
    }

    /// <summary>Directories are counted as du(1) does; with a pattern it is files that are asked for.</summary>
    private void AddDirectoryBytes(in StatX raw) => _tally.AllocatedBytes += _rules.Pattern is null ? BytesOf(raw) : 0;

    private bool AddUnread(ReadOnlySpan<byte> name, int error) => AddUnread(name, error, DeepestPath);

    /// <summary>Counts what could not be read. What has vanished meanwhile is no fault.</summary>
    private bool AddUnread(ReadOnlySpan<byte> name, int error, ReadOnlySpan<byte> directory)
    {
        if (error is LibC.NotFound or LibC.NotADirectory or DirectoryCalls.Loop or DirectoryCalls.Stale)
        {
            return false;
        }

        _tally.AddUnreadable(directory, name, error);
        return true;
    }

    private bool IsTimeUp()
    {
        _sinceClock = 0;
        _cancellationToken.ThrowIfCancellationRequested();
        _stopped |= _time.GetElapsedTime(_start) >= _rules.MaxTime;
        return _stopped;
    }

    /// <summary>Whether something is mounted there: another device, or a part of the same one.</summary>
    private static bool IsElsewhere(UnixFileId parent, in StatX raw) =>
        raw.DeviceMajor != parent.DeviceMajor || raw.DeviceMinor != parent.DeviceMinor || (raw.Attributes & DirectoryCalls.MountRoot) != 0;

    /// <summary>Whether the walk is inside that directory: a mount may show one within itself.</summary>
    private bool IsAbove(UnixFileId id)
    {
        for (var i = 0; i < _depth; i++)
        {
            if (_levels[i].Id == id)
            {
                return true;
            }
        }

        return false;
    }

    [SkipLocalsInit]
    private static int Look(int descriptor, out StatX raw)
    {
        byte empty = 0;
        fixed (StatX* result = &raw)
        {
            return LibC.GetStatX(descriptor, &empty, DirectoryCalls.EmptyPath, DirectoryCalls.WalkStats, result) == 0
                ? 0
                : Marshal.GetLastPInvokeError();
        }
    }

    private static UnixFileId IdOf(in StatX raw) => new(raw.DeviceMajor, raw.DeviceMinor, raw.Inode);

    private static long BytesOf(in StatX raw) => (long)Math.Min(raw.Blocks, long.MaxValue / 512) * 512;

    /// <summary>Anything may stand in a broken inode; what .NET cannot hold is its nearest end.</summary>
    private static long TicksOf(in StatX raw) => DateTime.UnixEpoch.Ticks
        + (Math.Clamp(raw.ModifiedSeconds, -62_135_596_800, 253_402_300_798) * TimeSpan.TicksPerSecond)
        + (Math.Min(raw.ModifiedNanoseconds, 999_999_999) / TimeSpan.NanosecondsPerTick);

    private static void Grow(ref byte[] bytes, int needed)
    {
        if (bytes.Length < needed)
        {
            Array.Resize(ref bytes, Math.Max(needed, 2 * bytes.Length));
        }
    }

    /// <summary>A directory that the walk is in.</summary>
    private struct Level
    {
        /// <summary>-1 while it is closed.</summary>
        public int Descriptor;

        public UnixFileId Id;
        public int PathEnd;
        public int PendingStart;
        public int PendingNext;
        public int PendingEnd;
    }
}
