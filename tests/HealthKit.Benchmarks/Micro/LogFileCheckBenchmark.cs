using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit;

/// <summary>The log check of a hundred quiet logs against one bare statx(2) a file.</summary>
public class LogFileCheckBenchmark : IDisposable
{
    public const int Files = 100;

    private readonly string _root = Directory.CreateTempSubdirectory("healthkit-bench-").FullName;
    private readonly List<byte[]> _paths = [];
    private readonly LogFileCheck _check;
    private readonly HealthCheckContext _context;

    public LogFileCheckBenchmark()
    {
        for (var i = 0; i < Files; i++)
        {
            var path = Path.Combine(_root, $"app-{i:000}.log");
            File.WriteAllText(path, "a line\n");
            _paths.Add(FileStatus.ToUtf8(path));
        }

        Directory.SetLastWriteTimeUtc(_root, DateTime.UtcNow.AddMinutes(-1)); // it is not read again
        var options = new LogFileOptions { Path = Path.Combine(_root, "*.log") };
        _check = new LogFileCheck(
            FileSystemSource.OfThisSystem,
            TimeProvider.System,
            new GrowingFiles(),
            new DeletedFiles(TimeProvider.System),
            NullLogger<LogTrimmer>.Instance,
            () => options);
        _context = Contexts.Of(_check);
    }

    [Benchmark(Baseline = true)]
    public long Stat()
    {
        long bytes = 0;
        foreach (var path in _paths)
        {
            bytes += FileStatus.Read(path, followLink: true, out var status) == 0 ? status.AllocatedBytes : throw new InvalidOperationException("statx failed.");
        }

        return bytes;
    }

    [Benchmark]
    public HealthCheckResult Check() => _check.CheckHealthAsync(_context).GetAwaiter().GetResult();

    public void Dispose()
    {
        _check.Dispose();
        Directory.Delete(_root, recursive: true);
        GC.SuppressFinalize(this);
    }
}
