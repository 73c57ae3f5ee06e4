using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests.Files;

public sealed class FileMemoryTests : IDisposable
{
    private readonly FileBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Last_good_is_remembered_across_restarts()
    {
        _bench.Options.UnhealthyAboveShrinkPercent = 50;
        _bench.Replace(new string('x', 1_000), TimeSpan.FromMinutes(1));
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
        _bench.Restart();
        _bench.Time.Advance(TimeSpan.FromHours(3));
        _bench.Replace(new string('x', 400));

        var result = _bench.Run();

        Assert.Equal("file.shrunk", result.Data["reason"]);
        Assert.StartsWith("shrunk by 60.0 % (unhealthy above 50 %) from 1000 B: 400 B", result.Description, StringComparison.Ordinal);
        Assert.EndsWith("; content last good 3 h ago: 1000 B", result.Description, StringComparison.Ordinal);
        Assert.Equal(1_000L, result.Data["lastGoodBytes"]);
    }

    [Fact]
    public void What_is_not_good_does_not_become_the_last_good_one()
    {
        _bench.Options.DegradedAboveShrinkPercent = 50;
        _bench.Replace(new string('x', 1_000), TimeSpan.FromMinutes(1));
        _bench.Run();
        foreach (var size in new[] { 400, 450, 499 })
        {
            _bench.Replace(new string('x', size), TimeSpan.FromMinutes(1));
            Assert.Equal(HealthStatus.Degraded, _bench.RunLater(TimeSpan.FromMinutes(1)).Status);
        }

        // The way out: one healthy run without the limit.
        _bench.Options = new FileCheckOptions { Path = _bench.Path };
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
        _bench.Options = new FileCheckOptions { Path = _bench.Path, DegradedAboveShrinkPercent = 50 };
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
    }

    [Fact]
    public void Since_when_the_content_is_the_same_is_remembered_across_restarts()
    {
        _bench.Options.UnhealthyWhenUnchangedFor = TimeSpan.FromHours(6);
        for (var hour = 0; hour < 6; hour++)
        {
            _bench.Replace("always the same\n");
            Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
            _bench.Restart();
            _bench.Time.Advance(TimeSpan.FromHours(1.01));
        }

        _bench.Replace("always the same\n");
        Assert.Equal("file.unchanged", _bench.Run().Data["reason"]);
        _bench.Replace("at last\n");
        Assert.Equal((HealthStatus.Healthy, 0d), (_bench.Run().Status, _bench.Run().Data["unchangedSeconds"]));
    }

    [Fact]
    public void Content_seen_for_the_first_time_is_as_old_as_its_time_says()
    {
        _bench.Options.UnhealthyWhenUnchangedFor = TimeSpan.FromHours(6);
        _bench.Replace("old\n", TimeSpan.FromHours(7));

        Assert.Equal("file.unchanged", _bench.Run().Data["reason"]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("/proc/version/state")]
    [InlineData("a\0b")]
    public void Without_a_place_for_state_it_remembers_as_long_as_the_process_lives(string? place)
    {
        _bench.StatePath = place;
        _bench.Options.UnhealthyAboveShrinkPercent = 50;
        _bench.Replace(new string('x', 1_000), TimeSpan.FromMinutes(1));
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
        _bench.Replace("x", TimeSpan.FromMinutes(1));
        Assert.Equal("file.shrunk", _bench.Run().Data["reason"]);

        _bench.Restart();
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
    }

    [Fact]
    public void What_an_earlier_run_remembered_counts_again_when_the_state_directory_comes_back()
    {
        _bench.Options.UnhealthyAboveShrinkPercent = 50;
        _bench.Options.UnhealthyWhenUnchangedFor = TimeSpan.FromHours(6);
        _bench.Replace(new string('x', 1_000));
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
        _bench.Restart();
        var (state, aside) = (_bench.StatePath!, _bench.StatePath + ".aside");
        Directory.Move(state, aside);
        File.WriteAllText(state, "no directory");
        _bench.Time.Advance(TimeSpan.FromHours(1));
        _bench.Replace("x");
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);

        File.Delete(state);
        Directory.Move(aside, state);
        Assert.Equal("file.shrunk", _bench.RunLater(TimeSpan.FromMinutes(1)).Data["reason"]);
        _bench.Restart();
        Assert.Equal("file.shrunk", _bench.Run().Data["reason"]);
        _bench.Replace(new string('x', 1_000));
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
    }

    [Fact]
    public async Task A_new_provider_on_the_same_state_directory_knows_the_last_good_one()
    {
        var state = Directory.CreateTempSubdirectory("healthkit-file-state-").FullName;
        try
        {
            _bench.Replace(new string('x', 1_000));
            Assert.Equal(HealthStatus.Healthy, (await RunInHost(state)).Status);
            _bench.Replace("x");
            var result = await RunInHost(state);
            Assert.Equal("file.shrunk", result.Reason);
            Assert.Contains(result.Readings, reading => reading is { Name: "lastGoodBytes", Value: 1_000 });
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    [Fact]
    public async Task Without_healthkit_it_works_in_memory()
    {
        var services = new ServiceCollection();
        services.AddHealthChecks().AddFileCheck(_bench.Path, options => options.UnhealthyAboveShrinkPercent = 50);
        services.AddLogging();
        await using var provider = services.BuildServiceProvider();
        var health = provider.GetRequiredService<HealthCheckService>();
        _bench.Replace(new string('x', 1_000), TimeSpan.FromDays(1));
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);
        _bench.Replace("x", TimeSpan.FromDays(1));

        var entry = Assert.Single((await health.CheckHealthAsync()).Entries);

        Assert.Equal(PathRules.CheckName("file", _bench.Path), entry.Key);
        Assert.Equal("file.shrunk", entry.Value.Data["reason"]);
        Assert.Null(provider.GetRequiredService<FileMemory>().Journal);
    }

    [Fact]
    public void The_newest_record_of_each_file_is_kept_however_often_they_change()
    {
        using var directory = StateDirectory.Open(_bench.StatePath, "app", NullLogger.Instance);
        using (var memory = new FileMemory(directory, null, _bench.Time, NullLogger.Instance))
        {
            for (var i = 0; i < 5_000; i++)
            {
                memory.Keep(new FileRecord { Check = $"check{i % 50}", Path = "/data/x.csv", Good = new GoodFile(_bench.Time.GetUtcNow(), i) });
            }
        }

        using var again = new FileMemory(directory, null, _bench.Time, NullLogger.Instance);
        Assert.All(Enumerable.Range(0, 50), i => Assert.Equal(4_950 + i, again.Find($"check{i}", "/data/x.csv").Good!.Bytes));
        Assert.Null(again.Find("check0", "/data/y.csv").Good);
    }

    [Fact]
    public void Files_that_no_check_watches_any_more_make_room()
    {
        using var directory = StateDirectory.Open(_bench.StatePath, "app", NullLogger.Instance);
        using (var memory = new FileMemory(directory, null, _bench.Time, NullLogger.Instance))
        {
            for (var i = 0; i < 3_000; i++)
            {
                memory.Keep(new FileRecord { Check = $"check{i}", Path = "/data/" + new string('x', 200), Good = new GoodFile(_bench.Time.GetUtcNow(), i) });
            }
        }

        using var again = new FileMemory(directory, null, _bench.Time, NullLogger.Instance);
        Assert.All(Enumerable.Range(2_800, 200), i => Assert.Equal(i, again.Find($"check{i}", "/data/" + new string('x', 200)).Good!.Bytes));
    }

    [Fact]
    public void Any_bytes_as_a_record_are_passed_over() => Prop.ForAll<byte[]>(bytes => Assert.Null(FileMemory.Parse(bytes))).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"check":"a"}""")]
    [InlineData("""{"check":"a","path":null}""")]
    [InlineData("""{"check":"a","path":"b","good":{"at":"yesterday"}}""")]
    public void A_record_of_another_shape_is_passed_over(string json) => Assert.Null(FileMemory.Parse(Encoding.UTF8.GetBytes(json)));

    private async Task<CheckState> RunInHost(string state)
    {
        var builder = TestHost.Builder(("AddDefaultChecks", "false"), ("StateDirectory", state));
        builder.AddHealthKit().AddFileCheck(_bench.Path, options => options.UnhealthyAboveShrinkPercent = 50, name: "rates");
        builder.Services.AddLogging();
        using var host = builder.Build();
        await host.StartAsync();
        var result = await host.Services.GetRequiredService<HealthMonitor>().RunAsync("rates");
        await host.StopAsync();
        return result;
    }
}
