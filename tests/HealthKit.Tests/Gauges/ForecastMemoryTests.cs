using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.HostChecks.DiskSpace;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests.Gauges;

/// <summary>What a disk check knows after a restart. Its disk fills at half a GiB a minute.</summary>
public sealed class ForecastMemoryTests : IDisposable
{
    private const long GiB = FakeFileSystems.GiB;

    private readonly string _path = Directory.CreateTempSubdirectory("healthkit-forecast-").FullName;
    private readonly FakeFileSystems _disk = new();
    private readonly StateDirectory _directory;
    private ForecastMemory _memory;
    private int _minute;
    private TimeSpan _started;

    public ForecastMemoryTests()
    {
        _directory = StateDirectory.Open(Path.Join(_path, "state"), "app", NullLogger.Instance);
        _memory = new ForecastMemory(_directory, _disk.Time, NullLogger.Instance);
        _disk.Memory = _memory;
        _disk.Options.UnhealthyBelowFreePercent = 0;
    }

    public void Dispose()
    {
        _memory.Dispose();
        _directory.Close();
        Directory.Delete(_path, recursive: true);
    }

    [Fact]
    public void A_warning_stands_at_the_first_run_after_a_restart()
    {
        FillUntilWarned();
        for (var restart = 0; restart < 5; restart++)
        {
            Restart(TimeSpan.FromMinutes(1));
            Assert.Equal("disk.space.filling", Run().Data["reason"]);
        }
    }

    [Fact]
    public void What_was_seen_before_a_restart_counts()
    {
        // Restarted every ten minutes, it warns as early as ever: 200 minutes to the end.
        while (Run().Status == HealthStatus.Healthy)
        {
            _minute++;
            Assert.True(_minute < 0.35 * 200, "No warning.");
            if (_minute % 10 == 0)
            {
                Restart(TimeSpan.FromMinutes(1));
            }
        }
    }

    [Fact]
    public void A_disk_emptied_meanwhile_is_well()
    {
        FillUntilWarned();
        Restart(TimeSpan.FromHours(1));
        _minute = 0;

        Assert.Equal(HealthStatus.Healthy, Run().Status);
    }

    [Theory]
    [InlineData(25, 0)]
    [InlineData(0.1, 1)]
    public void After_a_long_break_and_with_a_clock_that_went_back_it_begins_anew(double downHours, double backHours)
    {
        FillUntilWarned();
        _disk.Time.WallClockShift = -TimeSpan.FromHours(backHours);
        Restart(TimeSpan.FromHours(downHours));

        Assert.Equal(HealthStatus.Healthy, Run().Status);
        Assert.DoesNotContain("timeToFullSeconds", Run().Data);
    }

    [Theory]
    [InlineData(8UL, 1, "/", 100)]
    [InlineData(0UL, 2, "/", 100)]
    [InlineData(0UL, 1, "/", 200)]
    [InlineData(7UL, 1, "/data", 100)]
    public void Another_disk_inherits_nothing(ulong id, uint device, string path, int gibibytes)
    {
        FillUntilWarned(id == 0 ? 0UL : 7UL);
        Restart(TimeSpan.FromMinutes(1));
        _disk.Options = new DiskSpaceOptions { Path = path, UnhealthyBelowFreePercent = 0 };
        _disk.Set(path, gibibytes * GiB, (100 * GiB) - (_minute * GiB / 2), device, id: id);

        Assert.Equal(HealthStatus.Healthy, _disk.Run().Status);
    }

    [Fact]
    public void The_same_disk_under_another_device_number_is_the_same()
    {
        FillUntilWarned();
        Restart(TimeSpan.FromMinutes(1));
        _disk.Set("/", 100 * GiB, (100 * GiB) - (_minute * GiB / 2), device: 5);

        Assert.Equal("disk.space.filling", _disk.Run().Data["reason"]);
    }

    [Fact]
    public void A_disk_enlarged_while_the_app_was_down_goes_on()
    {
        FillUntilWarned();
        var growth = Run().Data["growthBytesPerSecond"];
        Restart(TimeSpan.FromMinutes(1));
        _disk.Set("/", 105 * GiB, (105 * GiB) - (_minute * GiB / 2));

        var result = _disk.Run();

        Assert.Equal("disk.space.filling", result.Data["reason"]);
        Assert.Equal(Assert.IsType<double>(growth), Assert.IsType<double>(result.Data["growthBytesPerSecond"]), 1e4);
    }

    [Fact]
    public void A_disk_without_an_id_of_its_own_that_was_enlarged_is_found_again()
    {
        FillUntilWarned(0);
        _minute++;
        _disk.Time.AdvanceTo(_started + TimeSpan.FromMinutes(_minute));
        _disk.Set("/", 105 * GiB, (105 * GiB) - (_minute * GiB / 2), id: 0);
        Assert.Equal("disk.space.filling", _disk.Run().Data["reason"]);
        Restart(TimeSpan.FromMinutes(1));
        _disk.Set("/", 105 * GiB, (105 * GiB) - (_minute * GiB / 2), id: 0);

        Assert.Equal("disk.space.filling", _disk.Run().Data["reason"]);
    }

    [Fact]
    public void A_disk_unmounted_for_a_while_goes_on_and_its_record_stays()
    {
        FillUntilWarned();
        _disk.Time.Advance(TimeSpan.FromSeconds(30));
        _disk.Set("/", 50 * GiB, 25 * GiB, device: 9, id: 9);
        Assert.Equal(HealthStatus.Healthy, _disk.Run().Status);

        _minute++;
        Assert.Equal("disk.space.filling", Run().Data["reason"]);
        Restart(TimeSpan.FromMinutes(1));
        Assert.Equal("disk.space.filling", Run().Data["reason"]);
    }

    [Fact]
    public void It_writes_once_a_minute_and_when_the_verdict_changes()
    {
        var forecast = _memory.Find("x", TimeSpan.Zero);
        for (var second = 0; second < 600; second += 10)
        {
            _disk.Time.AdvanceTo(TimeSpan.FromSeconds(second));
            forecast.Add(TimeSpan.FromSeconds(second), second, 1e6);
            _memory.Keep("x", forecast);
        }

        Assert.Equal(10, _memory.Journal!.ReadAll().Count);
    }

    [Fact]
    public void The_newest_of_each_is_kept_and_what_is_fed_no_more_makes_room()
    {
        for (var i = 0; i < 600; i++)
        {
            var forecast = new GaugeForecast();
            for (var second = 0; second < 3600; second += 10)
            {
                forecast.Add(TimeSpan.FromSeconds(second), i, 1e6 + i);
            }

            _memory.Keep($"x{i}", forecast);
        }

        Reopen();
        Assert.All(Enumerable.Range(560, 40), i => Assert.Equal(1e6 + i, _memory.Find($"x{i}", TimeSpan.Zero).Limit));
        Assert.Null(_memory.Find("x0", TimeSpan.Zero).Limit);
        Assert.Equal(512 * 1024, new FileInfo(Path.Join(_path, "state", "forecasts.journal")).Length);
    }

    [Fact]
    public void What_an_earlier_run_kept_is_found_when_the_state_directory_comes_back()
    {
        var (state, aside) = (Path.Join(_path, "late"), Path.Join(_path, "aside"));
        foreach (var name in (string[])["x", "y"])
        {
            using var directory = StateDirectory.Open(state, "app", NullLogger.Instance);
            using var memory = new ForecastMemory(directory, _disk.Time, NullLogger.Instance);
            memory.Keep(name, Fed(1));
        }

        Directory.Move(state, aside);
        File.WriteAllText(state, "no directory");
        using (var directory = StateDirectory.Open(state, "app", NullLogger.Instance))
        using (var memory = new ForecastMemory(directory, _disk.Time, NullLogger.Instance))
        {
            Assert.Null(memory.Find("x", TimeSpan.Zero).Limit);
            memory.Keep("x", Fed(2));
            File.Delete(state);
            Directory.Move(aside, state);
            _disk.Time.Advance(TimeSpan.FromMinutes(2));
            Assert.Equal(1, memory.Find("y", TimeSpan.Zero).Limit);
        }

        using var again = StateDirectory.Open(state, "app", NullLogger.Instance);
        using var both = new ForecastMemory(again, _disk.Time, NullLogger.Instance);
        Assert.Equal((2, 1), (both.Find("x", TimeSpan.Zero).Limit, both.Find("y", TimeSpan.Zero).Limit));

        static GaugeForecast Fed(double limit)
        {
            var forecast = new GaugeForecast();
            forecast.Add(TimeSpan.Zero, 0.5, limit);
            return forecast;
        }
    }

    [Fact]
    public async Task The_disk_check_of_an_app_keeps_its_forecast_in_the_state_directory()
    {
        var state = Path.Join(_path, "app");
        var builder = TestHost.Builder(("AddDefaultChecks", "false"), ("StateDirectory", state));
        builder.AddHealthKit().AddDiskSpaceCheck(_path, name: "kept");
        using var host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<HealthMonitor>().RunAsync("kept");

        var record = Assert.Single(host.Services.GetRequiredService<ForecastMemory>().Journal!.ReadAll());
        var kept = ForecastMemory.Parse(record.Payload.ToArray(), TimeProvider.System.GetUtcNow(), TimeSpan.Zero);
        Assert.StartsWith($"kept\n{_path}\n", kept!.Value.Name, StringComparison.Ordinal);
        await host.StopAsync();
    }

    [Fact]
    public void Any_bytes_as_a_record_are_passed_over() => Prop.ForAll<byte[]>(bytes =>
    {
        Assert.Null(ForecastMemory.Parse(bytes, DateTimeOffset.UnixEpoch, TimeSpan.Zero));
        Assert.Null(ForecastMemory.Parse([1, .. bytes], DateTimeOffset.UnixEpoch, TimeSpan.Zero));
    }).QuickCheckThrowOnFailure();

    private void FillUntilWarned(ulong id = 7)
    {
        while (Run(id).Status == HealthStatus.Healthy)
        {
            _minute++;
        }
    }

    private HealthCheckResult Run(ulong id = 7)
    {
        _disk.Time.AdvanceTo(_started + TimeSpan.FromMinutes(_minute));
        _disk.Set("/", 100 * GiB, (100 * GiB) - (_minute * GiB / 2), id: id);
        return _disk.Run();
    }

    /// <summary>The disk goes on filling while nobody looks, unless the break is a long one.</summary>
    private void Restart(TimeSpan down)
    {
        Reopen();
        if (down < TimeSpan.FromHours(1))
        {
            _minute += (int)down.TotalMinutes;
        }
        else
        {
            _started += down;
        }

        _disk.Time.AdvanceTo(_started + TimeSpan.FromMinutes(_minute));
        _disk.Restart(_memory);
    }

    private void Reopen()
    {
        _memory.Dispose();
        _memory = new ForecastMemory(_directory, _disk.Time, NullLogger.Instance);
    }
}
