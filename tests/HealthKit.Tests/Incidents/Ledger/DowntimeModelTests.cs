using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests;

/// <summary>The ledger against a table with a row for every ten minutes.</summary>
public sealed class DowntimeModelTests
{
    private const int StepMinutes = 10;
    private const int Checks = 3;

    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(100);

    /// <summary>So many steps of the app: off, or on with these checks unhealthy; and how it was stopped before the next phase.</summary>
    private sealed record Phase(int Steps, bool On, int Bad, bool Planned, bool Clean);

    [Fact]
    public void Uptime_is_what_a_table_of_all_times_says()
    {
        var phase =
            from steps in Gen.Choose(1, 250)
            from kind in Gen.Choose(0, 5)
            from bad in Gen.Choose(0, (1 << Checks) - 1)
            from planned in Gen.Choose(0, 3)
            from clean in Gen.Elements(true, false)
            select new Phase(steps, kind > 0, bad, planned == 0, clean);
        Prop.ForAll(phase.ArrayOf().Where(phases => phases.Length > 0).ToArbitrary(), Agrees).Check(Config);
    }

    private static void Agrees(Phase[] phases)
    {
        var runs = new LedgerRuns();
        List<(bool Observed, int Down)> table = [];
        var (running, planned, down) = (false, 0, 0);
        foreach (var phase in phases)
        {
            if (!phase.On && running)
            {
                Stop(phase);
            }

            for (var i = 0; i < phase.Steps; i++)
            {
                if (phase.On)
                {
                    running = true;
                    for (var check = 0; check < Checks; check++)
                    {
                        var bit = 1 << check;
                        var bad = (phase.Bad & bit) != 0;
                        // Planned is an outage that began so: also one that an earlier run saw begin.
                        planned = !bad ? planned & ~bit : (down & bit) == 0 && phase.Planned ? planned | bit : planned;
                        down = bad ? down | bit : down & ~bit;
                        runs.See(StepMinutes * table.Count, $"c{check}", bad ? HealthStatus.Unhealthy : HealthStatus.Healthy, planned: phase.Planned);
                    }
                }

                table.Add((phase.On, phase.On ? down & ~planned : 0));
            }
        }

        runs.GoTo(StepMinutes * table.Count);
        var report = runs.Report;
        AssertUptime(report.App, (1 << Checks) - 1);
        foreach (var downtime in report.Checks)
        {
            AssertUptime(downtime, 1 << (downtime.Check![1] - '0'));
        }

        Assert.All(report.Outages, outage => Assert.InRange(outage.Unknown, TimeSpan.Zero, (outage.End ?? runs.Now) - outage.Start));

        void Stop(Phase phase)
        {
            running = false;
            if (phase.Clean)
            {
                runs.Stop(StepMinutes * table.Count);
            }
            else
            {
                runs.Kill();
                table[^1] = (false, 0); // every observation was a sign of life, the last one a step before
            }
        }

        void AssertUptime(Downtime downtime, int mask)
        {
            foreach (var (days, actual) in ((int, double?)[])[(1, downtime.UptimePercentDay), (7, downtime.UptimePercentWeek), (30, downtime.UptimePercentMonth)])
            {
                var window = table.TakeLast(days * 24 * 60 / StepMinutes).Where(row => row.Observed).ToList();
                double? expected = window.Count == 0 ? null : 100.0 * window.Count(row => (row.Down & mask) == 0) / window.Count;
                Assert.True(
                    (expected is null && actual is null) || Math.Abs(expected!.Value - actual!.Value) < 1e-6,
                    $"{downtime.Check ?? "app"}, {days} days: {actual} instead of {expected}");
            }
        }
    }
}
