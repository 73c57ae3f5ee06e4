using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HealthKit;

/// <summary>statvfs(3) for the figures, statx(2) for the device, <c>/proc/self/mountinfo</c> for the mount's name.</summary>
internal sealed unsafe class LinuxFileSystemSource : FileSystemSource
{
    [SkipLocalsInit]
    public override int Measure(WatchedPath path, out FileSystemStat stat)
    {
        stat = default;
        StatVfs space;
        StatX file;
        int error;
        fixed (byte* name = path.Utf8)
        {
            // Both follow symbolic links; the first also mounts what is mounted on demand, so it comes first.
            if (LibC.GetStatVfs(name, &space) != 0)
            {
                return Marshal.GetLastPInvokeError();
            }

            error = LibC.GetStatX(LibC.AtCurrentDirectory, name, 0, 0, &file) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }

        FileSystemId id;
        if (error == 0)
        {
            id = FileSystemId.OfDevice(file.DeviceMajor, file.DeviceMinor, space.FsId);
        }
        else if (error is LibC.NotImplemented or LibC.NotPermitted)
        {
            // An old sandbox may forbid statx(2). The figures are good without it.
            id = FileSystemId.OfUnknownDevice(path.Path, space.FsId);
        }
        else
        {
            return error;
        }

        return FileSystemStat.TryMake(space, id, out stat) ? 0 : NoBlocks;
    }

    public override MountEntry? FindMount(WatchedPath path, in FileSystemStat stat)
    {
        var resolved = stackalloc byte[LibC.PathMax];
        fixed (byte* name = path.Utf8)
        {
            return LibC.ResolvePath(name, resolved) == null
                ? null
                : MountInfo.Find(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(resolved), stat.Id);
        }
    }
}
