using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.IntegrationTests.HostChecks.DiskSpace;

public sealed class DiskSpaceCheckTests : IDisposable
{
    private const long MiB = 1L << 20;

    private readonly List<SynchronousCheck> _checks = [];

    public void Dispose() => _checks.ForEach(check => check.Dispose());

    [Fact]
    public void A_full_tmpfs_is_unhealthy_with_zero_bytes_free()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        var check = Check(mount.Path);
        Assert.Equal(HealthStatus.Healthy, check.Run().Status);

        var filler = mount.FillBytes();
        var full = check.Run();

        Assert.Equal(HealthStatus.Unhealthy, full.Status);
        Assert.Equal("disk.space.low", full.Data["reason"]);
        Assert.Equal(0L, full.Data["freeBytes"]);
        Assert.Equal(0d, full.Data["freePercent"]);
        Assert.Equal(8 * MiB, full.Data["totalBytes"]);
        Assert.Equal(
            "disk space low (unhealthy below 5 %): 0 B of 8.0 MiB free (0 %)",
            full.Description![..full.Description!.IndexOf(", inodes", StringComparison.Ordinal)]);

        File.Delete(filler);
        Assert.Equal(HealthStatus.Healthy, check.Run().Status);
    }

    [Fact]
    public void An_ext4_out_of_inodes_is_unhealthy_with_bytes_left()
    {
        using var mount = TempMount.Ext4(16 * MiB, inodes: 64);
        var check = Check(mount.Path);
        Assert.Equal(HealthStatus.Healthy, check.Run().Status);

        mount.FillInodes();
        var full = check.Run();

        Assert.Equal(HealthStatus.Unhealthy, full.Status);
        Assert.Equal("disk.inodes.low", full.Data["reason"]);
        Assert.Equal(0L, full.Data["freeInodesCount"]);
        Assert.Equal(0d, full.Data["freeInodesPercent"]);
        Assert.InRange((long)full.Data["freeBytes"], 4 * MiB, 16 * MiB);
        Assert.InRange((double)full.Data["freePercent"], 50, 100);
    }

    [Fact]
    public void A_file_system_that_turns_read_only_is_unhealthy()
    {
        using var mount = TempMount.Ext4(8 * MiB);
        var check = Check(mount.Path);
        var allowed = Check(mount.Path, options => options.AllowReadOnly = true);
        Assert.Equal(HealthStatus.Healthy, check.Run().Status);

        mount.RemountReadOnly();
        var result = check.Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("disk.readOnly", result.Data["reason"]);
        Assert.Equal(true, result.Data["readOnly"]);
        Assert.Equal(HealthStatus.Healthy, allowed.Run().Status);

        mount.RemountReadWrite();
        Assert.Equal(HealthStatus.Healthy, check.Run().Status);
    }

    [Fact]
    public void A_read_only_bind_mount_is_deliberate_unless_told_otherwise()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        var source = Directory.CreateDirectory(Path.Combine(mount.Path, "source")).FullName;
        var target = Directory.CreateDirectory(Path.Combine(mount.Path, "target")).FullName;
        Tool.Run("mount", "--bind", source, target);
        Tool.Run("mount", "-o", "remount,bind,ro", target);

        var result = Check(target).Run();
        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal(true, result.Data["readOnly"]);
        Assert.Equal("disk.readOnly", Check(target, options => options.AllowReadOnly = false).Run().Data["reason"]);

        // One path to it writable, the other not: each is judged.
        Assert.Equal("disk.readOnly", Check(source, options => (options.Paths, options.AllowReadOnly) = ([target], false)).Run().Data["reason"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(11)]
    [InlineData(60)]
    public void With_a_reserve_the_percentage_is_that_of_df(int fileMiB)
    {
        using var mount = TempMount.Ext4(64 * MiB, reservedPercent: 5);
        if (fileMiB == 60)
        {
            mount.FillBytes();
        }
        else
        {
            File.WriteAllBytes(Path.Combine(mount.Path, "file"), new byte[fileMiB * MiB]);
            Tool.Run("sync", "-f", mount.Path);
        }

        AssertLikeDf(mount.Path);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/tmp")]
    [InlineData("/dev/shm")]
    [InlineData("/dev")]
    public void This_machines_own_file_systems_read_as_df_shows_them(string path) => AssertLikeDf(path);

    [Fact]
    public void A_path_below_a_mount_is_measured_there()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(mount.Path, "a", "b")).FullName, "app.log");
        File.WriteAllText(file, "x");

        foreach (var path in new[] { Path.GetDirectoryName(file)!, file })
        {
            var result = Check(path).Run();
            Assert.Equal(mount.Path, result.Data["mountPoint"]);
            Assert.Equal("tmpfs", result.Data["fileSystem"]);
            Assert.Equal("healthkit-test", result.Data["device"]);
            Assert.Equal(8 * MiB, result.Data["totalBytes"]);
            Assert.EndsWith($"healthkit-test tmpfs on {mount.Path}, for {path}", result.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Two_paths_and_a_bind_mount_on_one_device_are_one_item_and_another_device_is_another()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        using var other = TempMount.Ext4(8 * MiB);
        var directory = Directory.CreateDirectory(Path.Combine(mount.Path, "directory")).FullName;
        var bound = Directory.CreateDirectory(Path.Combine(mount.Path, "bound")).FullName;
        Tool.Run("mount", "--bind", directory, bound);

        var one = Check(mount.Path, options => options.Paths = [directory, bound]).Run();

        Assert.Equal([mount.Path, directory, bound], Assert.IsAssignableFrom<IEnumerable<string>>(one.Data["paths"]));
        Assert.DoesNotContain("items", one.Data.Keys);

        var two = Check(mount.Path, options => options.Paths = [other.Path, bound]).Run();

        var items = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object>>(two.Data["items"]);
        Assert.Equal(new[] { mount.Path, other.Path }.Order(StringComparer.Ordinal), items.Keys.Order(StringComparer.Ordinal));
        var ext4 = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object>>(items[other.Path]);
        Assert.Equal("ext4", ext4["fileSystem"]);
        Assert.Contains("freeBytes", ext4.Keys);
        Assert.Contains("freePercent", ext4.Keys);
    }

    [Fact]
    public void A_mount_point_may_hold_any_character()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        var odd = Directory.CreateDirectory(Path.Combine(mount.Path, "with space\ttab\\back\nline #1 é")).FullName;
        Tool.Run("mount", "-t", "tmpfs", "-o", "size=4m", "odd one", odd);
        var below = Directory.CreateDirectory(Path.Combine(odd, "below")).FullName;

        var result = Check(below).Run();

        Assert.Equal(odd, result.Data["mountPoint"]);
        Assert.Equal("odd one", result.Data["device"]);
        Assert.Equal(4 * MiB, result.Data["totalBytes"]);
    }

    [Fact]
    public void A_path_that_goes_is_missing_and_comes_back()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        var path = Directory.CreateDirectory(Path.Combine(mount.Path, "data")).FullName;
        var check = Check(path);
        Assert.Equal(HealthStatus.Healthy, check.Run().Status);

        Directory.Delete(path);
        var gone = check.Run();

        Assert.Equal(HealthStatus.Unhealthy, gone.Status);
        Assert.Equal("disk.path.missing", gone.Data["reason"]);
        Assert.Equal($"path missing: {path}: it does not exist", gone.Description);
        Assert.DoesNotContain("freeBytes", gone.Data.Keys);

        Directory.CreateDirectory(path);
        Assert.Equal(HealthStatus.Healthy, check.Run().Status);

        var file = Path.Combine(mount.Path, "file");
        File.WriteAllText(file, "");
        Assert.Equal("disk.path.missing", Check(Path.Combine(file, "below")).Run().Data["reason"]);
    }

    [Fact]
    public void Symbolic_links_are_followed_to_where_they_lead()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        using var other = TempMount.Ext4(8 * MiB);
        Directory.CreateDirectory(Path.Combine(other.Path, "real"));
        var link = Directory.CreateSymbolicLink(Path.Combine(mount.Path, "link"), other.Path).FullName;

        var result = Check(Path.Combine(link, "real")).Run();

        Assert.Equal(other.Path, result.Data["mountPoint"]);
        Assert.Equal("ext4", result.Data["fileSystem"]);

        var loop = File.CreateSymbolicLink(Path.Combine(mount.Path, "loop"), Path.Combine(mount.Path, "loop")).FullName;
        result = Check(loop).Run();
        Assert.Equal("disk.measure.failed", result.Data["reason"]);
        Assert.Contains("symbolic links", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_file_system_mounted_over_it_is_noticed()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        var check = Check(mount.Path);
        Assert.Equal("healthkit-test", check.Run().Data["device"]);

        Tool.Run("mount", "-t", "tmpfs", "-o", "size=4m", "over", mount.Path);
        try
        {
            var over = check.Run();
            Assert.Equal("over", over.Data["device"]);
            Assert.Equal(4 * MiB, over.Data["totalBytes"]);
        }
        finally
        {
            Tool.Run("umount", mount.Path);
        }

        Assert.Equal("healthkit-test", check.Run().Data["device"]);
    }

    [Fact]
    public void A_directory_that_may_not_be_entered_is_said_to_be_so()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        var closed = Directory.CreateDirectory(Path.Combine(mount.Path, "closed")).FullName;
        Tool.Run("chmod", "0", closed);
        var path = Directory.CreateDirectory(Path.Combine(closed, "data")).FullName;
        var check = Check(path, failureStatus: HealthStatus.Degraded);
        Assert.Equal(HealthStatus.Healthy, check.Run().Status);

        var result = check.RunAsNobody();

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Equal("disk.path.denied", result.Data["reason"]);
    }

    [Fact]
    public void What_has_no_blocks_cannot_be_measured()
    {
        var result = Check("/proc").Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("disk.measure.failed", result.Data["reason"]);
        Assert.DoesNotContain("freeBytes", result.Data.Keys);
    }

    [Fact]
    public void A_run_allocates_at_most_two_kilobytes()
    {
        using var mount = TempMount.Ext4(8 * MiB);
        mount.FillBytes();
        foreach (var path in new[] { "/", mount.Path })
        {
            var check = Check(path);
            for (var i = 0; i < 100; i++)
            {
                check.Run();
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                check.Run();
            }

            Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 1, 2048);
        }
    }

    private static void AssertLikeDf(string path)
    {
        // While others write, the machine's own file systems change between the two: ask until nothing moved.
        var deadline = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            var before = new WatchedPath(path);
            Assert.Equal(0, FileSystemSource.OfThisSystem.Measure(before, out var first));
            var numbers = Tool.Run("df", "-B1", "--output=size,used,avail,pcent,itotal,iavail", path).Split('\n')[1].Split(' ', '%')
                .Where(text => text.Length > 0).Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal(0, FileSystemSource.OfThisSystem.Measure(before, out var second));
            if (first != second && deadline.Elapsed < TimeSpan.FromSeconds(10))
            {
                continue;
            }

            Assert.Equal((numbers[0], numbers[1], numbers[2]), (second.TotalBytes, second.UsedBytes, second.FreeBytes));
            Assert.InRange(100 - second.FreePercent, numbers[3] - 1, numbers[3] + 1);
            Assert.Equal((numbers[4], numbers[5]), (second.Inodes, second.FreeInodes));
            return;
        }
    }

    private SynchronousCheck Check(string path, Action<DiskSpaceOptions>? configure = null, HealthStatus? failureStatus = null)
    {
        var check = new SynchronousCheck(checks => checks.AddDiskSpaceCheck(path, configure, failureStatus: failureStatus));
        _checks.Add(check);
        return check;
    }
}
