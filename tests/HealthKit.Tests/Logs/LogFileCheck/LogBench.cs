using HealthKit.Tests.HostChecks.DiskSpace;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests.Logs;

/// <summary>A log check over real files in a directory of its own, on a clock turned by hand and a file system of any size.</summary>
internal sealed class LogBench : IDisposable
{
    private readonly FakeFileSystems _fileSystems = new();
    private readonly double _total;
    private double _otherBytes;
    private LogFileCheck? _check;

    public LogBench(double totalBytes = 100e6)
    {
        _total = totalBytes;
        Root = Directory.CreateTempSubdirectory("healthkit-log-").FullName;
        Log = PathOf("app.log");
        Options = new LogFileOptions { Path = Log, WatchDeleted = false };
    }

    public string Root { get; }

    public string Log { get; }

    public LogFileOptions Options { get; set; }

    public ManualTime Time { get; } = new(DateTimeOffset.UtcNow);

    public GrowingFiles Growing { get; } = new();

    public DeletedFiles? Deleted { get; set; }

    /// <summary>What the file system answers when it is measured.</summary>
    public int FileSystemError { get; set; }

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Appends so many bytes, in lines.</summary>
    public void Write(string path, int bytes)
    {
        var line = new byte[bytes];
        Array.Fill(line, (byte)'x');
        line[^1] = (byte)'\n';
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.Write(line);
    }

    /// <summary>What others take of the file system.</summary>
    public void Fill(double bytes) => _otherBytes = bytes;

    public HealthCheckResult Run(TimeSpan? after = null, HealthStatus failureStatus = HealthStatus.Unhealthy)
    {
        Time.Advance(after ?? TimeSpan.Zero);
        long used = 0;
        foreach (var file in Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories))
        {
            used += FileStatus.Read(file, followLink: false, out var status) == 0 ? status.AllocatedBytes : 0;
        }

        foreach (var file in Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories))
        {
            _fileSystems.Set(file, _total, Math.Max(0, _total - used - _otherBytes), mount: new MountEntry("/logs", "/dev/sdl", "ext4", false, false));
            if (FileSystemError != 0)
            {
                _fileSystems.Fail(file, FileSystemError);
            }
        }

        _check ??= new LogFileCheck(_fileSystems, Time, Growing, Deleted, NullLogger<LogTrimmer>.Instance, () => Options);
        var registration = new HealthCheckRegistration("log", _check, failureStatus, null);
        var result = _check.CheckHealthAsync(new HealthCheckContext { Registration = registration });
        Assert.True(result.IsCompletedSuccessfully, result.Exception?.ToString());
        return result.Result;
    }

    public void Dispose()
    {
        _check?.Dispose();
        Directory.Delete(Root, recursive: true);
    }
}
