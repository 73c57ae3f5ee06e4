namespace HealthKit;

/// <summary><see cref="DriveInfo"/>, for systems other than Linux: bytes, but neither inodes nor whether it is read-only.</summary>
internal sealed class DriveFileSystemSource : FileSystemSource
{
    public override int Measure(WatchedPath path, out FileSystemStat stat)
    {
        stat = default;
        try
        {
            if (!Path.Exists(path.Path))
            {
                return LibC.NotFound;
            }

            var drive = new DriveInfo(path.Path);
            var total = drive.TotalSize;
            if (total <= 0)
            {
                return NoBlocks;
            }

            // On Windows the drive's name is its root, so that two paths on one drive are one; on Unix it is the path itself.
            var free = Math.Clamp(drive.TotalFreeSpace, 0, total);
            stat = new FileSystemStat(
                FileSystemId.OfUnknownDevice(drive.Name, 0), total, total - free, Math.Clamp(drive.AvailableFreeSpace, 0, total), 0, 0, false);
            return 0;
        }
        catch (UnauthorizedAccessException)
        {
            return LibC.PermissionDenied;
        }
        catch (DriveNotFoundException)
        {
            return LibC.NotFound;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            return LibC.IoError;
        }
    }

    public override MountEntry? FindMount(WatchedPath path, in FileSystemStat stat)
    {
        try
        {
            var drive = new DriveInfo(path.Path);
            return new MountEntry(drive.Name, drive.Name, drive.DriveFormat, MountReadOnly: false, FileSystemReadOnly: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // It was there a moment ago. Its figures stand; it only stays unnamed.
            return null;
        }
    }
}
