using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Win32.SafeHandles;

namespace HealthKit;

/// <summary>The memory check against bare reads of the very files it reads, kept open as it keeps them.</summary>
public class MemoryCheckBenchmark : IDisposable
{
    private const string Descriptors = "/proc/self/fd";

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly MemoryCheck _check;
    private readonly HealthCheckContext _context;
    private readonly SafeFileHandle[] _files;

    public MemoryCheckBenchmark()
    {
        var options = new MemoryOptions();
        _check = new MemoryCheck(MemorySource.OfThisSystem(), TimeProvider.System, () => options);
        _context = Contexts.Of(_check);

        // The files it reads are those it holds open after a run.
        var before = OpenFiles();
        _ = Check();
        Files = [.. OpenFiles().Where(file => !before.ContainsKey(file.Key)).Select(file => file.Value).Order(StringComparer.Ordinal)];
        _files = [.. Files.Select(path => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))];
        if (_files.Length == 0)
        {
            throw new InvalidOperationException($"The memory check holds no file open, going by {Descriptors}: there is nothing to compare it with.");
        }
    }

    /// <summary>What the check reads here; it depends on the cgroups above this process.</summary>
    internal IReadOnlyList<string> Files { get; }

    [Benchmark(Baseline = true)]
    public int Read()
    {
        var length = 0;
        foreach (var file in _files)
        {
            length += RandomAccess.Read(file, _buffer, 0);
        }

        return length;
    }

    [Benchmark]
    public HealthCheckResult Check() => _check.CheckHealthAsync(_context).GetAwaiter().GetResult();

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var file in _files)
            {
                file.Dispose();
            }

            _check.Dispose();
        }
    }

    /// <summary>The kernel's files this process has open, by descriptor: several may have the same open.</summary>
    private static Dictionary<string, string> OpenFiles() => Directory.EnumerateFiles(Descriptors)
        .Select(descriptor => (descriptor, target: File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName ?? ""))
        .Where(file => file.target.StartsWith("/proc/", StringComparison.Ordinal) || file.target.StartsWith("/sys/", StringComparison.Ordinal))
        .Where(file => !file.target.EndsWith("/fd", StringComparison.Ordinal))
        .ToDictionary(file => file.descriptor, file => file.target);
}
