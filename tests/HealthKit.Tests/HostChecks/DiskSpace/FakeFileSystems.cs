using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.HostChecks.DiskSpace;

/// <summary>File systems of any size, in any trouble, and a clock that stands still.</summary>
internal sealed class FakeFileSystems : FileSystemSource
{
    public const long GiB = 1L << 30;

    private readonly Dictionary<string, (int Error, FileSystemStat Stat, MountEntry? Mount)> _paths = [];

    public ManualTime Time { get; } = new();

    public DiskSpaceOptions Options { get; set; } = new() { Path = "/" };

    public HealthStatus FailureStatus { get; set; } = HealthStatus.Unhealthy;

    public GrowingFiles Growing { get; } = new();

    public ForecastMemory? Memory { get; set; }

    public int MountLookups { get; private set; }

    private DiskSpaceCheck? _check;

    public void Set(
        string path,
        double total,
        double free,
        uint device = 1,
        long inodes = 1000,
        long freeInodes = 900,
        bool readOnly = false,
        MountEntry? mount = null,
        double reserved = 0,
        ulong id = 7)
    {
        var stat = new FileSystemStat(
            new FileSystemId(8, device, id), (long)total, (long)(total - free - reserved), (long)free, inodes, freeInodes, readOnly);
        _paths[path] = (0, stat, mount ?? new MountEntry(path, $"/dev/sd{device}", "ext4", readOnly, readOnly));
    }

    public void Fail(string path, int error) => _paths[path] = (error, default, null);

    public override int Measure(WatchedPath path, out FileSystemStat stat)
    {
        (var error, stat, _) = _paths[path.Path];
        return error;
    }

    public override MountEntry? FindMount(WatchedPath path, in FileSystemStat stat)
    {
        MountLookups++;
        return _paths[path.Path].Mount;
    }

    public HealthCheckResult Run()
    {
        _check ??= new DiskSpaceCheck(this, Time, () => Options, Growing, Memory);
        var registration = new HealthCheckRegistration("disk", _check, FailureStatus, null);
        var result = _check.CheckHealthAsync(new HealthCheckContext { Registration = registration });
        Assert.True(result.IsCompletedSuccessfully);
        return result.Result;
    }

    /// <summary>A new process: another check, which knows what the memory keeps.</summary>
    public void Restart(ForecastMemory? memory) => (_check, Memory) = (null, memory);
}
