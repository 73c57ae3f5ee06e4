namespace HealthKit;

/// <summary>The rows that take one call of one method.</summary>
internal static class MicroRows
{
    private const double CheckFactor = 1.5;
    private const double CheckPlusNanoseconds = 3_000;
    private const double CheckBytes = 2_048;

    public static IEnumerable<Row> Disk(BenchmarkOptions options)
    {
        var benchmark = new DiskCheckBenchmark();
        var result = new Interleaved(options.Quick).Compare(() => benchmark.Check(), () => benchmark.StatVfs());
        yield return Row.OfTime("disk check / statvfs", result, CheckFactor, CheckPlusNanoseconds);
        yield return Row.OfBytes("disk check, allocated", result.Measured, result.Baseline, CheckBytes);
        var parses = benchmark.MountInfoParses;
        yield return new Row("disk check, mountinfo parses in all its runs", $"{parses}", "", "", "1: the first run's", parses == 1);
    }

    public static IEnumerable<Row> Memory(BenchmarkOptions options)
    {
        using var benchmark = new MemoryCheckBenchmark();
        var result = new Interleaved(options.Quick).Compare(() => benchmark.Check(), () => benchmark.Read());
        Console.Error.WriteLine($"  the memory check reads here: {string.Join(", ", benchmark.Files)}");
        yield return Row.OfTime($"memory check / reads of its {benchmark.Files.Count} files", result, CheckFactor, CheckPlusNanoseconds);
        yield return Row.OfBytes("memory check, allocated", result.Measured, result.Baseline, CheckBytes);
    }

    public static IEnumerable<Row> Logs(BenchmarkOptions options)
    {
        using var benchmark = new LogFileCheckBenchmark();
        var result = new Interleaved(options.Quick).Compare(() => benchmark.Check(), () => benchmark.Stat());
        yield return Row.OfTime($"log check, nothing new in {LogFileCheckBenchmark.Files} files / statx of each", result, CheckFactor, CheckPlusNanoseconds);
        yield return Row.OfBytes("log check, allocated", result.Measured, result.Baseline, CheckBytes);
    }

    public static IEnumerable<Row> File(BenchmarkOptions options)
    {
        using var benchmark = new FileCheckBenchmark();
        var result = new Interleaved(options.Quick).Compare(() => benchmark.Check(), () => benchmark.StatX());
        yield return Row.OfTime("file check, unchanged / statx", result, CheckFactor, CheckPlusNanoseconds);
        yield return Row.OfBytes("file check, unchanged, allocated", result.Measured, result.Baseline, CheckBytes);
        var reads = benchmark.Reads;
        yield return new Row("file check, reads of the file in all its runs", $"{reads}", "", "", "1: the first run's", reads == 1);
    }

    public static IEnumerable<Row> Monitor(BenchmarkOptions options)
    {
        using var benchmark = new ServiceBenchmark();
        var result = new Interleaved(options.Quick).Measure(() => benchmark.Current());
        yield return Row.OfTime("HealthMonitor.Current, 20 checks", result);
        yield return Row.OfBytes("HealthMonitor.Current, allocated", result);
    }

    public static IEnumerable<Row> Service(BenchmarkOptions options)
    {
        using var benchmark = new ServiceBenchmark();
        var result = new Interleaved(options.Quick).Compare(() => benchmark.HealthKitService(), () => benchmark.MicrosoftService());
        yield return Row.OfTime("HealthCheckService, 20 checks / Microsoft's", result);
        yield return Row.OfBytes("HealthCheckService, allocated / Microsoft's", result.Measured, result.Baseline);
    }

    public static IEnumerable<Row> Results(BenchmarkOptions options)
    {
        var benchmark = new ResultBenchmark();
        var interleaved = new Interleaved(options.Quick);
        var redact = interleaved.Measure(() => benchmark.Redact());
        yield return Row.OfTime($"redact {ResultBenchmark.Ordinary.Length} ordinary characters", redact);
        yield return Row.OfBytes($"redact {ResultBenchmark.Ordinary.Length} ordinary characters, allocated", redact);
        yield return Row.OfTime($"redact {ResultBenchmark.WithSecrets.Length} characters with 2 passwords", interleaved.Measure(() => benchmark.RedactSecrets()));
        var freeze = interleaved.Measure(() => benchmark.Freeze());
        yield return Row.OfTime("freeze the disk check's result", freeze);
        yield return Row.OfBytes("freeze the disk check's result, allocated", freeze);
    }
}
