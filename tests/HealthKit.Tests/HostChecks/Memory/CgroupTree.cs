using System.Globalization;

namespace HealthKit.Tests.HostChecks.Memory;

/// <summary>A file tree that looks like /proc and /sys/fs/cgroup of some kernel.</summary>
internal sealed class CgroupTree : IDisposable
{
    public const long MiB = 1L << 20;

    public CgroupTree()
    {
        Root = Directory.CreateTempSubdirectory("healthkit-cgroup-").FullName;
        MemInfo(totalMiB: 16384, availableMiB: 12000);
        Write("proc/self/statm", "7650 4240 3960 5 0 1230 0\n");
        Write("proc/self/cgroup", "");
        Write("proc/self/mountinfo", "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n");
    }

    public string Root { get; }

    public void MemInfo(long totalMiB, long availableMiB, long swapMiB = 0, long swapFreeMiB = 0) => Write(
        "proc/meminfo",
        string.Create(
            CultureInfo.InvariantCulture,
            $"MemTotal:       {totalMiB * 1024} kB\nMemFree:  1024 kB\nMemAvailable:   {availableMiB * 1024} kB\nSwapTotal: {swapMiB * 1024} kB\nSwapFree: {swapFreeMiB * 1024} kB\n"));

    /// <summary>Says in which cgroups this process is, and how they are mounted.</summary>
    public void Membership(string cgroup, params string[] mounts)
    {
        Write("proc/self/cgroup", cgroup);
        Write("proc/self/mountinfo", "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n" + string.Concat(mounts.Select(mount => mount + "\n")));
        foreach (var mount in mounts)
        {
            Directory.CreateDirectory(Path.Join(Root, mount.Split(' ')[4]));
        }
    }

    /// <summary>A v2 cgroup with a memory controller. Limits of null write <c>max</c>.</summary>
    public void V2(string directory, long? max, long current, long inactiveFile = 0, long activeFile = 0, long slab = 0, long? high = null)
    {
        Write(Path.Join(directory, "memory.max"), (max?.ToString(CultureInfo.InvariantCulture) ?? "max") + "\n");
        Write(Path.Join(directory, "memory.high"), (high?.ToString(CultureInfo.InvariantCulture) ?? "max") + "\n");
        Write(Path.Join(directory, "memory.current"), current.ToString(CultureInfo.InvariantCulture) + "\n");
        Write(
            Path.Join(directory, "memory.stat"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"anon 20480\nfile 4096\nkernel 1\nsock 0\nshmem 4096\ninactive_anon 24576\nactive_anon 0\ninactive_file {inactiveFile}\nactive_file {activeFile}\nunevictable 0\nslab_reclaimable {slab}\nslab_unreclaimable 8\nslab {slab + 8}\nworkingset_refault_file 0\n"));
    }

    /// <summary>A v1 cgroup with a memory controller. A limit of null is the kernel's "none".</summary>
    public void V1(string directory, long? limit, long usage, long inactiveFile = 0, long activeFile = 0, long? hierarchical = null)
    {
        const long None = 0x7FFFFFFFFFFFF000;
        Write(Path.Join(directory, "memory.limit_in_bytes"), (limit ?? None).ToString(CultureInfo.InvariantCulture) + "\n");
        Write(Path.Join(directory, "memory.usage_in_bytes"), usage.ToString(CultureInfo.InvariantCulture) + "\n");
        Write(
            Path.Join(directory, "memory.stat"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"cache 1\nrss 2\ninactive_file 1\nactive_file 1\nhierarchical_memory_limit {hierarchical ?? limit ?? None}\nhierarchical_memsw_limit {None}\ntotal_cache 5\ntotal_inactive_file {inactiveFile}\ntotal_active_file {activeFile}\ntotal_unevictable 0\n"));
    }

    public void Write(string file, string content)
    {
        var path = Path.Join(Root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    public void Remove(string directory) => Directory.Delete(Path.Join(Root, directory), recursive: true);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
