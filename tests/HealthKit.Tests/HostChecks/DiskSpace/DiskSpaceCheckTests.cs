using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.HostChecks.DiskSpace;

public class DiskSpaceCheckTests
{
    private const long GiB = FakeFileSystems.GiB;

    private readonly FakeFileSystems _disk = new();

    [Fact]
    public void The_healthy_text_states_the_numbers_too()
    {
        _disk.Set("/", total: 98.2 * GiB, free: 41.3 * GiB, inodes: 1000, freeInodes: 980, mount: new MountEntry("/", "/dev/vda", "ext4", false, false));

        var result = _disk.Run();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal("41.3 GiB of 98.2 GiB free (42.1 %), inodes 98.0 % free, /dev/vda ext4 on /", result.Description);
        Assert.Equal(
            ["device", "fileSystem", "freeBytes", "freeInodesCount", "freeInodesPercent", "freePercent", "mountPoint", "path", "readOnly", "totalBytes", "usedBytes"],
            result.Data.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((long)(41.3 * GiB), result.Data["freeBytes"]);
        Assert.Equal(42.06, result.Data["freePercent"]);
        Assert.Equal(980L, result.Data["freeInodesCount"]);
        Assert.Equal(98d, result.Data["freeInodesPercent"]);
        Assert.Equal(false, result.Data["readOnly"]);
    }

    public static TheoryData<double, double, HealthStatus, string?> Defaults => new()
    {
        { 1, 0.11, HealthStatus.Healthy, null },
        { 1, 0.09, HealthStatus.Degraded, "disk space low (degraded below 10 %)" },
        { 1, 0.04, HealthStatus.Unhealthy, "disk space low (unhealthy below 5 %)" },
        { 200, 20.1, HealthStatus.Healthy, null },
        { 200, 19.9, HealthStatus.Degraded, "disk space low (degraded below 10 %)" },
        { 1000, 21, HealthStatus.Healthy, null },
        { 1000, 19, HealthStatus.Degraded, "disk space low (degraded below 20 GiB)" },
        { 1000, 9, HealthStatus.Unhealthy, "disk space low (unhealthy below 10 GiB)" },
        { 100_000, 21, HealthStatus.Healthy, null },
    };

    [Theory]
    [MemberData(nameof(Defaults))]
    public void Defaults_suit_a_small_and_a_large_disk(double totalGiB, double freeGiB, HealthStatus status, string? problem)
    {
        _disk.Set("/", totalGiB * GiB, freeGiB * GiB);

        var result = _disk.Run();

        Assert.Equal(status, result.Status);
        Assert.Equal(problem is null ? null : "disk.space.low", result.Data.GetValueOrDefault("reason"));
        Assert.StartsWith(problem is null ? GaugeAmount.Bytes(freeGiB * GiB).ToString() : problem + ": ", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_tier_of_space_replaces_the_default()
    {
        _disk.Set("/", total: 1000 * GiB, free: 15 * GiB);
        _disk.Options.UnhealthyBelowFreePercent = 1;
        Assert.Equal(HealthStatus.Degraded, _disk.Run().Status);

        _disk.Options = new DiskSpaceOptions { Path = "/", UnhealthyBelowFreeBytes = 7 * GiB };
        Assert.Equal(HealthStatus.Healthy, _disk.Run().Status);
    }

    [Fact]
    public void Of_percent_and_bytes_the_worst_counts()
    {
        _disk.Set("/", total: 100 * GiB, free: 15 * GiB);
        _disk.Options.DegradedBelowFreePercent = 20;
        _disk.Options.UnhealthyBelowFreeBytes = 16 * GiB;

        var result = _disk.Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.StartsWith("disk space low (unhealthy below 16 GiB): 15.0 GiB of 100.0 GiB free (15 %)", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_set_alone_judges_by_both_tiers()
    {
        _disk.Set("/", total: 100 * GiB, free: 50 * GiB);
        _disk.Options.UnhealthyBelowFreePercent = 99.9;

        var result = _disk.Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.StartsWith("disk space low (unhealthy below 99.9 %)", result.Description, StringComparison.Ordinal);

        _disk.Set("/", total: 100 * GiB, free: 99.95 * GiB);
        Assert.Equal(HealthStatus.Degraded, _disk.Run().Status);
    }

    [Fact]
    public void Free_percent_leaves_the_reserve_out_as_df_does()
    {
        _disk.Set("/", total: 100 * GiB, free: 19 * GiB, reserved: 5 * GiB);

        // used 76, free 19: 76 / 95 = 80 %.
        Assert.Equal(20d, _disk.Run().Data["freePercent"]);

        _disk.Set("/", total: 100 * GiB, free: 20 * GiB, reserved: 60 * GiB);
        Assert.StartsWith("20.0 GiB of 100.0 GiB free (50.0 %, 60.0 GiB reserved), inodes", _disk.Run().Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Inodes_run_out_while_bytes_are_left()
    {
        _disk.Set("/", total: 100 * GiB, free: 50 * GiB, inodes: 1000, freeInodes: 7);

        var result = _disk.Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("disk.inodes.low", result.Data["reason"]);
        Assert.StartsWith("inodes low (unhealthy below 5 %): 50.0 GiB of 100.0 GiB free (50 %), inodes 0.7 % free", result.Description, StringComparison.Ordinal);

        _disk.Options = new DiskSpaceOptions { Path = "/", UnhealthyBelowFreeInodesPercent = 0.4 };
        Assert.Equal(HealthStatus.Degraded, _disk.Run().Status);
    }

    [Fact]
    public void A_file_system_without_inodes_is_not_judged_by_them()
    {
        _disk.Set("/", total: 100 * GiB, free: 50 * GiB, inodes: 0, freeInodes: 0);

        var result = _disk.Run();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.DoesNotContain(result.Data.Keys, key => key.Contains("Inodes", StringComparison.Ordinal));
        Assert.DoesNotContain("inodes", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reason_is_the_worst_problem_and_the_text_names_all()
    {
        _disk.Set("/", total: 100 * GiB, free: 8 * GiB, inodes: 100, freeInodes: 1);

        var result = _disk.Run();

        Assert.Equal("disk.inodes.low", result.Data["reason"]);
        Assert.StartsWith("disk space low (degraded below 10 %), inodes low (unhealthy below 5 %): ", result.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "disk.path.missing", "path missing: /: it does not exist")]
    [InlineData(20, "disk.path.missing", "path missing: /: it does not exist")]
    [InlineData(13, "disk.path.denied", "no permission: /: this process may not look there")]
    [InlineData(FileSystemSource.NoBlocks, "disk.measure.failed", "nothing to measure: /: its file system counts no blocks; watch another path")]
    public void What_cannot_be_measured_fails_with_a_reason_and_no_number(int error, string reason, string description)
    {
        _disk.Fail("/", error);
        _disk.FailureStatus = HealthStatus.Degraded;

        var result = _disk.Run();

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Equal(reason, result.Data["reason"]);
        Assert.Equal(description, result.Description);
        Assert.Equal(["error", "path", "reason"], result.Data.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_input_output_error_is_named()
    {
        _disk.Fail("/", 5);

        var result = _disk.Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("disk.measure.failed", result.Data["reason"]);
        Assert.Equal("could not be measured: /: Input/output error", result.Description);
    }

    [Fact]
    public void Paths_on_one_file_system_are_one_item_with_every_path_shown()
    {
        _disk.Options = new DiskSpaceOptions { Path = "/", Paths = ["/var/log", "/"] };
        _disk.Set("/", total: 100 * GiB, free: 50 * GiB);
        _disk.Set("/var/log", total: 100 * GiB, free: 50 * GiB);

        var result = _disk.Run();

        Assert.Equal(["/", "/var/log"], Assert.IsAssignableFrom<IEnumerable<string>>(result.Data["paths"]));
        Assert.DoesNotContain("items", result.Data.Keys);
        Assert.EndsWith("on /, for /, /var/log", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void The_worst_file_system_stands_on_top_and_each_is_an_item()
    {
        _disk.Options = new DiskSpaceOptions { Paths = ["/", "/data", "/srv", "/data/in", "/gone"] };
        _disk.Set("/", total: 100 * GiB, free: 50 * GiB, device: 1);
        _disk.Set("/data", total: 100 * GiB, free: 3 * GiB, device: 2);
        _disk.Set("/srv", total: 100 * GiB, free: 20 * GiB, device: 3);
        _disk.Set("/data/in", total: 100 * GiB, free: 3 * GiB, device: 2);
        _disk.Set("/gone", total: 100 * GiB, free: 90 * GiB, device: 4);

        var result = _disk.Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("disk.space.low", result.Data["reason"]);
        Assert.Equal(3 * GiB, result.Data["freeBytes"]);
        Assert.Equal("/data", result.Data["mountPoint"]);
        Assert.StartsWith("disk space low (unhealthy below 5 %): 3.0 GiB of 100.0 GiB free (3 %)", result.Description, StringComparison.Ordinal);
        Assert.Contains("; 50.0 GiB of 100.0 GiB free (50.0 %)", result.Description, StringComparison.Ordinal);
        var items = Items(result);
        Assert.Equal(["/", "/data", "/gone", "/srv"], items.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(50 * GiB, items["/"]["freeBytes"]);
        Assert.Equal("disk.space.low", items["/data"]["reason"]);
        Assert.Equal(["/data", "/data/in"], Assert.IsAssignableFrom<IEnumerable<string>>(items["/data"]["paths"]));

        _disk.Fail("/gone", 2);
        result = _disk.Run();

        Assert.Equal("disk.path.missing", result.Data["reason"]);
        Assert.StartsWith("path missing: /gone: it does not exist; ", result.Description, StringComparison.Ordinal);
        Assert.Contains("; disk space low (unhealthy below 5 %): 3.0 GiB", result.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("freeBytes", result.Data.Keys);
        items = Items(result);
        Assert.Equal("disk.path.missing", items["/gone"]["reason"]);
        Assert.Equal(3 * GiB, items["/data"]["freeBytes"]);
    }

    [Fact]
    public void Read_only_by_the_mount_is_deliberate_and_by_the_file_system_is_not()
    {
        _disk.Set("/", 100 * GiB, 50 * GiB, readOnly: true, mount: new MountEntry("/", "overlay", "overlay", true, false));
        Assert.Equal(HealthStatus.Healthy, _disk.Run().Status);
        Assert.EndsWith("on /, read-only", _disk.Run().Description, StringComparison.Ordinal);

        _disk.Options = new DiskSpaceOptions { Path = "/", AllowReadOnly = false };
        Assert.Equal("disk.readOnly", _disk.Run().Data["reason"]);

        _disk.Options = new DiskSpaceOptions { Path = "/" };
        _disk.Set("/", 100 * GiB, 50 * GiB, readOnly: false);
        _disk.Run();
        _disk.Set("/", 100 * GiB, 50 * GiB, readOnly: true, mount: new MountEntry("/", "/dev/vda", "ext4", false, true));
        var result = _disk.Run();
        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("disk.readOnly", result.Data["reason"]);
        Assert.StartsWith("read-only, and not meant to be: 50.0 GiB", result.Description, StringComparison.Ordinal);
        Assert.Equal(true, result.Data["readOnly"]);

        _disk.Options = new DiskSpaceOptions { Path = "/", AllowReadOnly = true };
        Assert.Equal(HealthStatus.Healthy, _disk.Run().Status);
    }

    [Fact]
    public void An_image_is_full_from_the_start_and_that_is_fine()
    {
        _disk.Set("/", GiB, 0, inodes: 10, freeInodes: 0, readOnly: true, mount: new MountEntry("/", "/dev/loop0", "squashfs", true, true));

        var result = _disk.Run();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal(0L, result.Data["freeBytes"]);
    }

    [Fact]
    public void A_file_system_that_will_be_full_in_two_hours_degrades_and_stays_so_when_full()
    {
        // 100 GiB at 512 MiB a minute: 200 minutes.
        _disk.Options.UnhealthyBelowFreePercent = 0;
        HealthCheckResult? first = null;
        var minutes = 0;
        for (; minutes <= 260; minutes++)
        {
            _disk.Time.Advance(TimeSpan.FromMinutes(1));
            _disk.Set("/", 100 * GiB, Math.Max(0, (100 * GiB) - (minutes * GiB / 2)));
            var result = _disk.Run();
            if (result.Status != HealthStatus.Healthy)
            {
                first ??= result;
                Assert.Equal(HealthStatus.Degraded, result.Status);
                Assert.Equal("disk.space.filling", result.Data["reason"]);
            }
            else
            {
                Assert.Null(first);
            }
        }

        Assert.NotNull(first);
        var left = Assert.IsType<double>(first.Value.Data["timeToFullSeconds"]);
        Assert.InRange(left, 0.65 * 200 * 60, 200 * 60);
        Assert.Equal(512d * 1024 * 1024 / 60, Assert.IsType<double>(first.Value.Data["growthBytesPerSecond"]), 1e5);
        Assert.Matches(@"^full in about 2 h \d+ min at 51\d\.\d MiB/min: ", first.Value.Description!);
        Assert.StartsWith("filled up: 0 B of 100.0 GiB free", _disk.Run().Description, StringComparison.Ordinal);
        Assert.Equal(0d, _disk.Run().Data["timeToFullSeconds"]);

        _disk.Options = new DiskSpaceOptions { Path = "/", UnhealthyBelowFreePercent = 0, DegradedWhenFilling = false };
        Assert.Equal(HealthStatus.Healthy, _disk.Run().Status);
    }

    [Fact]
    public void Growth_is_followed_for_each_file_system_starts_anew_on_another_and_survives_an_unmount()
    {
        _disk.Options.UnhealthyBelowFreePercent = 0;
        Fill(0, 60);
        Assert.Equal("disk.space.filling", _disk.Run().Data["reason"]);

        // Unmeasured for a while: not forgotten.
        _disk.Fail("/", 5);
        _disk.Run();
        Fill(60, 61);
        Assert.Equal("disk.space.filling", _disk.Run().Data["reason"]);

        // Another disk in its place begins anew; back again, it goes on.
        _disk.Set("/", 100 * GiB, 70 * GiB, device: 2, id: 8);
        _disk.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(HealthStatus.Healthy, _disk.Run().Status);
        Assert.DoesNotContain("timeToFullSeconds", _disk.Run().Data);
        Fill(61, 62);
        Assert.Equal("disk.space.filling", _disk.Run().Data["reason"]);

        void Fill(int from, int to)
        {
            for (var minute = from; minute < to; minute++)
            {
                _disk.Time.Advance(TimeSpan.FromMinutes(1));
                _disk.Set("/", 100 * GiB, (100 * GiB) - (minute * GiB / 2));
                _disk.Run();
            }
        }
    }

    [Fact]
    public void A_pool_that_others_fill_is_forecast_by_the_fall_of_its_free_space()
    {
        // 34 GiB in six hours, and nothing of it here: the capacity falls.
        _disk.Options.UnhealthyBelowFreePercent = 0;
        var minutes = 0;
        for (var status = HealthStatus.Healthy; status == HealthStatus.Healthy; minutes++)
        {
            Assert.True(minutes < 0.35 * 360, "No warning.");
            _disk.Time.AdvanceTo(TimeSpan.FromMinutes(minutes));
            var free = 34 * GiB * (1 - (minutes / 360.0));
            _disk.Set("/", (10 * GiB) + free, free);
            status = _disk.Run().Status;
        }

        Assert.Equal("disk.space.filling", _disk.Run().Data["reason"]);
        Assert.Equal(34d * GiB / (6 * 3600), Assert.IsType<double>(_disk.Run().Data["growthBytesPerSecond"]), 1e4);
    }

    [Fact]
    public void After_a_day_an_unmounted_disk_begins_anew()
    {
        _disk.Options.UnhealthyBelowFreePercent = 0;
        for (var minute = 0; minute < 60; minute++)
        {
            _disk.Time.Advance(TimeSpan.FromMinutes(1));
            _disk.Set("/", 100 * GiB, (100 * GiB) - (minute * GiB / 2));
            _disk.Run();
        }

        for (var hour = 0; hour < 25; hour++)
        {
            _disk.Time.Advance(TimeSpan.FromHours(1));
            _disk.Set("/", 50 * GiB, 25 * GiB, device: 2, id: 8);
            _disk.Run();
        }

        _disk.Set("/", 100 * GiB, 70 * GiB);
        Assert.Equal(HealthStatus.Healthy, _disk.Run().Status);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(24)]
    [InlineData(48)]
    public void Disks_enlarged_twice_warn_as_early_as_others(double hours)
    {
        // 34 GiB are left; 100 more come on the fourth day, of which 74 are used by the eighth, when 100 more come. Then all is filled.
        var days = TimeSpan.FromDays(8.1).TotalHours;
        var left = LeftAtWarning(days, hours, hour =>
        {
            var total = 100.0 + (hour >= 96 ? 100 : 0) + (hour >= 192 ? 100 : 0);
            return (total, 66 + (74 * Math.Clamp((hour - 96) / 96, 0, 1)) + (160 * Math.Max(0, hour - days) / hours));
        });
        Assert.True(left >= 0.65, $"Warned with {left:P1} of the time to go.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(24)]
    public void A_disk_enlarged_in_the_middle_of_a_fill_warns_as_early_as_others(double hours)
    {
        // 5 GiB more when a fifth of 34 is gone.
        var left = LeftAtWarning(1, hours * 39 / 34, hour => (hour - 1 >= hours / 5 ? 105 : 100, 66 + (34 * Math.Max(0, hour - 1) / hours)));
        Assert.True(left >= 0.65, $"Warned with {left:P1} of the time to go.");
    }

    [Fact]
    public void A_shared_pool_of_which_others_free_some_each_day_is_quiet()
    {
        // What others free makes the pool's size grow: no enlargement, or what is used would pile up.
        _disk.Options.UnhealthyBelowFreePercent = 0;
        for (var minute = 0.0; minute < 20 * 1440; minute += 5)
        {
            _disk.Time.AdvanceTo(TimeSpan.FromMinutes(minute));
            var free = (34 - (5 * (minute % 1440 / 1440))) * GiB;
            _disk.Set("/", (66 * GiB) + free, free);
            Assert.Equal(HealthStatus.Healthy, _disk.Run().Status);
        }
    }

    [Fact]
    public void Full_is_judged_by_the_size_that_the_file_system_has_now()
    {
        // A pool of 20 TiB of which others take all but 18 GiB: that is not full.
        _disk.Options.UnhealthyBelowFreePercent = 0;
        for (var minute = 0.0; minute < 1440; minute++)
        {
            _disk.Time.AdvanceTo(TimeSpan.FromMinutes(minute));
            var free = (18 * GiB) + (20_000 * GiB * (1 - (minute / 1440)));
            _disk.Set("/", (2 * GiB) + free, free);
            _disk.Run();
        }

        for (var hour = 24; hour < 48; hour++)
        {
            _disk.Time.AdvanceTo(TimeSpan.FromHours(hour));
            _disk.Set("/", 18 * GiB, 16 * GiB);
            _disk.Run();
        }

        Assert.Equal(HealthStatus.Healthy, _disk.Run().Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Directories_with_quotas_of_their_own_are_items_of_their_own(bool turned)
    {
        var mount = new MountEntry("/data", "/dev/sdb", "xfs", false, false);
        _disk.Options = new DiskSpaceOptions { Paths = turned ? ["/data/b", "/data/a"] : ["/data/a", "/data/b"] };
        _disk.Set("/data/a", 10 * GiB, 8 * GiB, mount: mount);
        _disk.Set("/data/b", 5 * GiB, 0, mount: mount);

        var result = _disk.Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("/data/b", result.Data["path"]);
        var items = Assert.IsType<Dictionary<string, object>>(result.Data["items"]);
        Assert.Equal(2, items.Count);
        Assert.Equal("/data/b", Assert.IsType<Dictionary<string, object>>(items[(string)result.Data["item"]])["path"]);
    }

    [Fact]
    public void Of_directories_with_quotas_of_one_size_the_least_that_is_left_counts()
    {
        _disk.Options = new DiskSpaceOptions { Paths = ["/data/a", "/data/b", "/data/c"] };
        _disk.Set("/data/a", 10 * GiB, 8 * GiB);
        _disk.Set("/data/b", 10 * GiB, 0, freeInodes: 800);
        _disk.Set("/data/c", 10 * GiB, 9 * GiB, freeInodes: 0);

        var data = _disk.Run().Data;

        Assert.Equal("disk.space.low", data["reason"]);
        Assert.Equal((0L, 0L), (data["freeBytes"], data["freeInodesCount"]));
        Assert.Equal(["/data/a", "/data/b", "/data/c"], Assert.IsType<List<string>>(data["paths"]));
    }

    [Fact]
    public void Each_quota_has_a_forecast_of_its_own_which_outlives_an_enlargement()
    {
        _disk.Options = new DiskSpaceOptions { Paths = ["/data/a", "/data/b"], UnhealthyBelowFreePercent = 0 };
        HealthCheckResult result = default;
        for (var minute = 0; minute < 80; minute++)
        {
            _disk.Time.Advance(TimeSpan.FromMinutes(1));
            _disk.Set("/data/a", 200 * GiB, 150 * GiB);
            var total = (minute < 70 ? 100 : 105) * GiB;
            _disk.Set("/data/b", total, total - (minute * GiB / 2));
            result = _disk.Run();
        }

        Assert.Equal(("disk.space.filling", "/data/b"), (result.Data["reason"], result.Data["path"]));
        Assert.Equal(GiB / 120.0, Assert.IsType<double>(result.Data["growthBytesPerSecond"]), 1e4);
    }

    [Fact]
    public void While_the_first_path_is_missing_the_next_goes_on()
    {
        _disk.Options = new DiskSpaceOptions { Paths = ["/a", "/b"], UnhealthyBelowFreePercent = 0 };
        HealthCheckResult result = default;
        for (var minute = 0; minute < 61; minute++)
        {
            _disk.Time.Advance(TimeSpan.FromMinutes(1));
            _disk.Set("/a", 100 * GiB, (100 * GiB) - (minute * GiB / 2));
            _disk.Set("/b", 100 * GiB, (100 * GiB) - (minute * GiB / 2));
            if (minute == 60)
            {
                _disk.Fail("/a", 2);
            }

            result = _disk.Run();
        }

        var items = Assert.IsType<Dictionary<string, object>>(result.Data["items"]);
        Assert.Equal("disk.space.filling", Assert.IsType<Dictionary<string, object>>(items["/b"])["reason"]);
    }

    [Theory]
    [InlineData(100, 105, 31, true)]
    [InlineData(100, 2048, 1978, false)]
    public void Without_an_id_of_its_own_a_device_that_holds_something_else_is_another(double total, double newTotal, double used, bool same)
    {
        _disk.Options.UnhealthyBelowFreePercent = 0;
        for (var minute = 0; minute < 60; minute++)
        {
            _disk.Time.Advance(TimeSpan.FromMinutes(1));
            _disk.Set("/", total * GiB, (total * GiB) - (minute * GiB / 2), id: 0);
            _disk.Run();
        }

        _disk.Time.Advance(TimeSpan.FromMinutes(1));
        _disk.Set("/", newTotal * GiB, (newTotal - used) * GiB, id: 0);
        Assert.Equal(same, _disk.Run().Data.ContainsKey("timeToFullSeconds"));
    }

    [Fact]
    public void The_mount_is_looked_up_only_when_the_device_changes()
    {
        _disk.Set("/", 100 * GiB, 70 * GiB);
        for (var i = 0; i < 10; i++)
        {
            _disk.Run();
        }

        Assert.Equal(1, _disk.MountLookups);

        _disk.Set("/", 100 * GiB, 70 * GiB, device: 2);
        _disk.Run();
        Assert.Equal(2, _disk.MountLookups);
    }

    [Fact]
    public void A_cancelled_run_measures_nothing()
    {
        var check = new DiskSpaceCheck(_disk, _disk.Time, () => _disk.Options);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("disk", check, null, null) };

        Assert.ThrowsAny<OperationCanceledException>(() => check.CheckHealthAsync(context, new CancellationToken(canceled: true)).GetAwaiter().GetResult());
    }

    [Fact]
    public void The_descriptor_names_the_commands()
    {
        var descriptor = DiskSpaceCheck.Type.Descriptor;

        Assert.Equal("DiskSpace", descriptor.Type);
        Assert.Equal(3, descriptor.States.Count);
        foreach (var command in new[] { "df -h", "df -i", "du -xh --max-depth=1", "lsof +L1" })
        {
            Assert.Contains(command, descriptor.WhereToLook, StringComparison.Ordinal);
        }
    }

    private static Dictionary<string, IReadOnlyDictionary<string, object>> Items(HealthCheckResult result) =>
        Assert.IsAssignableFrom<IReadOnlyDictionary<string, object>>(result.Data["items"])
            .ToDictionary(item => item.Key, item => Assert.IsAssignableFrom<IReadOnlyDictionary<string, object>>(item.Value));

    [Fact]
    public void A_low_disk_names_the_watched_file_that_grew_most_on_it()
    {
        _disk.Set("/", total: 100 * GiB, free: 3 * GiB, device: 1);
        var tellers = new object[] { new(), new(), new() };
        _disk.Growing.Tell(tellers[0], new GrowingFile("/var/log/job.log", 34 * GiB, TimeSpan.FromMinutes(50), 35 * GiB), (8, 1), 0);
        _disk.Growing.Tell(tellers[1], new GrowingFile("/var/log/calm.log", 2 * GiB, TimeSpan.FromMinutes(50), 2 * GiB), (8, 1), 0);
        _disk.Growing.Tell(tellers[2], new GrowingFile("/data/other.log", 99 * GiB, TimeSpan.FromMinutes(50), 99 * GiB), (8, 2), 0);

        var result = _disk.Run();

        Assert.Equal("/var/log/job.log", result.Data["likelyCause"]);
        Assert.EndsWith("; likely cause: /var/log/job.log grew 34.0 GiB in 50 min, to 35.0 GiB", result.Description, StringComparison.Ordinal);

        // Too little to be it, and nothing at all when the disk is well.
        _disk.Growing.Tell(tellers[0], new GrowingFile("/var/log/job.log", GiB / 2, TimeSpan.FromMinutes(50), GiB), (8, 1), 0);
        _disk.Growing.Tell(tellers[1], null, (8, 1), 0);
        Assert.DoesNotContain("likelyCause", _disk.Run().Data);
        _disk.Growing.Tell(tellers[0], new GrowingFile("/var/log/job.log", 34 * GiB, TimeSpan.FromMinutes(50), 35 * GiB), (8, 1), 0);
        _disk.Set("/", total: 100 * GiB, free: 50 * GiB, device: 1);
        Assert.DoesNotContain("likelyCause", _disk.Run().Data);
    }

    /// <summary>The share of a fill's time that was left when it was first warned of; a run each minute.</summary>
    private double LeftAtWarning(double begin, double hours, Func<double, (double TotalGiB, double UsedGiB)> disk)
    {
        _disk.Options.UnhealthyBelowFreePercent = 0;
        for (var minute = 0; minute < (begin + hours) * 60; minute++)
        {
            _disk.Time.AdvanceTo(TimeSpan.FromMinutes(minute));
            var (total, used) = disk(minute / 60.0);
            _disk.Set("/", total * GiB, (total - used) * GiB);
            if (_disk.Run().Status != HealthStatus.Healthy)
            {
                Assert.True(minute > begin * 60, $"Warned after {minute} min.");
                return 1 - (((minute / 60.0) - begin) / hours);
            }
        }

        return 0;
    }
}
