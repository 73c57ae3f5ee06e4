using System.ComponentModel;
using System.Diagnostics;

namespace HealthKit.IntegrationTests;

/// <summary>Runs a program of the system to its end. A missing program is a failure that names it, never a skip.</summary>
internal static class Tool
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Runs it, fails unless it exits with 0, and returns its standard output.</summary>
    public static string Run(string program, params IEnumerable<string> arguments)
    {
        var (exitCode, output, error) = TryRun(program, arguments);
        return exitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} exited with {exitCode}: {error.Trim()} {output.Trim()}");
    }

    /// <summary>Runs it and returns what it said, whatever its exit code.</summary>
    public static (int ExitCode, string Output, string Error) TryRun(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = StartOrExplain(start);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Deadline))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Deadline.TotalSeconds} s.");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    internal static Process StartOrExplain(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"This test needs the program '{start.FileName}', which could not be started: {e.Message}", e);
        }
    }
}
