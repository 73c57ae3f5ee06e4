using System.Diagnostics;
using System.Globalization;

namespace HealthKit;

/// <summary>The summary of a log that lies in memory, in a process that does nothing else, against <c>LC_ALL=C grep -cF ERROR</c> of the same file.</summary>
internal static class SummaryRows
{
    private const double BudgetSpeed = 0.3;
    private const double BudgetMegabytes = 64;

    public static async IAsyncEnumerable<Row> Measure(BenchmarkOptions options)
    {
        var length = options.Quick ? 1_000_000_000L : 3_000_000_000L;
        foreach (var (shape, write) in new (string, Action<LogWriter>)[] { ("sidekiq", LogWriter.Sidekiq), ("JSON lines", LogWriter.Json), ("access log", LogWriter.Access) })
        {
            // On a disk, the disk would be measured.
            var place = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
            var path = Path.Combine(place, $"healthkit-benchmark-{Environment.ProcessId}.log");
            try
            {
                var lines = LogWriter.Fill(path, length, write);
                var result = await CompareAsync(path, options.Quick ? 3 : 9, lines);
                var name = string.Create(CultureInfo.InvariantCulture, $"summary of {length / 1e9:0} GB, {shape} ({lines / 1e6:0.0} M lines) / grep -cF ERROR");
                yield return new Row(
                    $"{name}, first call in a process", Text.Time(result.Time), Text.Time(result.Grep), $"{Text.Number(result.Speed)} of its speed",
                    $">= {BudgetSpeed}", result.Speed >= BudgetSpeed);
                yield return new Row(
                    $"{name}, CPU time of all threads", Text.Time(result.Cpu), Text.Time(result.GrepCpu), $"{Text.Number(result.CpuSpeed)} of its speed", "", null);
                yield return new Row(
                    $"summary of {shape}, growth of RSS at its highest", Text.Bytes(result.Growth), "", "", $"< {BudgetMegabytes} MB", result.Growth < BudgetMegabytes * (1 << 20));
            }
            finally
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>The child's side: times one call, and says what it took.</summary>
    public static async Task<int> ChildAsync(string path)
    {
        // The process is up, its console and its pool are.
        await Console.Out.WriteLineAsync("ready");
        await Console.In.ReadLineAsync();
        var before = Status("VmRSS:");
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        var summary = await LogSummary.ReadAsync(path);
        var took = Stopwatch.GetElapsedTime(started);
        var cpuTook = Environment.CpuUsage.TotalTime - cpu;
        await Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{took.TotalNanoseconds} {cpuTook.TotalNanoseconds} {Status("VmHWM:") - before} {summary.Lines} {summary.Levels.Error}"));
        return 0;
    }

    private static async Task<Result> CompareAsync(string path, int rounds, long lines)
    {
        List<Result> results = [];
        await GrepAsync(path);
        for (var i = 0; i < rounds; i++)
        {
            // In changing order.
            var grep = i % 2 == 0 ? await GrepAsync(path) : default;
            using var child = new Child("summary", path);
            await child.ReadLineAsync();
            child.Continue();
            var answer = (await child.ReadLineAsync()).Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray();
            grep = i % 2 == 0 ? grep : await GrepAsync(path);
            if (answer[3] != lines || answer[4] != grep.Count)
            {
                throw new InvalidOperationException($"{answer[3]} lines and {answer[4]} errors were counted, not {lines} and {grep.Count}.");
            }

            results.Add(new Result(answer[0], grep.Time, grep.Time / answer[0], answer[1], grep.Cpu, grep.Cpu / answer[1], answer[2]));
        }

        return new Result(
            Median(result => result.Time), Median(result => result.Grep), Median(result => result.Speed),
            Median(result => result.Cpu), Median(result => result.GrepCpu), Median(result => result.CpuSpeed), results.Max(result => result.Growth));

        double Median(Func<Result, double> figure) => Interleaved.Median(results.Select(figure));
    }

    private static async Task<(double Time, double Cpu, long Count)> GrepAsync(string path)
    {
        var start = new ProcessStartInfo("grep", ["-cF", "ERROR", path]) { RedirectStandardOutput = true };
        start.Environment["LC_ALL"] = "C";
        var before = ChildrenCpu();
        var started = Stopwatch.GetTimestamp();
        using var grep = Process.Start(start) ?? throw new InvalidOperationException("grep could not be started.");
        var output = await grep.StandardOutput.ReadToEndAsync();
        var took = Stopwatch.GetElapsedTime(started);
        await grep.WaitForExitAsync();
        return (took.TotalNanoseconds, ChildrenCpu() - before, long.Parse(output, CultureInfo.InvariantCulture));
    }

    /// <summary>A figure of proc_pid_status(5), in bytes.</summary>
    private static long Status(string name) => 1024 * long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
        CultureInfo.InvariantCulture);

    /// <summary>User and system time of the children that have ended, in nanoseconds (proc_pid_stat(5), fields 16 and 17, in ticks of 10 ms).</summary>
    private static double ChildrenCpu()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return 1e7 * (long.Parse(fields[13], CultureInfo.InvariantCulture) + long.Parse(fields[14], CultureInfo.InvariantCulture));
    }

    private sealed record Result(double Time, double Grep, double Speed, double Cpu, double GrepCpu, double CpuSpeed, double Growth);
}
