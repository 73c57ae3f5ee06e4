namespace HealthKit.IntegrationTests;

/// <summary>The fixtures do what they say: a test that stands on them means something.</summary>
public sealed class SupportTests
{
    [Fact]
    public void A_filled_tmpfs_has_no_byte_free_and_is_gone_after_disposal()
    {
        string path;
        using (var mount = TempMount.Tmpfs(1 << 20))
        {
            path = mount.Path;
            mount.FillBytes();
            Assert.Equal(0, new DriveInfo(path).AvailableFreeSpace);
        }

        Assert.False(Directory.Exists(path));
        Assert.DoesNotContain(path, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_ext4_runs_out_of_inodes_with_bytes_left()
    {
        using var mount = TempMount.Ext4(16 << 20, inodes: 64);
        Assert.InRange(mount.FillInodes(), 30, 64);
        Assert.True(new DriveInfo(mount.Path).AvailableFreeSpace > 1 << 20);
    }

    [Fact]
    public void A_full_ext4_refuses_the_next_block()
    {
        using var mount = TempMount.Ext4(8 << 20);
        mount.FillBytes();
        Assert.Equal(0, new DriveInfo(mount.Path).AvailableFreeSpace);
    }

    [Fact]
    public void A_read_only_remount_refuses_writes_until_it_is_undone()
    {
        using var mount = TempMount.Tmpfs(1 << 20);
        mount.RemountReadOnly();
        Assert.ThrowsAny<IOException>(() => File.WriteAllText(Path.Combine(mount.Path, "a"), "a"));
        mount.RemountReadWrite();
        File.WriteAllText(Path.Combine(mount.Path, "a"), "a");
    }

    [Fact]
    public void A_child_answers_stops_continues_and_dies()
    {
        using var child = ChildProcess.StartHelper("echo");
        Assert.Equal("ready", child.ReadLine());
        child.Stop();
        child.WriteLine("hello");
        Assert.Throws<TimeoutException>(() => child.ReadLine(TimeSpan.FromMilliseconds(300)));
        child.Continue();
        Assert.Equal("hello", child.ReadLine());
        child.Kill();
        Assert.Equal(128 + 9, child.WaitForExit());
        Assert.Empty(child.ReadToEnd());
    }

    [Fact]
    public async Task A_condition_that_never_comes_true_is_named()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(
            () => Eventually.TrueAsync(() => false, "pigs fly", TimeSpan.FromMilliseconds(50), () => "walking pigs"));
        Assert.Contains("pigs fly", failure.Message, StringComparison.Ordinal);
        Assert.Contains("walking pigs", failure.Message, StringComparison.Ordinal);
    }
}
