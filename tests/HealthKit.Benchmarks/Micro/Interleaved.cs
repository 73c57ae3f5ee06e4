using System.Diagnostics;

namespace HealthKit;

/// <summary>One call: its time and what it allocates.</summary>
internal sealed record Sample(double Nanoseconds, double Bytes);

/// <summary>Two calls, measured in turns.</summary>
/// <param name="Measured">Medians of the one.</param>
/// <param name="Baseline">Medians of the other.</param>
/// <param name="Ratio">The median of the rounds' ratios: noise that lasts longer than a round hits both sides of it.</param>
internal sealed record Comparison(Sample Measured, Sample Baseline, double Ratio);

/// <summary>
/// Measures on a machine that others use too: batches of both sides in turns, medians over many rounds. A batch is shorter than the
/// scheduler's time slice, so that most of them run without being put aside.
/// </summary>
internal sealed class Interleaved(bool quick)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Batch = TimeSpan.FromMilliseconds(0.5);
    private const int AllocationPasses = 21;

    private readonly int _rounds = quick ? 201 : 2_001;

    public Comparison Compare(Action measured, Action baseline)
    {
        var m = Warm(measured);
        var b = Warm(baseline);
        var times = new double[_rounds];
        var baselines = new double[_rounds];
        var ratios = new double[_rounds];
        for (var i = 0; i < _rounds; i++)
        {
            // Who goes first changes, for the second finds the caches as the first left them.
            if (i % 2 == 0)
            {
                times[i] = Time(measured, m);
                baselines[i] = Time(baseline, b);
            }
            else
            {
                baselines[i] = Time(baseline, b);
                times[i] = Time(measured, m);
            }

            ratios[i] = times[i] / baselines[i];
        }

        return new Comparison(new Sample(Median(times), Allocated(measured, m)), new Sample(Median(baselines), Allocated(baseline, b)), Median(ratios));
    }

    public Sample Measure(Action measured)
    {
        var calls = Warm(measured);
        var times = new double[_rounds];
        for (var i = 0; i < _rounds; i++)
        {
            times[i] = Time(measured, calls);
        }

        return new Sample(Median(times), Allocated(measured, calls));
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Runs it until the JIT has settled, and returns how many calls make a batch.</summary>
    private int Warm(Action call)
    {
        var watch = Stopwatch.StartNew();
        var calls = 0;
        while (watch.Elapsed < WarmUp)
        {
            call();
            calls++;
        }

        return Math.Max(1, (int)(calls * (Batch / watch.Elapsed)));
    }

    private static double Time(Action call, int calls)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < calls; i++)
        {
            call();
        }

        return Stopwatch.GetElapsedTime(started).TotalNanoseconds / calls;
    }

    /// <summary>All threads' allocations, as some calls spread over the pool; the least of some passes, as others allocate too.</summary>
    private static double Allocated(Action call, int calls)
    {
        var least = double.MaxValue;
        for (var pass = 0; pass < AllocationPasses; pass++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < calls; i++)
            {
                call();
            }

            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)calls);
        }

        return least;
    }
}
