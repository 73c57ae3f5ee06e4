using System.Runtime.InteropServices;

namespace HealthKit;

/// <summary>
/// Tells whether an open file is still the one its path leads to. An open file goes on working after its name is gone, and whatever is
/// written to it goes with the process.
/// </summary>
internal sealed class FilePlace
{
    private readonly string _path;
    private readonly UnixFileId? _id;

    public FilePlace(string path, SafeHandle file)
    {
        _path = path;
        // Not every network or FUSE file system gives a file one inode number by both ways. There only the name can be watched.
        if (OperatingSystem.IsLinux() && UnixFiles.Identify(file) is { } id && UnixFiles.Identify(path, out _) == id)
        {
            _id = id;
        }
    }

    /// <summary>Whether the path is gone or leads to another file. What cannot be told is no loss. One system call.</summary>
    public bool IsLost
    {
        get
        {
            if (!OperatingSystem.IsLinux())
            {
                return !File.Exists(_path);
            }

            var found = UnixFiles.Identify(_path, out var gone);
            return gone || (_id is not null && found is not null && found != _id);
        }
    }
}
