using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Linux;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.HostChecks.Memory;

public sealed class LinuxMemorySourceTests : IDisposable
{
    private const long MiB = CgroupTree.MiB;
    private const string V2Mount = "31 23 0:28 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot";
    private const string V1Mount = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory";

    private readonly CgroupTree _tree = new();
    private readonly MemoryFigures _figures = new();
    private readonly LinuxMemorySource _source;
    private TimeSpan _now;

    public LinuxMemorySourceTests() => _source = new LinuxMemorySource(_tree.Root);

    public void Dispose()
    {
        _source.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public void Without_cgroups_the_host_limits()
    {
        _tree.MemInfo(totalMiB: 1000, availableMiB: 400, swapMiB: 2000, swapFreeMiB: 1500);

        var tightest = Read();

        Assert.Equal(("host", "MemTotal", 1000 * MiB, 400 * MiB), Of(tightest));
        Assert.Equal(40, tightest.FreePercent);
        Assert.Equal(4240L * Environment.SystemPageSize, _figures.OwnRssBytes);
        Assert.Equal((2000 * MiB, 500 * MiB), (_figures.SwapTotalBytes, _figures.SwapUsedBytes));
    }

    [Fact]
    public void A_systemd_service_is_limited_by_its_own_cgroup()
    {
        // Debian 12, kernel 6.1: the root has no memory.max, the slice has no limit.
        _tree.Membership("0::/system.slice/app.service\n", V2Mount);
        _tree.V2("sys/fs/cgroup/system.slice", max: null, current: 900 * MiB);
        _tree.V2("sys/fs/cgroup/system.slice/app.service", max: 512 * MiB, current: 500 * MiB, inactiveFile: 60 * MiB, activeFile: 30 * MiB, slab: 10 * MiB);
        _tree.Write("sys/fs/cgroup/memory.stat", "anon 1\n");

        Assert.Equal(("/system.slice/app.service", "memory.max", 512 * MiB, 112 * MiB), Of(Read()));
        Assert.Equal(2, _figures.Pools.Count);
    }

    [Fact]
    public void The_smallest_room_of_every_ancestor_counts()
    {
        _tree.Membership("0::/a/b/c\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: 1000 * MiB, current: 950 * MiB);
        _tree.V2("sys/fs/cgroup/a/b", max: null, current: 300 * MiB);
        _tree.V2("sys/fs/cgroup/a/b/c", max: 400 * MiB, current: 200 * MiB);

        Assert.Equal(("/a", "memory.max", 1000 * MiB, 50 * MiB), Of(Read()));

        _tree.MemInfo(totalMiB: 1024, availableMiB: 20);
        Assert.Equal("host", Read().Name);
    }

    [Fact]
    public void A_level_without_a_memory_controller_is_passed_over()
    {
        _tree.Membership("0::/a/b/c\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: 100 * MiB, current: 50 * MiB);
        Directory.CreateDirectory(Path.Join(_tree.Root, "sys/fs/cgroup/a/b/c"));

        Assert.Equal("/a", Read().Name);
    }

    [Fact]
    public void The_throttling_limit_binds_where_it_is_lower()
    {
        _tree.Membership("0::/a\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: 1000 * MiB, high: 900 * MiB, current: 850 * MiB);

        Assert.Equal(("/a", "memory.high", 900 * MiB, 50 * MiB), Of(Read()));
    }

    [Fact]
    public void An_old_kernel_without_memory_high_and_with_few_keys_is_read()
    {
        _tree.Membership("0::/a\n", V2Mount);
        _tree.Write("sys/fs/cgroup/a/memory.max", "104857600\n");
        _tree.Write("sys/fs/cgroup/a/memory.current", "52428800\n");
        _tree.Write("sys/fs/cgroup/a/memory.stat", "anon 1\nfile 2\ninactive_file 10485760\n");

        Assert.Equal(("/a", "memory.max", 100 * MiB, 60 * MiB), Of(Read()));
    }

    [Fact]
    public void A_container_with_a_cgroup_namespace_is_limited_at_its_root()
    {
        // Docker and Kubernetes on v2: the container's own cgroup is mounted, and named "/".
        _tree.Membership("0::/\n", V2Mount.Replace(" rw,nosuid", " ro,nosuid", StringComparison.Ordinal));
        _tree.V2("sys/fs/cgroup", max: 256 * MiB, current: 200 * MiB, inactiveFile: 20 * MiB);

        Assert.Equal(("/", "memory.max", 256 * MiB, 76 * MiB), Of(Read()));
    }

    [Fact]
    public void A_container_without_a_cgroup_namespace_finds_its_sub_tree()
    {
        _tree.Membership(
            "4:memory:/docker/0123abc\n0::/\n",
            V1Mount.Replace(" / /sys", " /docker/0123abc /sys", StringComparison.Ordinal));
        _tree.V1("sys/fs/cgroup/memory", limit: 128 * MiB, usage: 100 * MiB, inactiveFile: 8 * MiB, activeFile: 4 * MiB);

        Assert.Equal(("/docker/0123abc", "memory.limit_in_bytes", 128 * MiB, 40 * MiB), Of(Read()));
    }

    [Fact]
    public void A_v1_limit_above_what_a_container_sees_counts()
    {
        _tree.Membership("4:memory:/pod/c1\n", V1Mount.Replace(" / /sys", " /pod/c1 /sys", StringComparison.Ordinal));
        _tree.V1("sys/fs/cgroup/memory", limit: null, usage: 100 * MiB, hierarchical: 300 * MiB);

        Assert.Equal(("/pod/c1", "hierarchical_memory_limit", 300 * MiB, 200 * MiB), Of(Read()));
    }

    [Theory]
    [InlineData(0x7FFFFFFFFFFFF000)]
    [InlineData(0x7FFFFFFFFFFF0000)]
    [InlineData(long.MaxValue)]
    public void The_v1_sentinels_of_any_page_size_are_no_limit(long none)
    {
        _tree.Membership("4:memory:/a\n", V1Mount);
        _tree.V1("sys/fs/cgroup/memory", limit: none, usage: 100 * MiB);
        _tree.V1("sys/fs/cgroup/memory/a", limit: none, usage: 100 * MiB);

        Read();
        Assert.Single(_figures.Pools);
    }

    [Fact]
    public void A_hybrid_set_up_reads_the_hierarchy_with_the_controller()
    {
        _tree.Membership(
            "4:cpu,memory:/user/app\n0::/user.slice\n",
            "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw",
            V1Mount,
            "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw");
        _tree.V1("sys/fs/cgroup/memory", limit: null, usage: 5000 * MiB);
        _tree.V1("sys/fs/cgroup/memory/user", limit: 200 * MiB, usage: 190 * MiB);
        _tree.V1("sys/fs/cgroup/memory/user/app", limit: 100 * MiB, usage: 50 * MiB);
        Directory.CreateDirectory(Path.Join(_tree.Root, "sys/fs/cgroup/unified/user.slice"));

        Assert.Equal(("/user", "memory.limit_in_bytes", 200 * MiB, 10 * MiB), Of(Read()));
        Assert.Equal(3, _figures.Pools.Count);
    }

    [Fact]
    public void Of_several_mounts_the_one_that_shows_most_is_taken()
    {
        _tree.Membership(
            "0::/a/b\n",
            "50 23 0:28 /a/b /run/own rw - cgroup2 cgroup2 rw",
            V2Mount,
            "51 23 0:28 /other /run/other rw - cgroup2 cgroup2 rw");
        _tree.V2("run/own", max: 10 * MiB, current: 0);
        _tree.V2("sys/fs/cgroup/a", max: 20 * MiB, current: 0);
        _tree.V2("sys/fs/cgroup/a/b", max: 30 * MiB, current: 0);

        Assert.Equal("/a", Read().Name);
        Assert.Equal(3, _figures.Pools.Count);
    }

    [Fact]
    public void A_limit_that_changes_is_followed()
    {
        _tree.Membership("0::/a\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: 100 * MiB, current: 50 * MiB);
        Assert.Equal(100 * MiB, Read().LimitBytes);

        _tree.V2("sys/fs/cgroup/a", max: 300 * MiB, current: 70 * MiB);
        Assert.Equal((300 * MiB, 230 * MiB), (Read().LimitBytes, Tightest.FreeBytes));

        _tree.V2("sys/fs/cgroup/a", max: null, current: 70 * MiB);
        Assert.Equal("host", Read().Name);
    }

    [Fact]
    public void A_process_that_was_moved_is_found_in_its_new_cgroup()
    {
        _tree.Membership("0::/a\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: 100 * MiB, current: 50 * MiB);
        _tree.V2("sys/fs/cgroup/b", max: 60 * MiB, current: 50 * MiB);
        Assert.Equal("/a", Read().Name);

        _tree.Write("proc/self/cgroup", "0::/b\n");
        Assert.Equal("/b", Read().Name);

        _tree.Write("proc/self/cgroup", "0::/gone (deleted)\n");
        Assert.Equal("host", Read().Name);
    }

    [Fact]
    public void A_controller_that_is_turned_on_later_is_found()
    {
        _tree.Membership("0::/a\n", V2Mount);
        Directory.CreateDirectory(Path.Join(_tree.Root, "sys/fs/cgroup/a"));
        Assert.Equal("host", Read().Name);

        _tree.V2("sys/fs/cgroup/a", max: 100 * MiB, current: 50 * MiB);
        _now += TimeSpan.FromSeconds(61);
        Assert.Equal("/a", Read().Name);
    }

    [Fact]
    public void What_is_known_of_growth_stays_when_the_tree_is_looked_through_again()
    {
        _tree.Membership("0::/a\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: 100 * MiB, current: 50 * MiB);
        var before = Read();
        _now += TimeSpan.FromSeconds(61);

        Assert.Same(before, Read());
    }

    [Fact]
    public void The_swap_that_a_cgroup_may_not_use_is_not_there()
    {
        _tree.MemInfo(totalMiB: 1000, availableMiB: 800, swapMiB: 1000, swapFreeMiB: 900);
        _tree.Membership("0::/a\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: null, current: 50 * MiB);
        _tree.Write("sys/fs/cgroup/a/memory.swap.max", "max\n");
        _tree.Write("sys/fs/cgroup/a/memory.swap.current", "4096\n");
        Read();
        Assert.Equal((1000 * MiB, 100 * MiB), (_figures.SwapTotalBytes, _figures.SwapUsedBytes));

        _tree.Write("sys/fs/cgroup/a/memory.swap.max", "0\n");
        Read();
        Assert.Equal((0, 0), (_figures.SwapTotalBytes, _figures.SwapUsedBytes));
    }

    [Fact]
    public void Of_nested_limits_of_swap_the_one_with_the_least_left_is_told()
    {
        _tree.MemInfo(totalMiB: 8000, availableMiB: 4000, swapMiB: 8192, swapFreeMiB: 6000);
        _tree.Membership("0::/a/b\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: null, current: 50 * MiB);
        _tree.Write("sys/fs/cgroup/a/memory.swap.max", "2147483648\n");
        _tree.Write("sys/fs/cgroup/a/memory.swap.current", "2147483648\n");
        _tree.V2("sys/fs/cgroup/a/b", max: null, current: 50 * MiB);
        _tree.Write("sys/fs/cgroup/a/b/memory.swap.max", "1073741824\n");
        _tree.Write("sys/fs/cgroup/a/b/memory.swap.current", "0\n");
        Read();

        Assert.Equal((2048 * MiB, 2048 * MiB), (_figures.SwapTotalBytes, _figures.SwapUsedBytes));
        Assert.Equal(1024 * MiB, _figures.SwapAllowedBytes);
    }

    [Fact]
    public async Task The_cache_of_ZFS_counts_as_free_above_its_least_size()
    {
        // 64 GB, of which the cache has 48 and keeps 2.
        _tree.MemInfo(totalMiB: 62000, availableMiB: 400);
        Assert.Equal(400 * MiB, Read().FreeBytes);

        _tree.Write("proc/spl/kstat/zfs/arcstats", ArcStatsTests.Sample);
        _now += TimeSpan.FromSeconds(61);
        Assert.Equal((400 * MiB) + 51538558976 - 2147483648, Read().FreeBytes);

        using var check = new MemoryCheck(new LinuxMemorySource(_tree.Root), TimeProvider.System, () => new MemoryOptions());
        var result = await check.CheckHealthAsync(
            new HealthCheckContext { Registration = new HealthCheckRegistration("memory", check, null, null) });
        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal(51538558976 - 2147483648, result.Data["arcReclaimableBytes"]);

        // Never more than there is.
        _tree.MemInfo(totalMiB: 40000, availableMiB: 20000);
        Assert.Equal(40000 * MiB, Read().FreeBytes);
        Assert.Equal(20000 * MiB, _figures.ArcReclaimableBytes);
    }

    [Fact]
    public void Where_a_container_has_its_own_figures_the_machines_cache_of_ZFS_and_huge_pages_are_left_out()
    {
        const string Own = "MemTotal: 2097152 kB\nMemAvailable: 20480 kB\nHugetlb: 1048576 kB\n";
        _tree.Write("proc/meminfo", Own);
        _tree.Write("proc/spl/kstat/zfs/arcstats", ArcStatsTests.Sample);
        _tree.Write("proc/self/mountinfo", "612 601 0:52 /proc/meminfo /proc/meminfo rw,nosuid,nodev,relatime - fuse.lxcfs lxcfs rw,allow_other\n");

        Assert.Equal(("host", "MemTotal", 2048 * MiB, 20 * MiB), Of(Read()));
        Assert.Null(_figures.ArcReclaimableBytes);

        // A mount elsewhere changes nothing.
        _tree.Write("proc/self/mountinfo", "612 601 0:52 /proc/meminfo /proc/meminfo2 rw,relatime - fuse.lxcfs lxcfs rw\n");
        _now += TimeSpan.FromSeconds(61);
        Assert.Equal(1024 * MiB, Read().LimitBytes);
    }

    [Fact]
    public void Huge_pages_are_no_part_of_what_could_be_free()
    {
        _tree.Write("proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable: 358400 kB\nHugePages_Total: 3584\nHugepagesize: 2048 kB\nHugetlb: 7340032 kB\n");

        Assert.Equal(("host", "MemTotal", 1024 * MiB, 350 * MiB), Of(Read()));
    }

    [Theory]
    [InlineData("0::/../other\n", V2Mount, "cgroup /../other: no mount of its hierarchy shows it")]
    [InlineData("0::/app\n", "31 23 0:28 / /sys rw - sysfs sysfs rw", "cgroup /app: no mount of its hierarchy shows it")]
    [InlineData("4:memory:/app\n0::/\n", "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw", "cgroup /app: no mount of its hierarchy shows it")]
    [InlineData("4:memory:/app\n0::/../x\n", V1Mount, null)]
    public void A_limit_that_cannot_be_found_is_told(string membership, string mount, string? note)
    {
        _tree.Membership(membership, mount);
        for (var run = 0; run < 2; run++)
        {
            Assert.Equal("host", Read().Name);
            Assert.Equal(note is null ? [] : [note], _figures.NotReadable);
        }
    }

    [Theory]
    [InlineData("memory.current")]
    [InlineData("memory.stat")]
    public void A_limit_without_what_it_takes_to_judge_it_is_told_and_not_judged(string file)
    {
        _tree.Membership("0::/a\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: 100 * MiB, current: 99 * MiB, activeFile: 90 * MiB);
        var path = Path.Join(_tree.Root, "sys/fs/cgroup/a", file);
        File.Delete(path);
        for (var run = 0; run < 2; run++)
        {
            Assert.Equal("host", Read().Name);
            Assert.Equal([$"{path}: it is missing"], _figures.NotReadable);
        }

        _tree.V2("sys/fs/cgroup/a", max: 100 * MiB, current: 99 * MiB, activeFile: 90 * MiB);
        Assert.Equal(("/a", "memory.max", 100 * MiB, 91 * MiB), Of(Read()));
        Assert.Empty(_figures.NotReadable);
    }

    [Fact]
    public void Usage_above_the_limit_or_below_its_cache_gives_no_impossible_number()
    {
        _tree.Membership("0::/a\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: 100 * MiB, current: 150 * MiB);
        Assert.Equal(0, Read().FreeBytes);

        // The counters are not taken at one instant.
        _tree.V2("sys/fs/cgroup/a", max: 100 * MiB, current: 10 * MiB, inactiveFile: 30 * MiB);
        Assert.Equal(100 * MiB, Read().FreeBytes);

        _tree.V2("sys/fs/cgroup/a", max: 0, current: 0);
        Assert.Equal(0, Read().FreePercent);
    }

    [Theory]
    [InlineData("proc/meminfo", "MemTotal: 5 kB\n", "it holds no MemTotal and MemAvailable")]
    [InlineData("sys/fs/cgroup/a/memory.max", "\n", "it holds no number")]
    [InlineData("sys/fs/cgroup/a/memory.max", "-1\n", "it holds no number")]
    [InlineData("sys/fs/cgroup/a/memory.current", "12a\n", "it holds no number")]
    public void What_cannot_be_read_is_named_and_gives_no_number(string file, string content, string why)
    {
        _tree.Membership("0::/a\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: 100 * MiB, current: 50 * MiB);
        _tree.Write(file, content);

        var failure = _source.Read(_now, _figures);

        Assert.Equal(new MemoryFailure("memory.unreadable", $"{_tree.Root}/{file}: {why}"), failure);
    }

    [Theory]
    [InlineData("memory.max")]
    [InlineData("memory.current")]
    [InlineData("memory.stat")]
    public async Task A_cgroup_further_up_that_cannot_be_read_is_named_and_the_rest_is_told(string file)
    {
        _tree.Membership("0::/a/b/c\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: 300 * MiB, current: 50 * MiB);
        _tree.V2("sys/fs/cgroup/a/b", max: 200 * MiB, current: 190 * MiB);
        _tree.V2("sys/fs/cgroup/a/b/c", max: 100 * MiB, current: 50 * MiB);
        Assert.Equal("/a/b", Read().Name);

        // To open a directory fails as a lack of permission does (EACCES), for root too. The next look at the tree opens it.
        var path = Path.Join(_tree.Root, "sys/fs/cgroup/a/b", file);
        File.Move(path, path + ".away");
        Directory.CreateDirectory(path);
        _now += TimeSpan.FromSeconds(61);

        for (var run = 0; run < 2; run++)
        {
            Assert.Equal("/a/b/c", Read().Name);
            Assert.Equal(["host", "/a/b/c", "/a"], _figures.Pools.Select(pool => pool.Name));
            Assert.StartsWith($"{path}: Access to the path ", Assert.Single(_figures.NotReadable), StringComparison.Ordinal);
        }

        // The check judges the rest and says so.
        using var check = new MemoryCheck(new LinuxMemorySource(_tree.Root), TimeProvider.System, () => new MemoryOptions());
        var result = await check.CheckHealthAsync(
            new HealthCheckContext { Registration = new HealthCheckRegistration("memory", check, null, null) });
        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal("/a/b/c", result.Data["limitedBy"]);
        Assert.Equal(Assert.Single(_figures.NotReadable), result.Data["notReadable"]);
        Assert.StartsWith("50.0 MiB of 100.0 MiB free (50.0 %), ", result.Description, StringComparison.Ordinal);
        Assert.EndsWith($", not readable: {Assert.Single(_figures.NotReadable)}", result.Description, StringComparison.Ordinal);

        Directory.Delete(path);
        File.Move(path + ".away", path);
        Assert.Equal("/a/b", Read().Name);
        Assert.Empty(_figures.NotReadable);
    }

    [Fact]
    public void Nothing_is_told_when_no_cgroup_or_not_the_own_one_can_be_read()
    {
        _tree.Membership("0::/a/b\n", V2Mount);
        _tree.V2("sys/fs/cgroup/a", max: 300 * MiB, current: 50 * MiB);
        var own = Path.Join(_tree.Root, "sys/fs/cgroup/a/b/memory.max");
        Directory.CreateDirectory(own);
        AssertUnknown();

        File.Delete(Path.Join(_tree.Root, "sys/fs/cgroup/a/memory.max"));
        Directory.CreateDirectory(Path.Join(_tree.Root, "sys/fs/cgroup/a/memory.max"));
        AssertUnknown();

        void AssertUnknown()
        {
            var failure = _source.Read(_now += TimeSpan.FromSeconds(61), _figures);
            Assert.Equal("memory.unreadable", failure?.Reason);
            Assert.StartsWith($"{own}: ", failure!.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("proc/meminfo")]
    [InlineData("proc/self/mountinfo")]
    public void A_missing_file_is_named_and_found_again_later(string file)
    {
        var path = Path.Join(_tree.Root, file);
        File.Move(path, path + ".away");

        var failure = _source.Read(_now, _figures);
        Assert.Equal("memory.unreadable", failure?.Reason);
        Assert.StartsWith(path, failure!.Text, StringComparison.Ordinal);

        File.Move(path + ".away", path);
        Assert.Equal("host", Read().Name);
    }

    [Fact]
    public void Any_content_of_any_file_never_throws_and_gives_no_nonsense()
    {
        string[] files =
        [
            "proc/spl/kstat/zfs/arcstats", "proc/meminfo", "proc/self/cgroup", "proc/self/mountinfo", "proc/self/statm", "sys/fs/cgroup/a/memory.max",
            "sys/fs/cgroup/a/memory.high", "sys/fs/cgroup/a/memory.current", "sys/fs/cgroup/a/memory.stat",
            "sys/fs/cgroup/a/memory.swap.max", "sys/fs/cgroup/a/memory.swap.current",
        ];
        string[] numbers = ["0", "1", "-1", "max", "4096", "9223372036854775807", "9223372036854775808", "18446744073709551615", "1e9", ""];

        Prop.ForAll<(byte File, byte Number, bool Raw, byte[] Bytes)[]>(changes =>
        {
            _tree.MemInfo(totalMiB: 1000, availableMiB: 800, swapMiB: 100, swapFreeMiB: 50);
            _tree.Membership("0::/a\n", V2Mount);
            _tree.V2("sys/fs/cgroup/a", max: 100 * MiB, current: 50 * MiB);
            _tree.Write("proc/spl/kstat/zfs/arcstats", ArcStatsTests.Sample);
            foreach (var change in changes.Take(4))
            {
                var path = Path.Join(_tree.Root, files[change.File % files.Length]);
                if (change.Raw)
                {
                    File.WriteAllBytes(path, change.Bytes);
                }
                else
                {
                    File.WriteAllText(path, string.Create(
                        CultureInfo.InvariantCulture,
                        $"{numbers[change.Number % numbers.Length]}\ninactive_file {numbers[change.Number % 7]}\nactive_file {numbers[change.Number % 9]}\n"));
                }
            }

            _now += TimeSpan.FromSeconds(30);
            return _source.Read(_now, _figures) is not null
                || (_figures.Pools.Count > 0
                    && _figures.Pools.TrueForAll(pool => pool.LimitBytes >= 0 && pool.FreeBytes >= 0 && pool.FreeBytes <= pool.LimitBytes
                        && pool.FreePercent is >= 0 and <= 100)
                    && _figures.OwnRssBytes is null or >= 0
                    && _figures.SwapUsedBytes >= 0 && _figures.SwapUsedBytes <= _figures.SwapTotalBytes);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void This_machine_is_read_and_a_run_allocates_nothing_to_speak_of()
    {
        using var source = new LinuxMemorySource();
        Assert.Null(source.Read(TimeSpan.Zero, _figures));
        Assert.InRange(Tightest.FreeBytes, 1, Tightest.LimitBytes);
        Assert.InRange(_figures.OwnRssBytes!.Value, 10 * MiB, 100_000 * MiB);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(source.Read(TimeSpan.FromSeconds(i), _figures));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10 * 200);
    }

    private MemoryPool Tightest => _figures.Pools.MinBy(pool => pool.FreeBytes)!;

    private MemoryPool Read()
    {
        Assert.Null(_source.Read(_now, _figures));
        return Tightest;
    }

    private static (string Name, string LimitName, long Limit, long Free) Of(MemoryPool pool) =>
        (pool.Name, pool.LimitName, pool.LimitBytes, pool.FreeBytes);
}
