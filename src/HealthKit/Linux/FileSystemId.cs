namespace HealthKit;

/// <summary>
/// Which file system it is. The device number (statx(2)) alone is given out anew after an unmount, the file system's own id
/// (<c>f_fsid</c>, statvfs(3)) alone is 0 on some types (NFS, FUSE): together they tell one from another, and both come for the price of
/// the measurement.
/// </summary>
internal readonly record struct FileSystemId(uint Major, uint Minor, ulong FsId)
{
    /// <summary>Whether the device number is one.</summary>
    public bool HasDevice => Major != uint.MaxValue;

    /// <summary>The id of what has no device number: it is like nothing but itself.</summary>
    public static FileSystemId OfUnknownDevice(string path, ulong fsId) =>
        new(uint.MaxValue, (uint)string.GetHashCode(path, StringComparison.Ordinal), fsId);
}
