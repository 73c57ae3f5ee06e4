using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Linux;

public class MountInfoTests
{
    private const string Sample = """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684092k
        27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
        30 25 0:27 / /dev/shm rw,relatime - tmpfs second rw
        40 27 8:1 / /var/log rw,noatime shared:2 master:1 propagate_from:3 unbindable - xfs /dev/mapper/vg-log rw,attr2
        41 27 8:2 /sub /mnt/with\040space\011tab\134back\043 ro,nosuid - btrfs /dev/sdb rw,subvol=/sub
        42 27 0:50 / /mnt/image ro - squashfs /dev/loop0 ro
        43 27 0:51 / /mnt/nosource rw - tmpfs  rw

        """;

    [Theory]
    [InlineData("/", "/", "/dev/vda")]
    [InlineData("/etc/passwd", "/", "/dev/vda")]
    [InlineData("/var/log", "/var/log", "/dev/mapper/vg-log")]
    [InlineData("/var/log/app/x.log", "/var/log", "/dev/mapper/vg-log")]
    [InlineData("/var/logger", "/", "/dev/vda")]
    [InlineData("/var/lo", "/", "/dev/vda")]
    [InlineData("/dev/shm/x", "/dev/shm", "second")]
    [InlineData("/mnt/with space\ttab\\back#/x", "/mnt/with space\ttab\\back#", "/dev/sdb")]
    [InlineData("/mnt/nosource", "/mnt/nosource", "")]
    public void The_longest_mount_point_above_the_path_wins_and_the_later_of_two(string path, string mountPoint, string device)
    {
        var mount = Find(Sample, path);

        Assert.NotNull(mount);
        Assert.Equal(mountPoint, mount.MountPoint);
        Assert.Equal(device, mount.Device);
    }

    [Fact]
    public void The_paths_own_device_comes_before_a_longer_mount_point()
    {
        // A mount over /var hides the one on /var/log.
        var text = Sample + "50 27 8:9 / /var rw - ext4 /dev/hides rw\n";

        Assert.Equal("/dev/hides", Find(text, "/var/log/x", 8, 9)?.Device);
        Assert.Equal("/dev/mapper/vg-log", Find(text, "/var/log/x", 8, 1)?.Device);
        Assert.Equal("/dev/mapper/vg-log", Find(text, "/var/log/x", 99, 99)?.Device);
        Assert.Null(MountInfo.Find(Encoding.UTF8.GetBytes(text), "/var/log/x"u8, 99, 99, deviceMustMatch: true));
    }

    [Fact]
    public void Read_only_is_told_apart_by_mount_and_by_file_system()
    {
        Assert.Equal((true, false), Flags("/mnt/with space\ttab\\back#"));
        Assert.Equal((true, true), Flags("/mnt/image"));
        Assert.Equal((false, false), Flags("/var/log"));

        static (bool, bool) Flags(string path) => Find(Sample, path) is { } mount ? (mount.MountReadOnly, mount.FileSystemReadOnly) : default;
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("27 1 254:0 / / rw,relatime")]
    [InlineData("27 1 254:0 / / rw,relatime - ext4 /dev/vda")]
    [InlineData("27 1 254 / / rw,relatime - ext4 /dev/vda rw")]
    [InlineData("x 1 254:0 / / rw,relatime - ext4 /dev/vda rw")]
    [InlineData("27 1 -1:0 / / rw,relatime - ext4 /dev/vda rw")]
    [InlineData("27 1 99999999999:0 / / rw,relatime - ext4 /dev/vda rw")]
    [InlineData("27 1 254:0 / relative rw,relatime - ext4 /dev/vda rw")]
    public void Lines_that_are_not_as_they_should_be_are_passed_over(string text) => Assert.Null(Find(text, "/"));

    [Fact]
    public void Any_bytes_give_a_mount_above_the_path_or_none()
    {
        Prop.ForAll<byte[], byte[]>((text, tail) =>
        {
            byte[] path = [(byte)'/', .. tail];
            AssertSane(MountInfo.Find(text, path, 8, 1), path);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_good_file_with_any_damage_gives_a_mount_above_the_path_or_none()
    {
        var good = Encoding.UTF8.GetBytes(Sample);
        var paths = new[] { "/", "/var/log/app", "/mnt/with space\ttab\\back#/x", "/dev/shm" }.Select(Encoding.UTF8.GetBytes).ToArray();
        Prop.ForAll<int, byte[], int>((at, damage, which) =>
        {
            var start = (int)((uint)at * 7919 % good.Length);
            var path = paths[(uint)which % paths.Length];
            byte[] text = [.. good[..start], .. damage, .. good[Math.Min(good.Length, start + (int)((uint)which % 9))..]];
            AssertSane(MountInfo.Find(text, path, 8, 1), path);
        }).QuickCheckThrowOnFailure();
    }

    private static void AssertSane(MountEntry? mount, byte[] path)
    {
        if (mount is null)
        {
            return;
        }

        var text = Encoding.UTF8.GetString(path);
        Assert.StartsWith("/", mount.MountPoint, StringComparison.Ordinal);
        Assert.StartsWith(mount.MountPoint.TrimEnd('\uFFFD'), text, StringComparison.Ordinal);
        Assert.NotEmpty(mount.FileSystem);
        Assert.InRange(mount.Device.Length, 0, 256);
    }

    private static MountEntry? Find(string text, string path, uint major = 0, uint minor = 0) =>
        MountInfo.Find(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(path), major, minor);
}
