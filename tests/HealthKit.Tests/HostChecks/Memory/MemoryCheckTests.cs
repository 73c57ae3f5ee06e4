using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.HostChecks.Memory;

public sealed class MemoryCheckTests : IDisposable
{
    private const long MiB = FakeMemory.MiB;
    private const long GiB = FakeMemory.GiB;

    private readonly FakeMemory _memory = new();

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void The_healthy_text_states_the_numbers_too()
    {
        _memory.Set(limit: 2 * GiB, free: 1.5 * GiB);
        _memory.SwapTotal = 2 * GiB;
        _memory.SwapUsed = 256 * MiB;

        var result = _memory.Run();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal("1.5 GiB of 2.0 GiB free (75.0 %), this process 96.0 MiB, swap 256.0 MiB of 2.0 GiB used", result.Description);
        Assert.Equal(
            ["freeBytes", "freePercent", "limitBytes", "limitName", "limitedBy", "ownRssBytes", "swapTotalBytes", "swapUsedBytes", "usedBytes"],
            result.Data.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("host", result.Data["limitedBy"]);
        Assert.Equal("MemTotal", result.Data["limitName"]);
        Assert.Equal(2 * GiB, result.Data["limitBytes"]);
        Assert.Equal(GiB / 2, result.Data["usedBytes"]);
        Assert.Equal(3 * GiB / 2, result.Data["freeBytes"]);
        Assert.Equal(75d, result.Data["freePercent"]);
        Assert.Equal(96 * MiB, result.Data["ownRssBytes"]);
        Assert.Equal(2 * GiB, result.Data["swapTotalBytes"]);
        Assert.Equal(256 * MiB, result.Data["swapUsedBytes"]);
    }

    [Fact]
    public void The_limit_that_binds_is_named()
    {
        _memory.Set(limit: 16 * GiB, free: 12 * GiB);
        _memory.Set(limit: GiB, free: 40 * MiB, name: "/system.slice/app.service", limitName: "memory.max");

        var result = _memory.Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("memory.low", result.Data["reason"]);
        Assert.Equal("/system.slice/app.service", result.Data["limitedBy"]);
        Assert.Equal("memory.max", result.Data["limitName"]);
        Assert.Equal(
            "memory low (unhealthy below 5 %): 40.0 MiB of 1.0 GiB free (3.91 %), memory.max of cgroup /system.slice/app.service, this process 96.0 MiB, no swap",
            result.Description);
    }

    [Fact]
    public void A_machine_that_runs_out_is_reported_before_a_small_cgroup_with_room()
    {
        _memory.Set(limit: 4 * GiB, free: 82 * MiB);
        _memory.Set(limit: 256 * MiB, free: 80 * MiB, name: "/app", limitName: "memory.max");

        var result = _memory.Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("memory.low", result.Data["reason"]);
        Assert.Equal("host", result.Data["limitedBy"]);
        Assert.Equal("MemTotal", result.Data["limitName"]);
        Assert.Equal(4 * GiB, result.Data["limitBytes"]);
        Assert.Equal(82 * MiB, result.Data["freeBytes"]);
        Assert.Equal(2d, result.Data["freePercent"]);
        Assert.Equal(
            "memory low (unhealthy below 5 %): 82.0 MiB of 4.0 GiB free (2 %), this process 96.0 MiB, no swap", result.Description);
    }

    [Fact]
    public void A_slice_that_runs_out_is_reported_before_a_service_in_it_with_less_left()
    {
        _memory.Set(limit: 64 * GiB, free: 40 * GiB);
        _memory.Set(limit: 128 * MiB, free: 60 * MiB, name: "/apps.slice/app.service", limitName: "memory.max");
        _memory.Set(limit: 8 * GiB, free: 0.03 * 8 * GiB, name: "/apps.slice", limitName: "memory.high");

        var result = _memory.Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("/apps.slice", result.Data["limitedBy"]);
        Assert.Equal("memory.high", result.Data["limitName"]);
        Assert.Equal(3d, result.Data["freePercent"]);
        Assert.StartsWith("memory low (unhealthy below 5 %): 245.8 MiB of 8.0 GiB free (3 %), memory.high of cgroup /apps.slice, ", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_limits_in_the_same_state_the_one_with_the_least_left_is_reported()
    {
        _memory.Set(limit: 4 * GiB, free: GiB);
        _memory.Set(limit: 256 * MiB, free: 90 * MiB, name: "/app", limitName: "memory.max");
        Assert.Equal((HealthStatus.Healthy, "/app"), StatusAndLimit());

        // Degraded both, in either order.
        _memory.Set(limit: 4 * GiB, free: 300 * MiB);
        _memory.Set(limit: 256 * MiB, free: 20 * MiB, name: "/app", limitName: "memory.max");
        Assert.Equal((HealthStatus.Degraded, "/app"), StatusAndLimit());
        _memory.Set(limit: 4 * GiB, free: 300 * MiB, name: "/app", limitName: "memory.max");
        _memory.Set(limit: 256 * MiB, free: 20 * MiB);
        Assert.Equal((HealthStatus.Degraded, "host"), StatusAndLimit());

        // The worse one, whatever it has left.
        _memory.Set(limit: 8 * GiB, free: 330 * MiB, name: "/app", limitName: "memory.max");
        Assert.Equal((HealthStatus.Unhealthy, "/app"), StatusAndLimit());

        (HealthStatus Status, object Limit) StatusAndLimit()
        {
            var result = _memory.Run();
            return (result.Status, result.Data["limitedBy"]);
        }
    }

    public static TheoryData<double, double, HealthStatus, string?> Defaults => new()
    {
        { 1, 0.11, HealthStatus.Healthy, null },
        { 1, 0.09, HealthStatus.Degraded, "memory low (degraded below 10 %)" },
        { 1, 0.04, HealthStatus.Unhealthy, "memory low (unhealthy below 5 %)" },
        { 10, 0.99, HealthStatus.Degraded, "memory low (degraded below 10 %)" },
        { 64, 1.1, HealthStatus.Healthy, null },
        { 64, 0.9, HealthStatus.Degraded, "memory low (degraded below 1 GiB)" },
        { 64, 0.4, HealthStatus.Unhealthy, "memory low (unhealthy below 512 MiB)" },
        { 2048, 1.1, HealthStatus.Healthy, null },
    };

    [Theory]
    [MemberData(nameof(Defaults))]
    public void Defaults_suit_a_small_and_a_large_machine(double limitGiB, double freeGiB, HealthStatus status, string? problem)
    {
        _memory.Set(limitGiB * GiB, freeGiB * GiB);

        var result = _memory.Run();

        Assert.Equal(status, result.Status);
        Assert.Equal(problem is null ? null : "memory.low", result.Data.GetValueOrDefault("reason"));
        Assert.StartsWith(problem is null ? GaugeAmount.Bytes(freeGiB * GiB).ToString() : problem + ": ", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_tier_replaces_the_defaults_and_brings_the_other()
    {
        _memory.Set(limit: GiB, free: 60 * MiB);
        _memory.Options.UnhealthyBelowFreePercent = 3;
        Assert.Equal(HealthStatus.Degraded, _memory.Run().Status);

        _memory.Options = new MemoryOptions { UnhealthyBelowFreePercent = 2 };
        Assert.Equal(HealthStatus.Healthy, _memory.Run().Status);

        _memory.Options = new MemoryOptions { DegradedBelowFreeBytes = 130 * MiB };
        Assert.Equal(HealthStatus.Unhealthy, _memory.Run().Status);

        _memory.Options = new MemoryOptions { DegradedBelowFreePercent = 10, UnhealthyBelowFreeBytes = 64 * MiB };
        var result = _memory.Run();
        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.StartsWith("memory low (unhealthy below 64 MiB)", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void The_failure_status_is_honoured()
    {
        _memory.FailureStatus = HealthStatus.Degraded;
        _memory.Set(limit: GiB, free: MiB);

        Assert.Equal(HealthStatus.Degraded, _memory.Run().Status);
    }

    [Fact]
    public void Missing_swap_degrades()
    {
        _memory.Set(limit: GiB, free: GiB / 2);
        _memory.SwapTotal = (2 * GiB) - 4096;
        _memory.Options.ExpectedSwapBytes = 2 * GiB;
        Assert.Equal(HealthStatus.Healthy, _memory.Run().Status);

        _memory.SwapTotal = GiB;
        var result = _memory.Run();
        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Equal("memory.swap.missing", result.Data["reason"]);
        Assert.StartsWith("swap missing (1.0 GiB of 2.0 GiB expected): 512.0 MiB of 1.0 GiB free", result.Description, StringComparison.Ordinal);

        // What is worse comes first.
        _memory.Set(limit: GiB, free: MiB);
        result = _memory.Run();
        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("memory.low", result.Data["reason"]);
        Assert.StartsWith("memory low (unhealthy below 5 %), swap missing (", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Swap_that_is_not_known_is_not_missing()
    {
        _memory.Set(limit: GiB, free: GiB / 2);
        _memory.SwapTotal = null;
        _memory.Rss = null;
        _memory.Options.ExpectedSwapBytes = 2 * GiB;

        var result = _memory.Run();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal("512.0 MiB of 1.0 GiB free (50.0 %)", result.Description);
        Assert.DoesNotContain("swapTotalBytes", result.Data.Keys);
        Assert.DoesNotContain("ownRssBytes", result.Data.Keys);
    }

    [Theory]
    [InlineData("memory.unreadable", "memory could not be measured: /proc/meminfo: gone")]
    [InlineData("memory.unsupported", "not supported here: /proc/meminfo: gone")]
    public void What_cannot_be_measured_fails_with_a_reason_and_no_number(string reason, string description)
    {
        _memory.Failure = new MemoryFailure(reason, "/proc/meminfo: gone");
        _memory.FailureStatus = HealthStatus.Degraded;

        var result = _memory.Run();

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Equal(description, result.Description);
        Assert.Equal(["error", "reason"], result.Data.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(reason, result.Data["reason"]);
    }

    [Fact]
    public void A_leak_degrades_long_before_the_end_and_never_more_than_that()
    {
        // 8 MiB a minute of 2 GiB, from 200 MiB on: 3 h 51 min.
        double? warned = null;
        for (var minutes = 0.0; minutes < 200; minutes += 1 / 6.0)
        {
            _memory.Set(limit: 2 * GiB, free: (2 * GiB) - ((200 + (8 * minutes)) * MiB));
            var result = _memory.Run();
            Assert.NotEqual(HealthStatus.Unhealthy, result.Status);
            if (warned is null && result.Status == HealthStatus.Degraded)
            {
                warned = minutes;
                Assert.Equal("memory.filling", result.Data["reason"]);
                Assert.InRange(Assert.IsType<double>(result.Data["timeToFullSeconds"]) / 60, 0.9 * (231 - minutes), 1.1 * (231 - minutes));
                Assert.InRange(Assert.IsType<double>(result.Data["growthBytesPerSecond"]), 7.2 * MiB / 60, 8.8 * MiB / 60);
                Assert.StartsWith("memory used up in about ", result.Description, StringComparison.Ordinal);
                Assert.Contains(" MiB/min: ", result.Description, StringComparison.Ordinal);
            }

            _memory.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.InRange(warned!.Value, 1, 0.35 * 231);
        _memory.Options = new MemoryOptions { DegradedWhenFilling = false };
        Assert.Equal(HealthStatus.Healthy, _memory.Run().Status);
    }

    [Fact]
    public void A_leak_of_1_MB_a_minute_is_days_to_the_limit()
    {
        for (var minutes = 0.0; minutes < 180; minutes += 1 / 6.0)
        {
            _memory.Set(limit: 8 * GiB, free: (6 * GiB) - (1e6 * minutes));
            Assert.Equal(HealthStatus.Healthy, _memory.Run().Status);
            _memory.Advance(TimeSpan.FromSeconds(10));
        }

        var truth = ((6 * GiB) - 180e6) / 1e6 * 60;
        Assert.InRange(Assert.IsType<double>(_memory.Run().Data["timeToFullSeconds"]), 0.95 * truth, 1.05 * truth);
    }

    [Fact]
    public void A_limit_that_fills_first_is_named_though_another_has_less_left()
    {
        for (var minutes = 0.0; minutes < 60; minutes += 1 / 6.0)
        {
            _memory.Set(limit: 4 * GiB, free: (3 * GiB) - (30 * MiB * minutes));
            _memory.Set(limit: GiB, free: GiB / 2, name: "/app", limitName: "memory.max");
            _ = _memory.Run();
            _memory.Advance(TimeSpan.FromSeconds(10));
        }

        var result = _memory.Run();

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Equal("memory.filling", result.Data["reason"]);
        Assert.Equal("/app", result.Data["limitedBy"]);
        Assert.Equal("host", result.Data["fillingFirst"]);
        Assert.StartsWith("memory of the host used up in about ", result.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void An_app_that_starts_and_then_collects_garbage_in_a_1_GiB_cgroup_raises_nothing(int seed)
    {
        var random = new Random(seed);
        for (var seconds = 0; seconds < 6 * 3600; seconds += 10)
        {
            // It warms up to 400 MiB; between collections up to 80 MiB come and go; the page cache is not counted.
            var used = 120 + (280 * (1 - Math.Exp(-seconds / 240.0))) + (80 * ((seconds * 0.013) % 1)) + (random.NextDouble() * 10);
            _memory.Set(limit: 8 * GiB, free: (7 * GiB) - (used * MiB));
            _memory.Set(limit: GiB, free: GiB - (used * MiB), name: "/app", limitName: "memory.max");

            var result = _memory.Run();

            Assert.Equal((seconds, HealthStatus.Healthy), (seconds, result.Status));
            _memory.Advance(TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public void Every_number_is_a_reading()
    {
        _memory.Set(limit: GiB, free: GiB / 2);
        _memory.SwapTotal = GiB;

        Assert.All(
            _memory.Run().Data.Where(entry => entry.Value is long or double),
            entry => Assert.NotNull(Reading.UnitOf(entry.Key)));
    }

    [Fact]
    public void A_cancelled_run_stops_and_the_check_closes_what_it_opened()
    {
        _memory.Set(limit: GiB, free: GiB / 2);
        Assert.Throws<OperationCanceledException>(() => _memory.Run(new CancellationToken(canceled: true)));

        _memory.End();
        Assert.True(_memory.Disposed);
    }

    [Fact]
    public void A_run_allocates_at_most_2_KB()
    {
        using var check = new MemoryCheck(MemorySource.OfThisSystem(), TimeProvider.System, static () => Unset);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("memory", check, null, null) };
        for (var i = 0; i < 100; i++)
        {
            _ = check.CheckHealthAsync(context);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = check.CheckHealthAsync(context);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 1, 2048);
    }

    [Fact]
    public async Task A_run_that_finds_every_limit_passed_allocates_at_most_2_KB()
    {
        for (var i = 0; i < 6; i++)
        {
            _memory.Set(limit: GiB, free: (6 - i) * MiB, name: $"/level{i}", limitName: "memory.max");
        }

        using var check = new MemoryCheck(_memory, TimeProvider.System, static () => Unset);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("memory", check, null, null) };
        Assert.Equal("/level5", (await check.CheckHealthAsync(context)).Data["limitedBy"]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = check.CheckHealthAsync(context);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 1, 2048);
    }

    private static readonly MemoryOptions Unset = new();

    [Fact]
    public void The_runtimes_figures_serve_where_there_is_no_proc()
    {
        using var source = new RuntimeMemorySource();
        var figures = new MemoryFigures();
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(source.Read(TimeSpan.Zero, figures));
            var pool = Assert.Single(figures.Pools);
            Assert.InRange(pool.LimitBytes, 16 * MiB, 1L << 50);
            Assert.InRange(pool.FreeBytes, 1, pool.LimitBytes - 1);
            Assert.InRange(figures.OwnRssBytes!.Value, MiB, 1L << 50);
            Assert.Null(figures.SwapTotalBytes);
        }
    }

    [Fact]
    public async Task It_runs_beside_Microsofts_service_under_its_default_name()
    {
        await using var services = new ServiceCollection().AddLogging().AddHealthChecks().AddMemoryCheck(tags: ["ready"]).Services.BuildServiceProvider();

        var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        var entry = Assert.Single(report.Entries);
        Assert.Equal("memory", entry.Key);
        Assert.Equal(["ready"], entry.Value.Tags);
        Assert.True((long)entry.Value.Data["freeBytes"] > 0);
    }

    public static TheoryData<MemoryOptions, string, string> BadOptions => new()
    {
        { new MemoryOptions { UnhealthyBelowFreePercent = 101 }, "UnhealthyBelowFreePercent", "a number from 0 to 100 (percent)" },
        { new MemoryOptions { DegradedBelowFreePercent = -1 }, "DegradedBelowFreePercent", "a number from 0 to 100 (percent)" },
        { new MemoryOptions { DegradedBelowFreeBytes = -1 }, "DegradedBelowFreeBytes", "a whole number of 0 or more (bytes)" },
        { new MemoryOptions { ExpectedSwapBytes = -1 }, "ExpectedSwapBytes", "a whole number of 0 or more (bytes)" },
        {
            new MemoryOptions { DegradedBelowFreePercent = 2, UnhealthyBelowFreePercent = 3 },
            "DegradedBelowFreePercent",
            "a number from 3 to 100 (percent), not below UnhealthyBelowFreePercent (3 %)"
        },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void Bad_options_are_named_with_what_is_allowed(MemoryOptions options, string property, string allowed)
    {
        var error = Assert.Single(MemoryCheck.Type.Validate(options));

        Assert.Equal((property, allowed), (error.Property, error.Allowed));
    }
}
