using System.Diagnostics;
using System.Globalization;

namespace HealthKit;

/// <summary>This program in one of its child modes. The child ends when its input closes, so it never outlives this process.</summary>
internal sealed class Child : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _stateDirectory = Directory.CreateTempSubdirectory("healthkit-benchmark-").FullName;
    private readonly Process _process;

    public Child(params IEnumerable<string> arguments)
    {
        // Started as a program of its own or as `dotnet HealthKit.Benchmarks.dll`: the child is started in the same way.
        var self = Environment.ProcessPath ?? "dotnet";
        string[] prefix = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [typeof(Child).Assembly.Location] : [];
        var start = new ProcessStartInfo(self, [.. prefix, "child", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["STATE_DIRECTORY"] = _stateDirectory;

        // What Microsoft.NET.Sdk.Web sets for a web app, and this project does not.
        start.Environment["DOTNET_gcServer"] = "1";
        StartedAt = Stopwatch.GetTimestamp();
        _process = Process.Start(start) ?? throw new InvalidOperationException("The child process could not be started.");
    }

    /// <summary>When it was started, as <see cref="Stopwatch.GetTimestamp"/> tells it.</summary>
    public long StartedAt { get; }

    /// <summary>User and system time so far (proc_pid_stat(5), fields 14 and 15, in ticks of 10 ms on every Linux .NET runs on).</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Resident set size: VmRSS of proc_pid_status(5).</summary>
    public long RssBytes
    {
        get
        {
            var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/status"))
                .First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
        }
    }

    /// <summary>The port that it prints as its first line.</summary>
    public async Task<int> ReadPortAsync() => int.Parse(await ReadLineAsync(), CultureInfo.InvariantCulture);

    /// <summary>The next line it prints.</summary>
    public async Task<string> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException("The child process ended early.");

    /// <summary>Sends it an empty line.</summary>
    public void Continue() => _process.StandardInput.WriteLine();

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Patience))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        Directory.Delete(_stateDirectory, recursive: true);
    }
}
