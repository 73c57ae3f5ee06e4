using System.IO.Enumeration;

namespace HealthKit;

/// <summary>
/// A path in which <c>*</c> and <c>?</c> may stand, as a shell reads them. It remembers what it found and reads a directory again only when
/// that has changed, so that a run costs one stat a directory. Not safe for several threads at once.
/// </summary>
internal sealed class FilePattern
{
    /// <summary>More files than these are not looked at.</summary>
    public const int MaxFiles = 10_000;

    /// <summary>Times of files are kept in steps of some milliseconds (inode(7)): within so much of a change there may have been another one.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time;
    private readonly string[] _parts;
    private readonly List<Folder> _folders = [];
    private readonly List<string> _found = [];
    private readonly string[] _itself;
    private bool _known;

    public FilePattern(string text, TimeProvider time)
    {
        _time = time;
        Text = text;
        _itself = [text];
        HasWildcards = IsWild(text);
        var firstWild = HasWildcards ? Array.FindIndex(text.Split(Path.DirectorySeparatorChar), IsWild) : 0;
        var all = text.Split(Path.DirectorySeparatorChar);
        Root = string.Join(Path.DirectorySeparatorChar, all[..firstWild]);
        Root = Root.Length == 0 ? Path.DirectorySeparatorChar.ToString() : Root;
        _parts = all[firstWild..];
    }

    /// <summary>As it was given.</summary>
    public string Text { get; }

    /// <summary>Whether it may stand for several files.</summary>
    public bool HasWildcards { get; }

    /// <summary>The deepest directory above all that it may stand for; meaningless without wildcards.</summary>
    public string Root { get; }

    /// <summary>Whether there were more than <see cref="MaxFiles"/>, or directories to look into.</summary>
    public bool IsCutShort { get; private set; }

    /// <summary>A directory that could not be read, and why, as a number of errno(3); the error is 0 when all could.</summary>
    public (string? Path, int Error) Obstacle { get; private set; }

    /// <summary>How many directories it looks at.</summary>
    internal int Folders => _folders.Count;

    public static bool IsWild(string path) => path.AsSpan().ContainsAny('*', '?');

    /// <summary>Whether a path is one that it stands for.</summary>
    public bool Matches(string path) => Matches(Text, path);

    /// <summary>Whether a path is one that a pattern stands for.</summary>
    public static bool Matches(string text, string path)
    {
        if (!IsWild(text))
        {
            return path == text;
        }

        var parts = path.Split(Path.DirectorySeparatorChar);
        var pattern = text.Split(Path.DirectorySeparatorChar);
        return parts.Length == pattern.Length && parts.Zip(pattern).All(pair => IsWild(pair.Second) ? Fits(pair.Second, pair.First) : pair.Second == pair.First);
    }

    /// <summary>The paths that it stands for now; without wildcards itself, whether it is there or not.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IReadOnlyList<string> Find(CancellationToken cancellationToken)
    {
        if (!HasWildcards)
        {
            return _itself;
        }

        if (_known && _folders.TrueForAll(IsUnchanged))
        {
            return _found;
        }

        _known = false;
        _folders.Clear();
        _found.Clear();
        IsCutShort = false;
        Obstacle = default;
        Find(Root, 0, cancellationToken);
        _known = Obstacle.Error == 0;
        _found.Sort(StringComparer.Ordinal);
        return _found;
    }

    private void Find(string directory, int part, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var isLast = part == _parts.Length - 1;
        if (!IsWild(_parts[part]))
        {
            var path = Path.Combine(directory, _parts[part]);
            if (!isLast)
            {
                Find(path, part + 1, cancellationToken);
            }
            else if (Remember(directory) && FileStatus.Read(path, followLink: true, out _) == 0)
            {
                Add(path);
            }

            return;
        }

        if (!Remember(directory))
        {
            return;
        }

        List<string> deeper = [];
        try
        {
            var names = new FileSystemEnumerable<string>(
                directory,
                static (ref FileSystemEntry entry) => entry.FileName.ToString(),
                new EnumerationOptions { IgnoreInaccessible = false, AttributesToSkip = 0, ReturnSpecialDirectories = false })
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                {
                    // Here, too: of a million names it may be that none fits.
                    cancellationToken.ThrowIfCancellationRequested();
                    return Fits(_parts[part], entry.FileName)
                        && (isLast ? !entry.IsDirectory : entry.IsDirectory || (entry.Attributes & FileAttributes.ReparsePoint) != 0);
                },
            };
            foreach (var name in names)
            {
                var path = Path.Combine(directory, name);
                if (!isLast)
                {
                    if (_folders.Count + deeper.Count >= MaxFiles)
                    {
                        IsCutShort = true;
                        break;
                    }

                    deeper.Add(path);
                }
                else if (!Add(path))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is DirectoryNotFoundException)
        {
            return; // gone since, or not a directory
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Obstacle = (directory, e is UnauthorizedAccessException ? LibC.PermissionDenied : LibC.IoError);
            return;
        }

        foreach (var path in deeper)
        {
            if (_found.Count == MaxFiles || _folders.Count > MaxFiles)
            {
                IsCutShort = true;
                return;
            }

            Find(path, part + 1, cancellationToken);
        }
    }

    private bool Add(string path)
    {
        if (_found.Count == MaxFiles)
        {
            IsCutShort = true;
            return false;
        }

        _found.Add(path);
        return true;
    }

    /// <summary>Notes a directory as it is before it is read. False when there is none to read.</summary>
    private bool Remember(string directory)
    {
        var utf8 = FileStatus.ToUtf8(directory);
        var error = FileStatus.Read(directory, followLink: true, out var status);
        var settled = error != 0 || _time.GetUtcNow() - status.ModifiedAt > Settled;
        _folders.Add(new Folder(directory, utf8, error, status.Id, status.ModifiedAt, settled));
        if (error is not (0 or LibC.NotFound or LibC.NotADirectory))
        {
            Obstacle = (directory, error);
        }

        return error == 0 && status.Kind == FileKind.Directory;
    }

    private static bool IsUnchanged(Folder folder)
    {
        var error = OperatingSystem.IsLinux()
            ? FileStatus.Read(folder.Utf8, followLink: true, out var status)
            : FileStatus.Read(folder.Path, followLink: true, out status);
        return folder.Settled && error == folder.Error && (error != 0 || (status.Id == folder.Id && status.ModifiedAt == folder.ModifiedAt));
    }

    /// <summary>To the expression a backslash is an escape; here it is itself, and may stand in a name.</summary>
    private static bool Fits(string pattern, ReadOnlySpan<char> name) =>
        (pattern.StartsWith('.') || !name.StartsWith('.'))
        && FileSystemName.MatchesSimpleExpression(pattern.Replace(@"\", @"\\", StringComparison.Ordinal), name, ignoreCase: false);

    private sealed record Folder(string Path, byte[] Utf8, int Error, UnixFileId Id, DateTimeOffset ModifiedAt, bool Settled);
}
