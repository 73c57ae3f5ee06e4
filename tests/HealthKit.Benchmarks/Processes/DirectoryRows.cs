using System.Diagnostics;
using System.Globalization;

namespace HealthKit;

/// <summary>A walk of many files against find(1), both with warm caches.</summary>
internal static class DirectoryRows
{
    private const int Directories = 200;
    private const int FilesInEach = 1_000;
    private const double Factor = 1.5;

    public static IEnumerable<Row> Measure(BenchmarkOptions options)
    {
        var place = Directory.CreateTempSubdirectory("hk-bench-").FullName;
        try
        {
            for (var i = 0; i < Directories; i++)
            {
                var directory = Directory.CreateDirectory(Path.Combine(place, i.ToString(CultureInfo.InvariantCulture))).FullName;
                for (var j = 0; j < FilesInEach; j++)
                {
                    using var file = File.OpenHandle(
                        Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"message-{j}.json")), FileMode.CreateNew, FileAccess.Write);
                    if (j % 10 == 0)
                    {
                        RandomAccess.SetLength(file, j + 1);
                    }
                }
            }

            var rules = new WalkRules(Recursive: true, CrossFileSystems: false, Pattern: null, TimeSpan.FromHours(1));
            List<double> walks = [], finds = [], ratios = [];
            var allocated = double.MaxValue;
            for (var round = -2; round < (options.Quick ? 3 : 15); round++)
            {
                double walk, find;
                if (round % 2 == 0)
                {
                    walk = Walk();
                    find = Find(place);
                }
                else
                {
                    find = Find(place);
                    walk = Walk();
                }

                if (round >= 0)
                {
                    walks.Add(walk);
                    finds.Add(find);
                    ratios.Add(walk / find);
                }
            }

            var ratio = Interleaved.Median(ratios);
            yield return new Row(
                $"walk of {Directories * FilesInEach:#,0} files / find -printf %s",
                Text.Time(Interleaved.Median(walks)),
                Text.Time(Interleaved.Median(finds)),
                Text.Number(ratio),
                $"<= {Factor.ToString(CultureInfo.InvariantCulture)} x",
                ratio <= Factor);
            yield return new Row($"walk of {Directories * FilesInEach:#,0} files, allocated", Text.Bytes(allocated), "", "", "", null);

            double Walk()
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                var started = Stopwatch.GetTimestamp();
                var figures = DirectoryWalk.Run(place, rules, TimeProvider.System, CancellationToken.None);
                var took = Stopwatch.GetElapsedTime(started).TotalNanoseconds;
                allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
                return figures is { IsComplete: true, Files: Directories * FilesInEach }
                    ? took
                    : throw new InvalidOperationException($"The walk found {figures.Files} files.");
            }
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    /// <summary>Its own time to start is a thousandth of it.</summary>
    private static double Find(string place)
    {
        var started = Stopwatch.GetTimestamp();
        using var find = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec find \"$0\" -printf '%s\\n' >/dev/null", place]))!;
        find.WaitForExit();
        return find.ExitCode == 0
            ? Stopwatch.GetElapsedTime(started).TotalNanoseconds
            : throw new InvalidOperationException($"find exited with {find.ExitCode}.");
    }
}
