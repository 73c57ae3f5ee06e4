namespace HealthKit;

/// <summary>A mount, of <c>/proc/self/mountinfo</c>.</summary>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="Device">The device or whatever else is mounted: <c>/dev/vda1</c>, <c>tmpfs</c>, <c>server:/export</c>.</param>
/// <param name="FileSystem">The type: <c>ext4</c>.</param>
/// <param name="MountReadOnly">This mount is read-only.</param>
/// <param name="FileSystemReadOnly">The file system itself is: no mount of it can be written through.</param>
internal sealed record MountEntry(string MountPoint, string Device, string FileSystem, bool MountReadOnly, bool FileSystemReadOnly);
