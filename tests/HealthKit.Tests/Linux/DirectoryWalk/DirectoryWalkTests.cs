using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Files;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Linux;

public sealed class DirectoryWalkTests : IDisposable
{
    private static readonly WalkRules All = new(Recursive: true, CrossFileSystems: false, Pattern: null, TimeSpan.FromMinutes(1));
    private static readonly DateTimeOffset Day = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void It_counts_files_directories_and_bytes_and_names_the_oldest_and_newest()
    {
        _tree.Add("a", 10, Day.AddDays(2));
        _tree.Add("sub/b", 20, Day.AddDays(1));
        _tree.Add("sub/below/c", 5_000, Day.AddDays(3));
        Directory.CreateDirectory(Path.Combine(_tree.Path, "empty"));

        var figures = Walk();

        Assert.True(figures.IsComplete);
        Assert.Equal((3, 3, 5_030), (figures.Files, figures.Directories, figures.LengthBytes));
        Assert.Equal(new FoundFile("sub/b", Day.AddDays(1)), figures.Oldest);
        Assert.Equal(new FoundFile("sub/below/c", Day.AddDays(3)), figures.Newest);
        Assert.Equal("sub", figures.Largest[0].Name);
        Assert.Equal(2, figures.Largest[0].Files);
        Assert.Equal(new FoundChild("sub", figures.Largest[0].Bytes, 2), figures.MostFiles);
    }

    [Fact]
    public void An_empty_directory_has_nothing_and_a_missing_one_an_error()
    {
        var figures = Walk();

        Assert.True(figures.IsComplete);
        Assert.Equal((0, 0, 0), (figures.Files, figures.Directories, figures.LengthBytes));
        Assert.Null(figures.Oldest);
        Assert.Null(figures.MostFiles);
        Assert.Empty(figures.Largest);
        Assert.Equal(LibC.NotFound, DirectoryWalk.Run("/no/such", All, TimeProvider.System, default).Error);
        Assert.Equal(LibC.NotADirectory, DirectoryWalk.Run(_tree.Add("file"), All, TimeProvider.System, default).Error);
        Assert.Equal(LibC.NotFound, PortableDirectoryWalk.Run("/no/such", All, TimeProvider.System, default).Error);
    }

    [Fact]
    public void Any_tree_is_as_the_base_class_library_enumerates_it()
    {
        // Each number is a file: its directory, its length and its age.
        Prop.ForAll(Gen.Choose(0, 1 << 20).ListOf().ToArbitrary(), seeds =>
        {
            using var tree = new TempTree();
            foreach (var (seed, i) in seeds.Select((seed, i) => (seed, i)))
            {
                var directory = string.Concat(Enumerable.Range(0, seed % 5).Select(level => $"d{(seed >> level) % 3}/"));
                tree.Add($"{directory}{i}{(seed % 2 == 0 ? ".log" : "")}", seed % 10_000, Day.AddMinutes(seed));
            }

            var rules = seeds.Count % 3 == 0 ? All with { Pattern = new NamePattern("*.log") } : seeds.Count % 3 == 1 ? All with { Recursive = false } : All;
            var files = new DirectoryInfo(tree.Path)
                .GetFiles(rules.Pattern is null ? "*" : "*.log", rules.Recursive ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly);
            var figures = DirectoryWalk.Run(tree.Path, rules, TimeProvider.System, default);
            var portable = PortableDirectoryWalk.Run(tree.Path, rules, TimeProvider.System, default);
            foreach (var found in new[] { figures, portable })
            {
                Assert.True(found.IsComplete);
                Assert.Equal(files.Length, found.Files);
                Assert.Equal(files.Sum(file => file.Length), found.LengthBytes);
                Assert.Equal(
                    Directory.GetDirectories(tree.Path, "*", rules.Recursive ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly).Length,
                    found.Directories);
                AssertTime(files.Min(file => (DateTime?)file.LastWriteTimeUtc), found.Oldest, tree);
                AssertTime(files.Max(file => (DateTime?)file.LastWriteTimeUtc), found.Newest, tree);
                Assert.Equal(found.Largest.OrderByDescending(child => child.Bytes).Select(child => child.Bytes), found.Largest.Select(child => child.Bytes));
            }

            // A child is a file, or a directory and what is below it.
            var children = rules.Recursive ? Directory.GetFileSystemEntries(tree.Path) : Directory.GetFiles(tree.Path);
            var largest = children.Select(child => files.Where(file => file.FullName == child || file.FullName.StartsWith(child + "/", StringComparison.Ordinal)).Sum(file => file.Length))
                .Where(bytes => bytes > 0).OrderDescending().Take(5);
            Assert.Equal(largest, portable.Largest.Select(child => child.Bytes));
            Assert.Equal(figures.MostFiles?.Files, portable.MostFiles?.Files);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Fact]
    public void A_file_with_two_names_is_two_files_and_takes_its_bytes_once()
    {
        var file = _tree.Add("file", 10_000);
        var single = Walk();
        Link(file, Path.Combine(_tree.Path, "again"));

        var both = Walk();

        Assert.Equal(2, both.Files);
        Assert.Equal((single.AllocatedBytes, single.LengthBytes), (both.AllocatedBytes, both.LengthBytes));
    }

    [Fact]
    public void Links_inside_are_files_and_never_followed_and_the_first_one_is()
    {
        using var elsewhere = new TempTree();
        elsewhere.Add("large", 1 << 20);
        Directory.CreateSymbolicLink(Path.Combine(_tree.Path, "elsewhere"), elsewhere.Path);
        Directory.CreateSymbolicLink(Path.Combine(_tree.Path, "loop"), _tree.Path);
        File.CreateSymbolicLink(Path.Combine(_tree.Path, "nowhere"), "/no/such");
        _tree.Add("file", 5);

        var figures = Walk();

        Assert.True(figures.IsComplete);
        Assert.Equal((4, 0), (figures.Files, figures.Directories));
        Assert.InRange(figures.LengthBytes, 5, 1000);
        Assert.Equal(4, PortableDirectoryWalk.Run(_tree.Path, All, TimeProvider.System, default).Files);
        Assert.Equal(4, DirectoryWalk.Run(Path.Combine(_tree.Path, "loop"), All, TimeProvider.System, default).Files);
    }

    [Fact]
    public void Five_children_are_named_the_largest_first()
    {
        foreach (var i in new[] { 3, 9, 1, 7, 5, 8, 2 })
        {
            _tree.Add(i % 2 == 0 ? $"c{i}" : $"c{i}/file", i * 100_000);
        }

        var largest = Walk().Largest;

        Assert.Equal(["c9", "c8", "c7", "c5", "c3"], largest.Select(child => child.Name));
        Assert.All(largest, child => Assert.Equal(1, child.Files));
    }

    [Fact]
    public void A_walk_that_runs_out_of_time_says_so_and_counts_no_more_than_there_is()
    {
        for (var i = 0; i < 300; i++)
        {
            _tree.Add($"d{i % 10}/{i}");
        }

        var time = new ManualTime { Step = TimeSpan.FromMilliseconds(10) };
        var seen = new List<long>();
        for (var milliseconds = 20; milliseconds < 2_000; milliseconds += 20)
        {
            foreach (var walk in new[] { DirectoryWalk.Run, (Func<string, WalkRules, TimeProvider, CancellationToken, DirectoryFigures>)PortableDirectoryWalk.Run })
            {
                var figures = walk(_tree.Path, All with { MaxTime = TimeSpan.FromMilliseconds(milliseconds) }, time, default);
                Assert.InRange(figures.Files, figures.StoppedEarly ? 0 : 300, 300);
                Assert.InRange(figures.Largest.Sum(child => child.Files), 0, 300);
                Assert.InRange(figures.Duration, TimeSpan.Zero, TimeSpan.FromMilliseconds(milliseconds + 30));
                seen.Add(figures.Files);
            }
        }

        Assert.Contains(seen, files => files is > 0 and < 300);
        Assert.Contains(300, seen);
    }

    [Fact]
    public void A_cancelled_walk_ends()
    {
        _tree.Add("file");

        Assert.Throws<OperationCanceledException>(() => DirectoryWalk.Run(_tree.Path, All, TimeProvider.System, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Two_branches_far_below_the_directories_that_stay_open_are_both_walked()
    {
        // At each level a file and a second directory, to which the walk comes back from the bottom.
        const int Levels = 150;
        var directory = "";
        for (var i = 0; i < Levels; i++)
        {
            directory += "d/";
            _tree.Add(directory + "file", 3);
            _tree.Add($"{directory}a/file", 3);
            _tree.Add($"{directory}z/file", 3);
        }

        var before = OpenDescriptors();
        var figures = Walk();

        Assert.True(figures.IsComplete, figures.FirstUnreadable);
        Assert.Equal((3 * Levels, 3 * Levels, 9 * Levels), (figures.Files, figures.Directories, figures.LengthBytes));
        Assert.InRange(OpenDescriptors() - before, -20, 20);
    }

    [Fact]
    public async Task It_bears_that_others_write_and_delete_what_it_walks()
    {
        using var end = new CancellationTokenSource();
        var others = Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; !end.IsCancellationRequested; i++)
                {
                    _tree.Add($"d{i % 7}/e/f/{i % 100}");
                    if (i % 50 == 49)
                    {
                        Directory.Delete(Path.Combine(_tree.Path, $"d{i % 7}"), recursive: true);
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        for (var i = 0; i < 500; i++)
        {
            var figures = Walk();
            Assert.Equal(0, figures.Error);
            Assert.True(figures.IsComplete, figures.FirstUnreadable);
        }

        await end.CancelAsync();
        await others.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_name_is_shown_without_what_could_mislead_and_not_too_long()
    {
        Assert.Equal("sub/näme.csv", DirectoryWalk.Show("sub/näme.csv"u8));
        Assert.Equal("a\uFFFDb\uFFFDc\uFFFD", DirectoryWalk.Show([.. "a\nb\u202ec"u8, 0xff]));
        var shown = DirectoryWalk.Show(Enumerable.Repeat((byte)'x', 5_000).ToArray());
        Assert.Equal(201, shown.Length);
        Prop.ForAll<byte[]>(name => DirectoryWalk.Show(name) is { Length: <= 201 } text && !text.Any(char.IsControl)).QuickCheckThrowOnFailure();
    }

    private static int OpenDescriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static void AssertTime(DateTime? expected, FoundFile? found, TempTree tree)
    {
        Assert.Equal(expected, found?.ModifiedAt.UtcDateTime);
        if (found is not null)
        {
            Assert.Equal(expected, File.GetLastWriteTimeUtc(Path.Combine(tree.Path, found.Name)));
        }
    }

    private static void Link(string existing, string name)
    {
        using var ln = System.Diagnostics.Process.Start("ln", [existing, name]);
        ln.WaitForExit();
        Assert.Equal(0, ln.ExitCode);
    }

    private DirectoryFigures Walk() => DirectoryWalk.Run(_tree.Path, All, TimeProvider.System, default);
}
