using System.Runtime.Versioning;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Files;

[UnsupportedOSPlatform("windows")] // modes of files
public sealed class DirectoryCheckTests : IDisposable
{
    private readonly TempTree _tree = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void All_well_says_the_numbers()
    {
        _tree.Add("in/b.csv", 10, Ago(TimeSpan.FromMinutes(5)));
        _tree.Add("a.csv", 10, Ago(TimeSpan.FromHours(3)));

        var result = Check()();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.StartsWith($"{_tree.Path} has 2 files and 1 directory, ", result.Description, StringComparison.Ordinal);
        Assert.EndsWith(", oldest 3 h (a.csv)", result.Description, StringComparison.Ordinal);
        Assert.Equal((2L, 1L, 20L), (result.Data["filesCount"], result.Data["directoriesCount"], result.Data["lengthBytes"]));
        Assert.Equal(("a.csv", 10_800.0), (result.Data["oldest"], result.Data["oldestAgeSeconds"]));
        Assert.Equal(("in/b.csv", 300.0), (result.Data["newest"], result.Data["newestAgeSeconds"]));
        Assert.Equal((true, true), (result.Data["complete"], result.Data["writable"]));
        Assert.Equal(_time.Start, result.Data["walkedAt"]);
        Assert.DoesNotContain("reason", result.Data.Keys);
    }

    [Fact]
    public void More_files_than_allowed_degrade_then_fail_and_where_they_are_is_said()
    {
        var run = Check(options => (options.DegradedAboveFilesCount, options.UnhealthyAboveFilesCount) = (3, 5));
        Assert.Equal(HealthStatus.Healthy, AfterAdding(3).Status);

        var degraded = AfterAdding(4);
        Assert.Equal((HealthStatus.Degraded, "directory.tooMany"), (degraded.Status, degraded.Data["reason"]));
        Assert.StartsWith($"too many files (degraded above 3): {_tree.Path} has 4 files and 1 directory, ", degraded.Description, StringComparison.Ordinal);
        Assert.EndsWith(", most in queue (4)", degraded.Description, StringComparison.Ordinal);

        var failed = AfterAdding(6);
        Assert.Equal((HealthStatus.Unhealthy, "directory.tooMany"), (failed.Status, failed.Data["reason"]));

        HealthCheckResult AfterAdding(int files)
        {
            for (var i = 0; i < files; i++)
            {
                _tree.Add($"queue/{i}");
            }

            return run();
        }
    }

    [Fact]
    public void A_directory_too_large_names_its_largest_children()
    {
        _tree.Add("cache/a", 300_000);
        _tree.Add("cache/b", 300_000);
        _tree.Add("big.log", 400_000);
        _tree.Add("small", 5_000);

        var result = Check(options => options.UnhealthyAboveBytes = 1_000_000)();

        Assert.Equal((HealthStatus.Unhealthy, "directory.tooLarge"), (result.Status, result.Data["reason"]));
        Assert.StartsWith("too large (unhealthy above 976.56 KiB): ", result.Description, StringComparison.Ordinal);
        Assert.Matches(@", largest: cache 5\d\d\.\d KiB, big\.log 39\d\.\d KiB, small \d\.\d KiB$", result.Description);
        Assert.Matches("^cache: 5[0-9.]* KiB, 2 files$", Assert.IsAssignableFrom<IEnumerable<string>>(result.Data["largest"]).First());
    }

    [Fact]
    public void The_oldest_file_is_judged_and_named()
    {
        _tree.Add("in/stuck.msg", 1, Ago(TimeSpan.FromMinutes(90)));
        _tree.Add("in/new.msg", 1, Ago(TimeSpan.FromMinutes(1)));
        var run = Check(options => options.DegradedAboveOldestAge = TimeSpan.FromHours(1));

        var result = run();
        Assert.Equal((HealthStatus.Degraded, "directory.stale"), (result.Status, result.Data["reason"]));
        Assert.StartsWith("oldest file too old (degraded above 1 h): ", result.Description, StringComparison.Ordinal);
        Assert.EndsWith(", oldest 1 h 30 min (in/stuck.msg)", result.Description, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(HealthStatus.Unhealthy, run().Status);

        File.Delete(Path.Combine(_tree.Path, "in/stuck.msg"));
        Assert.Equal(HealthStatus.Healthy, run().Status);
    }

    [Fact]
    public void Nothing_new_for_too_long_and_nothing_at_all_are_told_apart()
    {
        var run = Check(options => (options.DegradedAboveNewestAge, options.UnhealthyAboveNewestAge, options.Pattern) =
            (TimeSpan.FromHours(25), TimeSpan.FromHours(49), "*.dump"));
        _tree.Add("notes.txt");

        var empty = run();
        Assert.Equal((HealthStatus.Unhealthy, "directory.empty"), (empty.Status, empty.Data["reason"]));
        Assert.StartsWith($"empty (at least 1 file expected): {_tree.Path} has 0 files named *.dump, 0 B", empty.Description, StringComparison.Ordinal);

        _tree.Add("monday.dump", 1, Ago(TimeSpan.FromHours(26)));
        var quiet = run();
        Assert.Equal((HealthStatus.Degraded, "directory.quiet"), (quiet.Status, quiet.Data["reason"]));
        Assert.StartsWith("nothing new (degraded above 1 d 1 h): ", quiet.Description, StringComparison.Ordinal);
        Assert.EndsWith(", newest 1 d 2 h (monday.dump)", quiet.Description, StringComparison.Ordinal);

        _tree.Add("tuesday.dump", 1, Ago(TimeSpan.FromHours(1)));
        Assert.Equal(HealthStatus.Healthy, run().Status);
    }

    [Fact]
    public void Fewer_files_than_expected_fail()
    {
        var run = Check(options => options.MinimumFilesCount = 2);
        Assert.Equal("directory.empty", run().Data["reason"]);

        _tree.Add("one");
        var few = run();
        Assert.Equal((HealthStatus.Unhealthy, "directory.tooFew"), (few.Status, few.Data["reason"]));
        Assert.StartsWith("too few files (at least 2 expected): ", few.Description, StringComparison.Ordinal);

        _tree.Add("two");
        Assert.Equal(HealthStatus.Healthy, run().Status);
    }

    [Fact]
    public void A_file_from_the_future_has_no_negative_age()
    {
        _tree.Add("file", 1, _time.Start.AddDays(1));

        var result = Check(options => options.DegradedAboveOldestAge = TimeSpan.FromHours(1))();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal((0.0, 0.0), (result.Data["oldestAgeSeconds"], result.Data["newestAgeSeconds"]));
    }

    [Theory]
    [InlineData("777", true)]
    [InlineData("1777", false)]
    [InlineData("755", false)]
    public void World_writable_without_the_sticky_bit_degrades_unless_it_is_allowed(string mode, bool degrades)
    {
        File.SetUnixFileMode(_tree.Path, (UnixFileMode)Convert.ToInt32(mode, 8));

        var result = Check()();

        Assert.Equal(degrades ? HealthStatus.Degraded : HealthStatus.Healthy, result.Status);
        Assert.Equal(degrades ? "directory.worldWritable" : null, result.Data.GetValueOrDefault("reason"));
        Assert.Equal(degrades, result.Description!.StartsWith("writable by everybody (mode 0777): ", StringComparison.Ordinal));
        Assert.Equal(HealthStatus.Healthy, Check(options => options.AllowWorldWritable = true)().Status);
    }

    [Fact]
    public void Missing_and_no_directory_are_told_apart_and_have_no_numbers()
    {
        var missing = Check(options => options.Path = Path.Combine(_tree.Path, "no"))();
        var file = Check(options => options.Path = _tree.Add("file"))();

        Assert.Equal((HealthStatus.Unhealthy, "directory.missing"), (missing.Status, missing.Data["reason"]));
        Assert.Equal((HealthStatus.Unhealthy, "directory.notADirectory"), (file.Status, file.Data["reason"]));
        Assert.All([missing, file], result => Assert.Equal(["reason", "path", "error"], result.Data.Keys));
    }

    [Fact]
    public void The_first_of_the_worst_is_the_reason_and_all_are_said()
    {
        _tree.Add("a", 1, Ago(TimeSpan.FromDays(2)));
        _tree.Add("b");

        var result = Check(options => (options.DegradedAboveFilesCount, options.UnhealthyAboveOldestAge) = (1, TimeSpan.FromDays(1)))();

        Assert.Equal((HealthStatus.Unhealthy, "directory.stale"), (result.Status, result.Data["reason"]));
        Assert.StartsWith(
            "too many files (degraded above 1), oldest file too old (unhealthy above 1 d): ", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_walk_that_stopped_early_gives_lower_bounds_and_says_so()
    {
        Many();

        var result = Check(options => options.MaxWalkTime = TimeSpan.FromSeconds(1))();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Matches("has at least [0-9]+ files and [0-9]+ director(y|ies), at least .*; the walk ended early, after 1[.0-9]* s$", result.Description);
        Assert.Equal(false, result.Data["complete"]);
        Assert.InRange((long)result.Data["filesCount"], 1, 999);
        Assert.Empty(result.Data.Keys.Intersect(["oldest", "oldestAgeSeconds", "newest", "newestAgeSeconds"]));
    }

    [Fact]
    public void A_limit_that_a_walk_cut_short_cannot_judge_degrades_and_none_is_claimed()
    {
        Many();

        var open = Cut(options => (options.UnhealthyAboveFilesCount, options.DegradedAboveNewestAge, options.MinimumFilesCount, options.UnhealthyAboveOldestAge) =
            (10_000, TimeSpan.FromMinutes(1), 900, TimeSpan.FromDays(9)));
        Assert.Equal((HealthStatus.Degraded, "directory.partial"), (open.Status, open.Data["reason"]));
        Assert.StartsWith("the walk ended too early to judge least count, count, oldest age, newest age: ", open.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Degraded, Cut(options => options.UnhealthyAboveBytes = 1L << 40, HealthStatus.Healthy).Status);

        // What is settled by what was seen stays so.
        Assert.Equal("directory.tooMany", Cut(options => options.UnhealthyAboveFilesCount = 5).Data["reason"]);
        Assert.Equal("directory.tooLarge", Cut(options => options.UnhealthyAboveBytes = 5).Data["reason"]);
        var stale = Cut(options => options.UnhealthyAboveOldestAge = TimeSpan.FromMinutes(20));
        Assert.Equal("directory.stale", stale.Data["reason"]);
        Assert.Equal(1_800.0, (double)stale.Data["oldestAgeSeconds"], 10.0);
        Assert.Equal(HealthStatus.Healthy, Cut(options => options.MinimumFilesCount = 5).Status);
        Assert.Equal(HealthStatus.Healthy, Cut(options => options.DegradedAboveNewestAge = TimeSpan.FromHours(1)).Status);

        HealthCheckResult Cut(Action<DirectoryOptions> configure, HealthStatus failureStatus = HealthStatus.Unhealthy) => Check(
            options =>
            {
                options.MaxWalkTime = TimeSpan.FromSeconds(1);
                configure(options);
            },
            failureStatus)();
    }

    [Fact]
    public void After_a_walk_there_is_a_pause_of_twenty_times_its_length_with_the_last_figures()
    {
        _tree.Add("a");
        _time.Step = TimeSpan.FromMilliseconds(100);
        var run = Check();
        var first = run();
        var took = TimeSpan.FromSeconds((double)first.Data["walkSeconds"]);
        Assert.True(took > TimeSpan.Zero);

        _tree.Add("b");
        _time.Advance(10 * took);
        var rested = run();
        Assert.Equal((1L, first.Data["walkedAt"]), (rested.Data["filesCount"], rested.Data["walkedAt"]));
        Assert.Matches("; counted [0-9.]+ s ago$", rested.Description);

        _time.Advance(10 * took);
        var second = run();
        Assert.Equal(2L, second.Data["filesCount"]);
        Assert.DoesNotContain("counted", second.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void In_the_pause_what_is_cheap_is_looked_at_all_the_same()
    {
        var path = Directory.CreateDirectory(Path.Combine(_tree.Path, "queue")).FullName;
        _tree.Add("queue/a");
        _time.Step = TimeSpan.FromMilliseconds(100);
        var run = Check(options => options.Path = path);
        Assert.Equal(HealthStatus.Healthy, run().Status);

        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("777", 8));
        Assert.Equal("directory.worldWritable", run().Data["reason"]);

        Directory.Move(path, path + ".old");
        Assert.Equal("directory.missing", run().Data["reason"]);

        // Another directory is walked at once.
        Directory.CreateDirectory(path);
        Assert.Equal(0L, run().Data["filesCount"]);
    }

    private void Many()
    {
        // 20 looks at the clock a second at 50 ms each.
        _time.Step = TimeSpan.FromMilliseconds(50);
        for (var i = 0; i < 1_000; i++)
        {
            _tree.Add($"d{i % 20}/{i}", 100, Ago(TimeSpan.FromMinutes(30)));
        }
    }

    private DateTimeOffset Ago(TimeSpan age) => _time.GetUtcNow() - age;

    private Func<HealthCheckResult> Check(Action<DirectoryOptions>? configure = null, HealthStatus failureStatus = HealthStatus.Unhealthy)
    {
        var options = new DirectoryOptions { Path = _tree.Path };
        configure?.Invoke(options);
        Assert.Empty(DirectoryCheck.Type.Validate(options));
        var check = new DirectoryCheck(_time, () => options);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("directory", check, failureStatus, tags: null) };
        return () =>
        {
            var run = check.CheckHealthAsync(context);
            Assert.True(run.IsCompletedSuccessfully);
            return run.Result;
        };
    }
}
