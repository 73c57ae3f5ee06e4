using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>The disk check of <c>/</c> against the bare system call.</summary>
public unsafe class DiskCheckBenchmark
{
    private readonly byte[] _path = Encoding.UTF8.GetBytes("/\0");
    private readonly CountingSource _source = new(FileSystemSource.OfThisSystem);
    private readonly DiskSpaceCheck _check;
    private readonly HealthCheckContext _context;

    public DiskCheckBenchmark()
    {
        var options = new DiskSpaceOptions { Path = "/" };
        _check = new DiskSpaceCheck(_source, TimeProvider.System, () => options);
        _context = Contexts.Of(_check);
    }

    /// <summary>How often the check looked for the mount's name, which takes a parse of mountinfo.</summary>
    internal int MountInfoParses => _source.Parses;

    [Benchmark(Baseline = true)]
    public long StatVfs()
    {
        StatVfs space;
        fixed (byte* path = _path)
        {
            return LibC.GetStatVfs(path, &space) == 0 ? (long)space.BlocksAvailable : throw new InvalidOperationException("statvfs(\"/\") failed.");
        }
    }

    [Benchmark]
    public HealthCheckResult Check() => _check.CheckHealthAsync(_context).GetAwaiter().GetResult();

    private sealed class CountingSource(FileSystemSource source) : FileSystemSource
    {
        public int Parses { get; private set; }

        public override int Measure(WatchedPath path, out FileSystemStat stat) => source.Measure(path, out stat);

        public override MountEntry? FindMount(WatchedPath path, in FileSystemStat stat)
        {
            Parses++;
            return source.FindMount(path, stat);
        }
    }
}
