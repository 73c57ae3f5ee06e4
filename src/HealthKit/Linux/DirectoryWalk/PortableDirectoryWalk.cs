using System.IO.Enumeration;
using System.Text;

namespace HealthKit;

/// <summary>
/// A walk by the base class library, for systems other than Linux: a file's length stands for what it occupies, every name counts in full,
/// and what is mounted below is told only where it is a reparse point (Windows).
/// </summary>
internal sealed class PortableDirectoryWalk : FileSystemEnumerator<bool>
{
    private const int EntriesBetweenLooksAtTheClock = 32;

    private readonly WalkRules _rules;
    private readonly DirectoryTally _tally = new();
    private readonly Dictionary<string, (long Bytes, long Files)> _children = [];
    private readonly Dictionary<string, (long Bytes, long Files)>.AlternateLookup<ReadOnlySpan<char>> _childByName;

    private bool _isOpen;

    private PortableDirectoryWalk(string path, WalkRules rules)
        : base(path, new EnumerationOptions
        {
            RecurseSubdirectories = rules.Recursive,
            IgnoreInaccessible = false,
            AttributesToSkip = FileAttributes.None,
        })
    {
        _rules = rules;
        _isOpen = true;
        _childByName = _children.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static DirectoryFigures Run(string path, WalkRules rules, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        try
        {
            using var walk = new PortableDirectoryWalk(path, rules);
            var stopped = false;
            for (var entries = 1; !stopped && walk.MoveNext(); entries++)
            {
                if (entries % EntriesBetweenLooksAtTheClock == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    stopped = time.GetElapsedTime(start) >= rules.MaxTime;
                }
            }

            foreach (var (name, (bytes, files)) in walk._children)
            {
                walk._tally.AddChild(Encoding.UTF8.GetBytes(name), bytes, files, isDirectory: true);
            }

            return walk._tally.Finish(default, stopped, time.GetElapsedTime(start));
        }
        catch (DirectoryNotFoundException)
        {
            return new DirectoryFigures { Error = LibC.NotFound };
        }
        catch (UnauthorizedAccessException)
        {
            return new DirectoryFigures { Error = LibC.PermissionDenied };
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            return new DirectoryFigures { Error = LibC.IoError };
        }
    }

    protected override bool TransformEntry(ref FileSystemEntry entry)
    {
        var below = entry.Directory[entry.RootDirectory.Length..].TrimStart(Path.DirectorySeparatorChar);
        var isDirectory = entry.IsDirectory && !IsLink(ref entry);
        if (isDirectory)
        {
            _tally.Directories++;
            if (below.IsEmpty && _rules.Recursive)
            {
                _children.TryAdd(entry.FileName.ToString(), default);
            }

            return true;
        }

        var name = Utf8(entry.FileName);
        if (_rules.Pattern?.Matches(name) == false)
        {
            return true;
        }

        // What has vanished meanwhile has no time.
        var (length, modifiedAt) = (entry.IsDirectory ? 0 : entry.Length, entry.LastWriteTimeUtc);
        if (modifiedAt == DateTimeOffset.FromFileTime(0))
        {
            return true;
        }

        _tally.AddFile(Utf8(below), name, modifiedAt.UtcTicks, length, length);
        if (below.IsEmpty)
        {
            _tally.AddChild(name, length, 1, isDirectory: false);
        }
        else
        {
            var end = below.IndexOf(Path.DirectorySeparatorChar);
            var child = end < 0 ? below : below[..end];
            var (bytes, files) = _childByName.TryGetValue(child, out var known) ? known : default;
            _childByName[child] = (bytes + length, files + 1);
        }

        return true;
    }

    protected override bool ShouldRecurseIntoEntry(ref FileSystemEntry entry) => _rules.Recursive && !IsLink(ref entry);

    protected override bool ContinueOnError(int error)
    {
        if (!_isOpen)
        {
            return false; // The first directory itself: let it throw.
        }

        _tally.AddUnreadable([], "a directory"u8, error);
        return true;
    }

    private static bool IsLink(ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) != 0;

    /// <summary>As on Linux, with slashes.</summary>
    private static byte[] Utf8(ReadOnlySpan<char> path)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(path)];
        Encoding.UTF8.GetBytes(path, bytes);
        if (Path.DirectorySeparatorChar != '/')
        {
            bytes.AsSpan().Replace((byte)Path.DirectorySeparatorChar, (byte)'/');
        }

        return bytes;
    }
}
