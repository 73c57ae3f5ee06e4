using System.Diagnostics;

namespace HealthKit;

/// <summary>What 1,000 checks that do nothing cost, in a process that does nothing else.</summary>
internal static class EngineRows
{
    private const int Checks = 1_000;
    private const double BudgetPercent = 1;

    /// <summary>One period for the first runs and the JIT.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(12);

    public static async IAsyncEnumerable<Row> Measure(BenchmarkOptions options)
    {
        using var engine = new Child("engine", $"{Checks}");
        using var idle = new Child("engine", "0");
        await engine.ReadLineAsync();
        await idle.ReadLineAsync();
        await Task.Delay(Settling);

        var started = Stopwatch.GetTimestamp();
        var (before, idleBefore) = (engine.Cpu, idle.Cpu);
        await Task.Delay(options.Window);
        var elapsed = Stopwatch.GetElapsedTime(started);
        var share = 100 * (engine.Cpu - before) / elapsed;
        var idleShare = 100 * (idle.Cpu - idleBefore) / elapsed;
        yield return new Row(
            $"engine, {Checks:N0} no-op checks at 10 s / none, CPU of one core over {elapsed.TotalSeconds:0} s",
            Text.Percent(share), Text.Percent(idleShare), "", $"< {BudgetPercent:0} %", share < BudgetPercent);
        yield return new Row($"engine, {Checks:N0} no-op checks / none, RSS", Text.Bytes(engine.RssBytes), Text.Bytes(idle.RssBytes), "", "", null);
    }
}
