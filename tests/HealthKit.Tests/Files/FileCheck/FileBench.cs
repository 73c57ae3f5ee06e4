using System.Text;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace HealthKit.Tests.Files;

/// <summary>A file, its contract, and a clock; and the state directory that outlives checks.</summary>
internal sealed class FileBench : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("healthkit-file-").FullName;
    private StateDirectory? _state;
    private FileMemory? _memory;
    private FileCheck? _check;

    public FileBench(string name = "data.csv")
    {
        Path = System.IO.Path.Combine(_root, name);
        StatePath = System.IO.Path.Combine(_root, "state");
        Options = new FileCheckOptions { Path = Path };
    }

    public string Path { get; }

    /// <summary>Where state is kept; null for none at all.</summary>
    public string? StatePath { get; set; }

    public FileCheckOptions Options { get; set; }

    public ManualTime Time { get; } = new();

    public WatchedSource Source { get; } = new();

    public HealthStatus FailureStatus { get; set; } = HealthStatus.Unhealthy;

    /// <summary>Writes the file under another name and puts it in its place, as a careful job does.</summary>
    public void Replace(string text, TimeSpan age = default, Encoding? encoding = null) =>
        Replace((encoding ?? new UTF8Encoding(false)).GetBytes(text), age);

    /// <inheritdoc cref="Replace(string, TimeSpan, Encoding?)"/>
    public void Replace(byte[] bytes, TimeSpan age = default)
    {
        File.WriteAllBytes(Path + ".new", bytes);
        File.SetLastWriteTimeUtc(Path + ".new", (Time.GetUtcNow() - age).UtcDateTime);
        File.Move(Path + ".new", Path, overwrite: true);
    }

    /// <summary>Writes into the file that is there.</summary>
    public void WriteInPlace(string text, TimeSpan age = default)
    {
        File.WriteAllText(Path, text);
        File.SetLastWriteTimeUtc(Path, (Time.GetUtcNow() - age).UtcDateTime);
    }

    public HealthCheckResult Run(CancellationToken cancellationToken = default)
    {
        if (_check is null)
        {
            _state = StatePath is null ? null : StateDirectory.Open(StatePath, "app", NullLogger.Instance);
            _memory = new FileMemory(_state, flusher: null, Time, NullLogger.Instance);
            _check = new FileCheck(Source, _memory, Time, new Redactor(), () => Options);
        }

        var registration = new HealthCheckRegistration("rates", _check, FailureStatus, tags: null);
        return _check.CheckHealthAsync(new HealthCheckContext { Registration = registration }, cancellationToken).GetAwaiter().GetResult();
    }

    public HealthCheckResult RunLater(TimeSpan later)
    {
        Time.Advance(later);
        return Run();
    }

    /// <summary>Ends the process and starts it anew.</summary>
    public void Restart()
    {
        _check?.Dispose();
        _memory?.Dispose();
        _state?.Close();
        (_check, _memory, _state) = (null, null, null);
    }

    public void Dispose()
    {
        Restart();
        Directory.Delete(_root, recursive: true);
    }
}

/// <summary>The real file system, counted, and disturbed where a test asks for it.</summary>
internal sealed class WatchedSource : FileSource
{
    public int Opened { get; private set; }

    public long BytesRead { get; private set; }

    /// <summary>Happens after each read.</summary>
    public Action<long> AfterRead { get; set; } = _ => { };

    public Func<Exception?> OpenFault { get; set; } = () => null;

    /// <summary>Happens after each look.</summary>
    public Action AfterLook { get; set; } = () => { };

    public int LookError { get; set; }

    public override int Look(FileLimits limits, out FileStatus status)
    {
        status = default;
        var error = LookError != 0 ? LookError : base.Look(limits, out status);
        AfterLook();
        return error;
    }

    public override SafeFileHandle Open(string path)
    {
        Opened++;
        return OpenFault() is { } fault ? throw fault : base.Open(path);
    }

    public override int Read(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var read = base.Read(file, buffer, offset);
        BytesRead += read;
        AfterRead(offset);
        return read;
    }
}
