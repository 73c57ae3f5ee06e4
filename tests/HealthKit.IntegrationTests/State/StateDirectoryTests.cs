using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.IntegrationTests;

public sealed class StateDirectoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("healthkit-state-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void The_lock_holds_against_another_process_and_goes_with_its_death()
    {
        using var first = ChildProcess.StartHelper("state-holder", _root);
        Assert.Equal($"1 True - {_root}", first.ReadLine());
        using (var here = Open(_root))
        {
            Assert.Equal(2, here.Instance);
            Assert.Equal("state.secondInstance", here.Problem);
            using var third = ChildProcess.StartHelper("state-holder", _root);
            Assert.Equal($"3 True state.secondInstance {_root}/3", third.ReadLine());
        }

        first.Kill();
        using var next = Open(_root);
        Assert.Equal(1, next.Instance);
    }

    [Fact]
    public void It_is_the_lock_of_flock_so_a_shell_script_can_see_it()
    {
        using (var directory = Open(_root))
        {
            Assert.Equal(1, Tool.TryRun("flock", "--nonblock", Path.Combine(_root, "lock"), "true").ExitCode);
        }

        using var holder = ChildProcess.Start("flock", Path.Combine(_root, "lock"), "sh", "-c", "echo held; read line");
        Assert.Equal("held", holder.ReadLine());
        using var second = Open(_root);
        Assert.Equal(2, second.Instance);
    }

    [Fact]
    public async Task A_process_the_dead_one_started_does_not_keep_its_lock()
    {
        using var owner = ChildProcess.StartHelper("state-holder", _root, "with-child");
        owner.ReadLine();
        var survivor = int.Parse(owner.ReadLine(), CultureInfo.InvariantCulture);
        try
        {
            owner.Kill();
            Assert.True(Directory.Exists($"/proc/{survivor}"));
            // Started, but perhaps not yet past its exec, where the lock is closed.
            await Eventually.TrueAsync(
                () => File.ReadAllText($"/proc/{survivor}/comm").Trim() == "sleep", "the started process runs its program");
            using var next = Open(_root);
            Assert.Equal(1, next.Instance);
        }
        finally
        {
            Tool.TryRun("kill", "-9", survivor.ToString(CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Without_permission_it_goes_on_in_memory()
    {
        var path = Path.Combine(_root, "roots");
        Directory.CreateDirectory(path);
        Tool.Run("chmod", "755", _root);
        using var nobody = ChildProcess.StartHelper("state-holder", path, "as-nobody");
        Assert.Equal("1 False state.noPermission -", nobody.ReadLine());
        Assert.Empty(Directory.GetFileSystemEntries(path));
    }

    [Fact]
    public void A_directory_another_user_owns_in_the_shared_temp_directory_is_refused()
    {
        var path = Path.Combine(_root, "nobodys");
        Directory.CreateDirectory(path);
        Tool.Run("chown", "nobody", path);
        using var directory = Open(path);
        Assert.Equal("state.unsafeDirectory", directory.Problem);
        Assert.Empty(Directory.GetFileSystemEntries(path));
    }

    [Fact]
    public void A_volume_of_mode_0777_serves_itself_and_below_but_not_through_what_another_user_put_there()
    {
        // Not in the temp directory, below which stricter rules hold.
        var volume = Directory.CreateDirectory($"/var/lib/healthkit-volume-{Guid.NewGuid():N}").FullName;
        try
        {
            Tool.Run("chmod", "0777", volume); // as an emptyDir volume of Kubernetes is
            var elsewhere = Directory.CreateDirectory(Path.Combine(_root, "elsewhere")).FullName;
            var theirs = Directory.CreateDirectory(Path.Combine(volume, "theirs")).FullName;
            Tool.Run("chown", "nobody", theirs);
            File.CreateSymbolicLink(Path.Combine(volume, "link"), elsewhere);
            foreach (var place in (string[])["theirs", "theirs/app", "link/app"])
            {
                using var refused = Open(Path.Combine(volume, place));
                Assert.Equal("state.unsafeDirectory", refused.Problem);
            }

            Assert.Empty(Directory.GetFileSystemEntries(elsewhere));
            Assert.Empty(Directory.GetFileSystemEntries(theirs));
            foreach (var place in (string[])["mine/app", ""])
            {
                using var first = Open(Path.Combine(volume, place));
                Assert.True(first.IsPersistent, first.ProblemText);
                using var second = Open(Path.Combine(volume, place));
                Assert.Equal(2, second.Instance);
            }
        }
        finally
        {
            Directory.Delete(volume, recursive: true);
        }
    }

    [Fact]
    public void A_volume_mounted_over_it_is_noticed_and_used()
    {
        using var mount = TempMount.Tmpfs(1 << 20);
        var path = Path.Combine(mount.Path, "state");
        using var directory = Open(path);
        using var journal = Journal.Open(directory, "test", 8192, null, TimeProvider.System, NullLogger.Instance);
        Assert.True(journal.TryAppend("one"u8, out _));
        Tool.Run("mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "healthkit-over", path);
        try
        {
            Assert.False(journal.Flush());
            Assert.Equal("state.removed", directory.Problem);
            Assert.True(journal.TryRecover(), journal.Problem?.Text);
            Assert.True(journal.Flush());
            Assert.True(File.Exists(Path.Combine(path, "test.journal")));
            Assert.Single(journal.ReadAll());
        }
        finally
        {
            journal.Dispose();
            directory.Close();
            Tool.Run("umount", path);
        }
    }

    [Fact]
    public void On_a_read_only_file_system_it_goes_on_in_memory_until_that_is_writable()
    {
        using var mount = TempMount.Tmpfs(1 << 20);
        mount.RemountReadOnly();
        using var directory = Open(Path.Combine(mount.Path, "state"));
        Assert.False(directory.IsPersistent);
        Assert.Equal("state.readOnly", directory.Problem);
        Assert.Contains(mount.Path, directory.ProblemText, StringComparison.Ordinal);
        mount.RemountReadWrite();
        Assert.True(directory.TryRecover());
        Assert.Null(directory.Problem);
    }

    [Fact]
    public void With_no_inode_left_it_is_full()
    {
        using var mount = TempMount.Tmpfs(1 << 20, inodes: 8);
        mount.FillInodes();
        using var directory = Open(Path.Combine(mount.Path, "state"));
        Assert.Equal("state.full", directory.Problem);
    }

    [Fact]
    public void A_run_that_was_killed_is_known_to_the_next_one()
    {
        using (var first = ChildProcess.StartHelper("start-log", _root))
        {
            Assert.Equal("none", first.ReadLine());
            first.Kill();
        }

        using (var second = ChildProcess.StartHelper("start-log", _root))
        {
            Assert.Equal("clean=False", second.ReadLine());
            second.WriteLine("stop");
            Assert.Equal(0, second.WaitForExit());
        }

        using var third = ChildProcess.StartHelper("start-log", _root);
        Assert.Equal("clean=True", third.ReadLine());
    }

    private static StateDirectory Open(string path) => StateDirectory.Open(path, "app", NullLogger.Instance);
}
