using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.IntegrationTests.Files;

public sealed class DirectoryCheckTests : IDisposable
{
    private const long MiB = 1L << 20;

    private readonly List<SynchronousCheck> _checks = [];

    public void Dispose() => _checks.ForEach(check => check.Dispose());

    [Fact]
    public void Its_figures_are_those_of_du_and_find()
    {
        using var ext4 = TempMount.Ext4(64 * MiB);
        using var tmpfs = TempMount.Tmpfs(64 * MiB);
        foreach (var mount in new[] { ext4.Path, tmpfs.Path })
        {
            // Small, large, with a hole, with two names, linked to, special, and many directories.
            Tool.Run(
                "sh",
                "-ec",
                """
                cd "$0"
                for i in $(seq 0 99); do mkdir -p "d$((i % 9))/e$i"; head -c "$((i * 400))" /dev/zero > "d$((i % 9))/e$i/f$i"; done
                truncate -s 8M hole; head -c 3000000 /dev/zero > large; ln large d1/again; ln -s large link; ln -s /usr elsewhere; mkfifo pipe
                """,
                mount);
            Tool.Run("sync", "-f", mount);
            AssertLikeTools(mount);
        }

        // A tree of this machine that nobody changes.
        AssertLikeTools("/usr/share/doc");
        AssertLikeTools("/etc");
    }

    [Fact]
    public void What_is_mounted_below_is_not_entered_unless_told_to()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        var other = Directory.CreateDirectory(Path.Combine(mount.Path, "other")).FullName;
        var real = Directory.CreateDirectory(Path.Combine(mount.Path, "real")).FullName;
        var within = Directory.CreateDirectory(Path.Combine(real, "within")).FullName;
        File.WriteAllText(Path.Combine(real, "file"), "x");
        Tool.Run("mount", "-t", "tmpfs", "-o", "size=1m", "healthkit-other", other);
        try
        {
            File.WriteAllText(Path.Combine(other, "hidden"), "x");

            // A part of the same file system, seen within itself.
            Tool.Run("mount", "--bind", mount.Path, within);

            var here = Check(mount.Path).Run();
            Assert.Equal(HealthStatus.Healthy, here.Status);
            Assert.Equal((1L, 2L), (here.Data["filesCount"], here.Data["otherFileSystemsCount"]));
            Assert.Equal(true, here.Data["complete"]);
            Assert.Contains("; 2 mounts below not entered", here.Description, StringComparison.Ordinal);

            var all = Check(mount.Path, options => options.CrossFileSystems = true).Run();
            Assert.Equal((2L, 1L), (all.Data["filesCount"], all.Data["otherFileSystemsCount"]));

            // Where the bind mount shows itself it is empty: nothing goes round.
            Assert.Equal(1L, Check(within).Run().Data["filesCount"]);
        }
        finally
        {
            _ = Tool.TryRun("umount", "--lazy", within);
            _ = Tool.TryRun("umount", "--lazy", other);
        }
    }

    [Fact]
    public void A_read_only_file_system_is_not_writable_even_to_root()
    {
        using var mount = TempMount.Ext4(8 * MiB);
        var check = Check(mount.Path);
        var reader = Check(mount.Path, options => options.MustBeWritable = false);
        Assert.Equal(HealthStatus.Healthy, check.Run().Status);

        mount.RemountReadOnly();
        var result = check.Run();

        Assert.Equal((HealthStatus.Unhealthy, "directory.notWritable"), (result.Status, result.Data["reason"]));
        Assert.StartsWith($"not writable (Read-only file system): {mount.Path} has ", result.Description, StringComparison.Ordinal);
        Assert.Equal(false, result.Data["writable"]);
        Assert.Equal(HealthStatus.Healthy, reader.Run().Status);

        mount.RemountReadWrite();
        Assert.Equal(HealthStatus.Healthy, check.Run().Status);

        Tool.Run("chattr", "+i", mount.Path);
        Assert.Equal("directory.notWritable", check.Run().Data["reason"]);
        Tool.Run("chattr", "-i", mount.Path);
    }

    [Fact]
    public void What_nobody_may_not_read_is_counted_and_said()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        Tool.Run(
            "sh", "-ec", "cd \"$0\"; mkdir open closed names-only; touch open/a closed/b closed/c names-only/d names-only/e; chmod 700 closed; chmod 744 names-only", mount.Path);

        Tool.Run("chmod", "755", Path.GetDirectoryName(mount.Path)!);
        var all = Check(mount.Path, options => options.UnhealthyAboveFilesCount = 100).Run();
        Assert.Equal((5L, true), (all.Data["filesCount"], all.Data["complete"]));

        var result = Check(mount.Path, options => (options.UnhealthyAboveFilesCount, options.MustBeWritable) = (100, false)).RunAsNobody();
        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal((3L, 3L, false), (result.Data["filesCount"], result.Data["unreadableCount"], result.Data["complete"]));
        Assert.Contains("has at least 3 files and 3 directories, ", result.Description, StringComparison.Ordinal);
        Assert.Matches("; 3 could not be read \\((closed|names-only/[de]): Permission denied\\)", result.Description);

        Assert.Equal("directory.notWritable", Check(mount.Path).RunAsNobody().Data["reason"]);
        Assert.Contains("not writable (Permission denied)", Check(mount.Path).RunAsNobody().Description, StringComparison.Ordinal);
        var denied = Check(Path.Combine(mount.Path, "closed"), failureStatus: HealthStatus.Degraded).RunAsNobody();
        Assert.Equal((HealthStatus.Degraded, "directory.denied"), (denied.Status, denied.Data["reason"]));
        Assert.Equal("directory.missing", Check(Path.Combine(mount.Path, "no")).RunAsNobody().Data["reason"]);
        Assert.Equal("directory.denied", Check(Path.Combine(mount.Path, "closed", "no")).RunAsNobody().Data["reason"]);
    }

    [Fact]
    public void A_process_of_nobody_sees_the_same()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        Tool.Run("sh", "-ec", "cd \"$0\"; mkdir closed; touch a closed/b; chmod 700 closed; chown nobody . ", mount.Path);
        Tool.Run("chmod", "755", Path.GetDirectoryName(mount.Path)!);
        using var child = ChildProcess.Start(ChildProcess.HelperCommand(
            ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--inh-caps=-all"], "directory", mount.Path));

        Assert.Matches($"^Healthy {mount.Path} has at least 1 file and 1 directory, .*; 1 could not be read \\(closed: Permission denied\\)$", child.ReadLine());
        Assert.Equal(0, child.WaitForExit());
    }

    [Fact]
    public void A_tree_far_deeper_than_a_path_may_be_long_is_walked_to_its_end()
    {
        using var mount = TempMount.Tmpfs(64 * MiB);

        // 1,000 levels of names of 50 bytes: ten times PATH_MAX.
        const string Make = """
            import os, sys
            os.chdir(sys.argv[1])
            for i in range(1000):
                os.mkdir('d' * 50); os.mkdir('e'); open('file', 'w').close(); os.chdir('d' * 50)
            """;
        Tool.Run("/usr/bin/python3", "-c", Make, mount.Path);

        var result = Check(mount.Path).Run();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal((1000L, 2000L, true), (result.Data["filesCount"], result.Data["directoriesCount"], result.Data["complete"]));
        Assert.InRange(((string)result.Data["oldest"]).Length, 1, 201);
    }

    [Fact]
    public void Any_name_is_counted_and_shown_on_one_line()
    {
        using var mount = TempMount.Tmpfs(8 * MiB);
        Tool.Run(
            "/usr/bin/python3",
            "-c",
            """
            import os, sys
            os.chdir(os.fsencode(sys.argv[1]))
            os.mkdir(b'bad\xff\ndir')
            for name in [b'bad\xff\ndir/\xfe\xff', b'new\nline', b'x' * 255, b' ', b'*', b'-rf']:
                open(name, 'w').close()
            os.utime(b'bad\xff\ndir/\xfe\xff', (0, 0))
            """,
            mount.Path);

        var result = Check(mount.Path).Run();

        Assert.Equal((6L, 1L, true), (result.Data["filesCount"], result.Data["directoriesCount"], result.Data["complete"]));
        Assert.Equal("bad\uFFFD\uFFFDdir/\uFFFD\uFFFD", result.Data["oldest"]);
        Assert.DoesNotContain("\n", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void It_bears_that_other_processes_change_what_it_walks()
    {
        using var mount = TempMount.Tmpfs(64 * MiB);
        const string Writer = """
            cd "$0"; i=0
            while :; do
              i=$(((i + 1) % 50)); mkdir -p a/b$i/c d/b$i 2>/dev/null; touch a/b$i/c/f d/b$i/f 2>/dev/null
              [ $((i % 10)) = 0 ] && mv a/b$i d/moved$i 2>/dev/null; [ $i = 49 ] && rm -rf a d
            done
            """;
        using var writer = ChildProcess.Start("sh", "-c", Writer, mount.Path);
        var rules = new WalkRules(Recursive: true, CrossFileSystems: false, Pattern: null, TimeSpan.FromSeconds(10));
        var most = 0L;
        for (var i = 0; i < 2_000; i++)
        {
            var figures = DirectoryWalk.Run(mount.Path, rules, TimeProvider.System, CancellationToken.None);
            Assert.Equal(0, figures.Error);
            Assert.True(figures.IsComplete, figures.FirstUnreadable);
            most = Math.Max(most, figures.Files);
        }

        Assert.True(most > 0, "The writer wrote nothing.");
        Assert.False(writer.HasExited, writer.Errors);
    }

    private void AssertLikeTools(string path)
    {
        var result = Check(path, options => options.MaxWalkTime = TimeSpan.FromMinutes(1)).Run();
        Assert.Equal(true, result.Data["complete"]);
        Assert.Equal(Number(Tool.Run("du", "-sx", "--block-size=1", path)), result.Data["allocatedBytes"]);
        Assert.Equal(Lines(Tool.Run("find", path, "-xdev", "!", "-type", "d", "-printf", "x\\n")), result.Data["filesCount"]);
        Assert.Equal(Lines(Tool.Run("find", path, "-xdev", "-mindepth", "1", "-type", "d", "-printf", "x\\n")), result.Data["directoriesCount"]);
        var sizes = Tool.Run("find", path, "-xdev", "!", "-type", "d", "-printf", "%i %s\\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Distinct().Sum(line => Number(line.Split(' ')[1]));
        Assert.Equal(sizes, result.Data["lengthBytes"]);
        var oldest = Tool.Run("find", path, "-xdev", "!", "-type", "d", "-printf", "%T@ %P\\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 2)).OrderBy(pair => decimal.Parse(pair[0], CultureInfo.InvariantCulture)).ToList();
        Assert.Contains((string)result.Data["oldest"], oldest.TakeWhile(pair => pair[0] == oldest[0][0]).Select(pair => pair[1]));

        static long Number(string text) => long.Parse(text.Split('\t')[0], CultureInfo.InvariantCulture);
        static long Lines(string text) => text.Count(c => c == '\n');
    }

    private SynchronousCheck Check(string path, Action<DirectoryOptions>? configure = null, HealthStatus? failureStatus = null)
    {
        // Its time stands still: it walks at each run.
        var check = new SynchronousCheck(checks => checks.AddDirectoryCheck(path, configure, failureStatus: failureStatus), new ManualTime(DateTimeOffset.UtcNow));
        _checks.Add(check);
        return check;
    }
}
