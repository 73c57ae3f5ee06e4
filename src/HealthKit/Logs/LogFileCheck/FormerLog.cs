namespace HealthKit;

/// <summary>
/// A log that was rotated away: renamed, and perhaps another one made in its place. Its writer goes on in it until he opens the new one, which
/// he must be told to. It is found by its inode among the neighbours of its old path.
/// </summary>
internal sealed class FormerLog(string path, UnixFileId id, TimeProvider time)
{
    /// <summary>Writers are told right after the rotation; some finish what they are at.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Watched = TimeSpan.FromHours(1);
    private static readonly TimeSpan SearchEvery = TimeSpan.FromMinutes(1);

    private readonly long _from = time.GetTimestamp();
    private long? _searchedAt;
    private long? _grewAt;
    private byte[]? _utf8;
    private long? _length;

    /// <summary>Where it is now; null while it was not found.</summary>
    public string? Path { get; private set; }

    public long Length => _length ?? 0;

    /// <summary>How long ago it was rotated away.</summary>
    public TimeSpan Since => time.GetElapsedTime(_from);

    /// <summary>Whether nobody has written it for so long that nobody will.</summary>
    public bool IsQuiet => time.GetElapsedTime(_grewAt ?? _from) > Watched;

    /// <summary>Whether it grew within the last minutes, though it was rotated away before.</summary>
    public bool IsWritten()
    {
        if (!OperatingSystem.IsLinux() || Since < Grace)
        {
            return false;
        }

        if (_utf8 is null || FileStatus.Read(_utf8, followLink: false, out var status) != 0 || status.Id != id)
        {
            if (!TryFind(out status))
            {
                return false;
            }
        }

        if (status.Length > _length)
        {
            _grewAt = time.GetTimestamp();
        }

        _length = status.Length;
        return _grewAt is { } at && time.GetElapsedTime(at) < Grace;
    }

    private bool TryFind(out FileStatus status)
    {
        (status, _utf8, Path) = (default, null, null);
        if (_searchedAt is { } at && time.GetElapsedTime(at) < SearchEvery)
        {
            return false;
        }

        _searchedAt = time.GetTimestamp();
        try
        {
            foreach (var other in Directory.EnumerateFiles(System.IO.Path.GetDirectoryName(path)!, System.IO.Path.GetFileName(path) + "*"))
            {
                if (FileStatus.Read(other, followLink: false, out status) == 0 && status.Id == id)
                {
                    (_utf8, Path) = (FileStatus.ToUtf8(other), other);
                    return true;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // its neighbours cannot be seen
        }

        return false;
    }
}
