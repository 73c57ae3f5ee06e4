namespace HealthKit;

/// <summary>
/// Which file system it is. The device number (statx(2)) alone is given out anew after an unmount, the file system's own id
/// (<c>f_fsid</c>, statvfs(3)) alone is 0 on some types (NFS, FUSE): together they tell one from another, and both come for the price of
/// the measurement.
/// </summary>
/// <param name="Major">The device number, upper part.</param>
/// <param name="Minor">The device number, lower part.</param>
/// <param name="FsId">The file system's own id; 0 where it has none.</param>
internal readonly record struct FileSystemId(uint Major, uint Minor, ulong FsId)
{
    /// <summary>Whether the device number is one.</summary>
    public bool HasDevice => Major != uint.MaxValue;

    /// <summary>
    /// The id of what has a device number. XFS, vfat and others give that number as their id (<c>huge_encode_dev</c> in their statfs, Linux's
    /// <c>include/linux/kdev_t.h</c>): such a one says nothing of what is on the device, and counts as none.
    /// </summary>
    public static FileSystemId OfDevice(uint major, uint minor, ulong fsId) =>
        new(major, minor, fsId == ((minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12)) ? 0 : fsId);

    /// <summary>The id of what has no device number: it is like nothing but itself.</summary>
    public static FileSystemId OfUnknownDevice(string path, ulong fsId) =>
        new(uint.MaxValue, (uint)string.GetHashCode(path, StringComparison.Ordinal), fsId);
}
