using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace HealthKit;

/// <summary>The file check of a CSV file that does not change against the bare system call.</summary>
public sealed unsafe class FileCheckBenchmark : IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly byte[] _path;
    private readonly CountingSource _source = new();
    private readonly FileMemory _memory = new(directory: null, flusher: null, TimeProvider.System, NullLogger.Instance);
    private readonly FileCheck _check;
    private readonly HealthCheckContext _context;

    public FileCheckBenchmark()
    {
        File.WriteAllText(_file, "name,value\n" + string.Concat(Enumerable.Range(0, 10_000).Select(i => $"\"row {i}\",{i}\n")));
        File.SetLastWriteTimeUtc(_file, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1));
        _path = FileStatus.ToUtf8(_file);
        var options = new FileCheckOptions { Path = _file, Columns = ["name", "value"], UnhealthyAboveAge = TimeSpan.FromDays(3650) };
        _check = new FileCheck(_source, _memory, TimeProvider.System, new Redactor(), () => options);
        _context = Contexts.Of(_check);
    }

    /// <summary>How often the file was opened to be read.</summary>
    internal int Reads => _source.Reads;

    [Benchmark(Baseline = true)]
    public ulong StatX()
    {
        StatX status;
        fixed (byte* path = _path)
        {
            return LibC.GetStatX(LibC.AtCurrentDirectory, path, 0, 0x7ff, &status) == 0
                ? status.Size
                : throw new InvalidOperationException("statx failed.");
        }
    }

    [Benchmark]
    public HealthCheckResult Check() => _check.CheckHealthAsync(_context).GetAwaiter().GetResult();

    public void Dispose()
    {
        _check.Dispose();
        _memory.Dispose();
        File.Delete(_file);
    }

    private sealed class CountingSource : FileSource
    {
        public int Reads { get; private set; }

        public override SafeFileHandle Open(string path)
        {
            Reads++;
            return base.Open(path);
        }
    }
}
