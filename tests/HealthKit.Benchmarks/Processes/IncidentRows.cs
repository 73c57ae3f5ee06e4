using System.Globalization;

namespace HealthKit;

/// <summary>What incidents cost: nothing while all is well, little at a transition, and at a restart with many of them open.</summary>
internal static class IncidentRows
{
    private const int OpenIncidents = 1_000;
    private const double TransitionNanoseconds = 50_000;
    private const double RestartMilliseconds = 200;

    private static double Single(IncidentBenchmark benchmark, int count)
    {
        var times = new double[count];
        for (var i = 0; i < count; i++)
        {
            benchmark.Drain();
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            benchmark.Transition();
            times[i] = System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalNanoseconds;
        }

        return Interleaved.Median(times);
    }

    public static async IAsyncEnumerable<Row> Measure(BenchmarkOptions options)
    {
        using (var benchmark = new IncidentBenchmark())
        {
            var interleaved = new Interleaved(options.Quick);
            var well = interleaved.Measure(benchmark.Well);
            yield return Row.OfTime("result of a check that is well", well);
            yield return Row.OfBytes("result of a check that is well, allocated", well, atMost: 0);
            var transition = interleaved.Measure(benchmark.Transition);
            var single = Single(benchmark, options.Quick ? 300 : 3_000);
            yield return new Row("one transition to two outboxes, by itself", Text.Time(single), "", "", "", null);
            yield return Row.OfTime("transition to two outboxes", transition) with
            {
                Budget = $"<= {Text.Time(TransitionNanoseconds)}",
                Ok = transition.Nanoseconds <= TransitionNanoseconds,
            };
            yield return Row.OfBytes("transition to two outboxes, allocated", transition);
        }

        var place = Directory.CreateTempSubdirectory("hk-bench-").FullName;
        try
        {
            IncidentBenchmark.Leave(place, OpenIncidents);
            List<double> times = [];
            for (var i = 0; i < (options.Quick ? 3 : 11); i++)
            {
                using var child = new Child("incidents", place, OpenIncidents.ToString(CultureInfo.InvariantCulture));
                var (milliseconds, open) = await child.ReadLineAsync() is { } line && line.Split(' ') is [var time, var count] ? (time, count) : ("", "");
                if (open != OpenIncidents.ToString(CultureInfo.InvariantCulture))
                {
                    throw new InvalidOperationException($"{open} incidents are open after the restart, not {OpenIncidents}.");
                }

                times.Add(double.Parse(milliseconds, CultureInfo.InvariantCulture));
            }

            var restart = Interleaved.Median(times);
            yield return new Row(
                "restart with 1,000 open incidents, cold", $"{restart:0} ms", "", "", $"<= {RestartMilliseconds} ms", restart <= RestartMilliseconds);
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }
}
