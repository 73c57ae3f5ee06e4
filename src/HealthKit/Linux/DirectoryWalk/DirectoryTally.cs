using System.Runtime.InteropServices;

namespace HealthKit;

/// <summary>Adds up what a walk meets. Names stay bytes until the walk is over, so that a file costs no allocation.</summary>
internal sealed class DirectoryTally
{
    private const int Children = 5;

    private readonly Remembered _oldest = new();
    private readonly Remembered _newest = new();
    private readonly Remembered _mostFiles = new();
    private readonly Remembered[] _largest = [new(), new(), new(), new(), new()];
    private int _largestCount;
    private string? _firstUnreadable;

    public long Files { get; private set; }

    public long Directories { get; set; }

    public long AllocatedBytes { get; set; }

    public long OtherFileSystems { get; set; }

    private long LengthBytes { get; set; }

    private long Unreadable { get; set; }

    /// <param name="directory">The path of its directory below the first one: empty, or with a slash before each name.</param>
    /// <param name="name">Its name.</param>
    /// <param name="modifiedAt">UTC, in ticks since the year 1.</param>
    /// <param name="length">Its length; 0 when it was counted under another name.</param>
    /// <param name="allocated">What it occupies; the same.</param>
    public void AddFile(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name, long modifiedAt, long length, long allocated)
    {
        Files++;
        LengthBytes += length;
        AllocatedBytes += allocated;
        if (modifiedAt < _oldest.Value || !_oldest.IsSet)
        {
            _oldest.Set(directory, name, modifiedAt);
        }

        if (modifiedAt > _newest.Value || !_newest.IsSet)
        {
            _newest.Set(directory, name, modifiedAt);
        }
    }

    /// <summary>Counts a file of which nothing but its name is known.</summary>
    public void AddNameOnly() => Files++;

    public void AddUnreadable(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name, int error)
    {
        Unreadable++;
        _firstUnreadable ??= $"{DirectoryWalk.Show([.. directory.TrimStart((byte)'/'), .. directory.IsEmpty ? ""u8 : "/"u8, .. name])}: "
            + Marshal.GetPInvokeErrorMessage(error);
    }

    /// <summary>Takes note of a direct child once all of it is known.</summary>
    public void AddChild(ReadOnlySpan<byte> name, long bytes, long files, bool isDirectory)
    {
        if (isDirectory && files > _mostFiles.Files)
        {
            _mostFiles.Set([], name, bytes, files);
        }

        if (bytes <= 0 || (_largestCount == Children && bytes <= _largest[^1].Value))
        {
            return;
        }

        // The smallest makes room, or a free place is taken; then up to where it belongs.
        var place = _largestCount < Children ? _largestCount++ : Children - 1;
        var entry = _largest[place];
        entry.Set([], name, bytes, files);
        for (; place > 0 && _largest[place - 1].Value < bytes; place--)
        {
            _largest[place] = _largest[place - 1];
        }

        _largest[place] = entry;
    }

    public DirectoryFigures Finish(UnixFileId id, bool stoppedEarly, TimeSpan duration) => new()
    {
        Id = id,
        Files = Files,
        Directories = Directories,
        AllocatedBytes = AllocatedBytes,
        LengthBytes = LengthBytes,
        Oldest = _oldest.ToFile(),
        Newest = _newest.ToFile(),
        Largest = [.. _largest.Take(_largestCount).Select(child => child.ToChild()!)],
        MostFiles = _mostFiles.ToChild(),
        Unreadable = Unreadable,
        FirstUnreadable = _firstUnreadable,
        OtherFileSystems = OtherFileSystems,
        StoppedEarly = stoppedEarly,
        Duration = duration,
    };

    /// <summary>A path and its figures, in memory that is used again.</summary>
    private sealed class Remembered
    {
        private byte[] _path = new byte[256];
        private int _length;

        public bool IsSet { get; private set; }

        /// <summary>A time or a size.</summary>
        public long Value { get; private set; }

        public long Files { get; private set; }

        public void Set(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name, long value, long files = 0)
        {
            directory = directory.TrimStart((byte)'/');
            var needed = directory.Length + 1 + name.Length;
            if (_path.Length < needed)
            {
                _path = new byte[2 * needed];
            }

            directory.CopyTo(_path);
            _length = directory.Length;
            if (_length > 0)
            {
                _path[_length++] = (byte)'/';
            }

            name.CopyTo(_path.AsSpan(_length));
            _length += name.Length;
            (IsSet, Value, Files) = (true, value, files);
        }

        public FoundFile? ToFile() => IsSet ? new FoundFile(Show(), new DateTimeOffset(Value, TimeSpan.Zero)) : null;

        public FoundChild? ToChild() => IsSet ? new FoundChild(Show(), Value, Files) : null;

        private string Show() => DirectoryWalk.Show(_path.AsSpan(0, _length));
    }
}
