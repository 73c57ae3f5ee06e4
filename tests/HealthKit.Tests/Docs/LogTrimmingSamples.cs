using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.Docs;

/// <summary>The code of docs/log-trimming.md and docs/guides/runaway-log.md.</summary>
internal static class LogTrimmingSamples
{
    public static void Cut(ILogger<LogTrimmer> logger)
    {
        var trimmer = new LogTrimmer(["/var/log/app/worker.log"], logger);

        var result = trimmer.Trim("/var/log/app/worker.log", new LogTrimRequest { KeepBytes = 100 << 20 });

        // PunchHole: 33.9 GiB freed; or None, trim.hardLinks: why it was not cut
        Console.WriteLine($"{result.Method}, {result.Reason}: {result.Text} {result.FreedBytes} bytes freed.");
    }

    public static int Script(string[] args)
    {
        var path = args[0];
        var trimmer = new LogTrimmer([path]);
        var result = trimmer.Trim(path, new LogTrimRequest { KeepBytes = long.Parse(args[1]), DryRun = args.Contains("--dry-run") });
        Console.WriteLine($"{result.Method} {result.Reason}\n{result.Text}\nopen by: {result.Holders}");
        return result.Method == LogTrimMethod.None ? 1 : 0;
    }

    public static async Task Sum(string[] args)
    {
        var summary = await LogSummary.ReadAsync(args[0]);
        summary.WriteText(Console.Out);
    }
}
