using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace HealthKit.IntegrationTests;

/// <summary>A process a test starts, reads lines from, signals, and that never outlives the test: disposal kills it and its children.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = [];
    private readonly StringBuilder _errors = new();
    private readonly Lock _errorsLock = new();

    private ChildProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        Command = $"{start.FileName} {string.Join(' ', start.ArgumentList)}";
        _process = Tool.StartOrExplain(start);
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                _lines.CompleteAdding();
            }
            else
            {
                _lines.Add(line.Data);
            }
        };
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errorsLock)
            {
                _errors.AppendLine(line.Data);
            }
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The program that runs our assemblies: the one these tests run in, where that is known.</summary>
    public static string DotNet { get; } =
        Environment.ProcessPath is { } self && System.IO.Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : "dotnet";

    /// <summary>The command line, for failure texts.</summary>
    public string Command { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it wrote to standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errorsLock)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>Starts a program of the system.</summary>
    public static ChildProcess Start(string program, params IEnumerable<string> arguments) => new(new ProcessStartInfo(program, arguments));

    /// <summary>Starts a program with full control of how: environment, working directory.</summary>
    public static ChildProcess Start(ProcessStartInfo start) => new(start);

    /// <summary>Starts our own helper program in one of its modes; see tests/HealthKit.IntegrationTests.Child.</summary>
    public static ChildProcess StartHelper(string mode, params IEnumerable<string> arguments) => new(HelperCommand([], mode, arguments));

    /// <summary>The command that starts the helper, behind a prefix such as <c>setpriv --reuid=nobody</c>.</summary>
    public static ProcessStartInfo HelperCommand(IReadOnlyList<string> prefix, string mode, params IEnumerable<string> arguments)
    {
        var dll = System.IO.Path.Combine(AppContext.BaseDirectory, "HealthKit.IntegrationTests.Child.dll");
        string[] command = [.. prefix, DotNet, dll, mode, .. arguments];
        return new ProcessStartInfo(command[0], command[1..]);
    }

    /// <summary>The next line of its standard output; fails at the deadline or when the output ended.</summary>
    public string ReadLine(TimeSpan? deadline = null)
    {
        var limit = deadline ?? Eventually.DefaultDeadline;
        return _lines.TryTake(out var line, limit)
            ? line
            : throw new TimeoutException(
                $"{Command} printed no {(_lines.IsCompleted ? "further line before it closed its output" : $"line within {limit.TotalSeconds} s")}. Its errors: {Errors}");
    }

    /// <summary>All lines from here to the end of its output; waits for that end until the deadline.</summary>
    public IReadOnlyList<string> ReadToEnd(TimeSpan? deadline = null)
    {
        var watch = Stopwatch.StartNew();
        var limit = deadline ?? Eventually.DefaultDeadline;
        List<string> lines = [];
        while (!_lines.IsCompleted)
        {
            var left = limit - watch.Elapsed;
            if (left <= TimeSpan.Zero)
            {
                throw new TimeoutException($"{Command} did not close its output within {limit.TotalSeconds} s. Its errors: {Errors}");
            }

            if (_lines.TryTake(out var line, left))
            {
                lines.Add(line);
            }
        }

        return lines;
    }

    /// <summary>Writes a line to its standard input.</summary>
    public void WriteLine(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Ends its standard input.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>SIGKILL: it ends without a last word. Waits until it is gone.</summary>
    public void Kill()
    {
        _process.Kill();
        WaitForExit();
    }

    /// <summary>SIGSTOP: it keeps everything and does nothing.</summary>
    public void Stop() => Signal(19);

    /// <summary>SIGCONT.</summary>
    public void Continue() => Signal(18);

    /// <summary>SIGTERM: asks it to end.</summary>
    public void Terminate() => Signal(15);

    /// <summary>Sends any signal by its Linux number.</summary>
    public void Signal(int signal)
    {
        if (SendSignal(_process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"kill({_process.Id}, {signal}): {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Waits for its end and returns the exit code (128 + n when signal n ended it).</summary>
    public int WaitForExit(TimeSpan? deadline = null)
    {
        var limit = deadline ?? Eventually.DefaultDeadline;
        return _process.WaitForExit(limit)
            ? _process.ExitCode
            : throw new TimeoutException($"{Command} did not end within {limit.TotalSeconds} s. Its errors: {Errors}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit(Eventually.DefaultDeadline);
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
