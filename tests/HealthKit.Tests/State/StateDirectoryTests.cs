using System.Diagnostics;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests;

[UnsupportedOSPlatform("windows")] // modes of files and shared temp directories
public sealed class StateDirectoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("healthkit-state-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void It_is_made_for_this_account_alone_and_held()
    {
        var path = Path.Combine(_root, "a", "b");
        using var directory = Open(path);
        Assert.Equal(path, directory.Path);
        Assert.Equal(1, directory.Instance);
        Assert.True(directory.IsPersistent);
        Assert.Null(directory.Problem);
        Assert.Null(directory.ProblemText);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(path, "lock")));
    }

    [Fact]
    public void A_second_instance_uses_a_folder_inside_and_says_so_until_the_first_is_gone()
    {
        using var first = Open(_root);
        using (var second = Open(_root))
        {
            Assert.Equal(Path.Combine(_root, "2"), second.Path);
            Assert.Equal(2, second.Instance);
            Assert.True(second.IsPersistent);
            Assert.Equal("state.secondInstance", second.Problem);
            Assert.Contains(_root, second.ProblemText, StringComparison.Ordinal);
            using var third = Open(_root);
            Assert.Equal(3, third.Instance);
        }

        first.Close();
        Assert.Null(first.Path);
        using var next = Open(_root);
        Assert.Equal(1, next.Instance);
        Assert.Null(next.Problem);
    }

    [Fact]
    public void Another_application_that_was_given_the_same_directory_has_a_folder_of_its_own()
    {
        var own = Path.Combine(_root, "app-other_app");
        using (var first = OpenAs("app"))
        {
            Assert.Equal(_root, first.Path);
            using var beside = OpenAs("other/app"); // while the first runs
            Assert.Equal(own, beside.Path);
            Assert.Equal(1, beside.Instance);
            Assert.Equal("state.otherApplication", beside.Problem);
            Assert.Equal($"The state directory {_root} is that of another application, app; this one uses {own}.", beside.ProblemText);
            using var second = OpenAs("other/app");
            Assert.Equal(Path.Combine(own, "2"), second.Path);
        }

        using (var alone = OpenAs("other/app"))
        {
            Assert.Equal(own, alone.Path);
            using var third = OpenAs("third");
            Assert.Equal(Path.Combine(_root, "app-third"), third.Path);
        }

        using var again = OpenAs("app");
        Assert.Equal((_root, null), (again.Path, again.Problem));

        StateDirectory OpenAs(string name) => StateDirectory.Open(_root, name, NullLogger.Instance);
    }

    [Theory]
    [InlineData("app\n")]
    [InlineData("\ufeffapp\r\n")]
    public void A_name_that_was_written_by_hand_counts_without_the_end_of_its_line(string content)
    {
        File.WriteAllText(Path.Combine(_root, "application"), content);
        using var directory = Open(_root);
        Assert.Equal((_root, null), (directory.Path, directory.Problem));
        using var other = StateDirectory.Open(_root, "other", NullLogger.Instance);
        Assert.Equal($"The state directory {_root} is that of another application, app; this one uses {Path.Combine(_root, "app-other")}.", other.ProblemText);
    }

    [Fact]
    public async Task Of_two_applications_that_start_together_in_a_new_directory_neither_takes_the_other_for_its_own_instance()
    {
        for (var round = 0; round < 40; round++)
        {
            var place = Path.Combine(_root, "round" + round);
            using var together = new Barrier(2);
            StateDirectory[] both = await Task.WhenAll(((string[])["aaa", "bbb"]).Select(name => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return StateDirectory.Open(place, name, NullLogger.Instance);
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));
            Assert.All(both, directory => Assert.Equal(1, directory.Instance));
            Assert.Equal(1, both.Count(directory => directory.Path == place));
            Assert.Equal(1, both.Count(directory => directory.Problem == "state.otherApplication"));
            Assert.Equal(["application", "lock"], Directory.EnumerateFiles(place).Select(Path.GetFileName).Order());
            Array.ForEach(both, directory => directory.Close());
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" \n")]
    public void A_directory_that_does_not_say_whose_it_is_is_taken_over(string? content)
    {
        var file = Path.Combine(_root, "application");
        if (content is not null)
        {
            File.WriteAllText(file, content); // cut by the loss of power
        }

        using var directory = Open(_root);
        Assert.Equal(_root, directory.Path);
        Assert.Equal("app", File.ReadAllText(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void The_seventeenth_instance_goes_on_in_memory()
    {
        List<StateDirectory> held = [];
        try
        {
            for (var i = 1; i <= 16; i++)
            {
                held.Add(Open(_root));
                Assert.Equal(i, held[^1].Instance);
            }

            using var last = Open(_root);
            Assert.False(last.IsPersistent);
            Assert.Equal("state.tooManyInstances", last.Problem);
            held[4].Close();
            Assert.True(last.TryRecover());
            Assert.Equal(5, last.Instance);
        }
        finally
        {
            held.ForEach(d => d.Close());
        }
    }

    [Fact]
    public void A_symbolic_link_is_refused_by_name()
    {
        var real = Directory.CreateDirectory(Path.Combine(_root, "real")).FullName;
        var link = Path.Combine(_root, "link");
        File.CreateSymbolicLink(link, real);
        foreach (var path in (string[])[link, link + "/"])
        {
            using var directory = Open(path);
            Assert.False(directory.IsPersistent);
            Assert.Equal("state.symbolicLink", directory.Problem);
            Assert.Contains(real, directory.ProblemText, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFileSystemEntries(real));
    }

    [Fact]
    public void In_a_directory_all_users_share_every_folder_must_be_safe_from_the_others()
    {
        var temp = Path.TrimEndingDirectorySeparator(Path.GetTempPath());
        AssertUnsafe(temp);

        var open = Directory.CreateDirectory(Path.Combine(_root, "open")).FullName;
        File.SetUnixFileMode(open, (UnixFileMode)0b111_111_111);
        AssertUnsafe(open);
        AssertUnsafe(Path.Combine(open, "inside"));

        var elsewhere = Directory.CreateDirectory(Path.Combine(_root, "elsewhere")).FullName;
        File.CreateSymbolicLink(Path.Combine(_root, "link"), elsewhere);
        AssertUnsafe(Path.Combine(_root, "link", "inside"));
        Assert.Empty(Directory.GetFileSystemEntries(elsewhere)); // nothing was made behind the link

        using var mine = Open(Path.Combine(_root, "mine", "app"));
        Assert.True(mine.IsPersistent, mine.ProblemText);

        static void AssertUnsafe(string path)
        {
            using var directory = Open(path);
            Assert.False(directory.IsPersistent);
            Assert.Equal("state.unsafeDirectory", directory.Problem);
        }
    }

    [Theory]
    [InlineData(1000, false, true)]
    [InlineData(0, false, true)]
    [InlineData(1001, false, false)]
    [InlineData(1000, true, false)]
    public void Below_a_shared_directory_owner_and_mode_decide(uint owner, bool othersMayWrite, bool safe) =>
        Assert.Equal(safe, FindDanger("/tmp/x/app", new()
        {
            ["/"] = Folder(),
            ["/tmp"] = Folder(shared: true),
            ["/tmp/x"] = Folder(owner, othersMayWrite),
        }) is null);

    [Theory]
    [InlineData(1000, false, true)]
    [InlineData(0, false, true)]
    [InlineData(1000, true, true)] // a share that shows 0777 for everything
    [InlineData(500, false, true)] // a share that shows one owner for everything
    [InlineData(77, false, false)]
    public void Below_a_volume_everybody_may_write_to_the_owner_decides(uint owner, bool othersMayWrite, bool safe) =>
        Assert.Equal(safe, FindDanger("/state/app", new() // as an emptyDir volume of Kubernetes is
        {
            ["/"] = Folder(),
            ["/state"] = Folder(owner: 500, othersMayWrite: true),
            ["/state/app"] = Folder(owner, othersMayWrite),
        }) is null);

    [Fact]
    public void A_volume_everybody_may_write_to_may_be_named_itself() =>
        Assert.Null(FindDanger("/state", new() { ["/"] = Folder(), ["/state"] = Folder(othersMayWrite: true) }));

    [Fact]
    public void A_temp_directory_inside_such_a_volume_is_still_one() =>
        Assert.NotNull(FindDanger("/state/tmp/app", new()
        {
            ["/"] = Folder(),
            ["/state"] = Folder(othersMayWrite: true),
            ["/state/tmp"] = Folder(shared: true),
            ["/state/tmp/app"] = Folder(owner: 1000, othersMayWrite: true),
        }));

    [Fact]
    public void A_path_that_cannot_be_a_directory_is_a_problem_and_not_an_exception()
    {
        var file = Path.Combine(_root, "file");
        File.WriteAllText(file, "");
        foreach (var path in (string[])[file, Path.Combine(file, "below"), "a\0b", Path.Combine(_root, new string('x', 300)), "/proc/nothing"])
        {
            using var directory = Open(path);
            Assert.False(directory.IsPersistent);
            Assert.Null(directory.Path);
            Assert.StartsWith("state.", directory.Problem, StringComparison.Ordinal);
            Assert.NotEmpty(directory.ProblemText!);
        }
    }

    [Fact]
    public void Without_permission_at_home_the_temp_directory_serves_but_a_place_asked_for_has_no_substitute()
    {
        var account = new StateAccount(true, false, 1000, "", _root, _ => true);
        // Nobody may make a directory in /proc: ENOENT there, so a read-only one of /sys stands for no permission.
        using var fallen = StateDirectory.Open(null, "app", name => name == "HOME" ? "/sys" : null, account, NullLogger.Instance);
        Assert.Equal(Path.Combine(_root, "healthkit-1000", "app"), fallen.Path);
        using var asked = StateDirectory.Open("/sys/state", "app", _ => null, account, NullLogger.Instance);
        Assert.False(asked.IsPersistent);
        Assert.Contains(asked.Problem, (string[])["state.noPermission", "state.readOnly"]);
    }

    [Fact]
    public void A_child_of_the_process_does_not_inherit_the_lock()
    {
        using var directory = Open(_root);
        using var child = Process.Start("sleep", "30");
        try
        {
            directory.Close();
            using var next = Open(_root);
            Assert.Equal(1, next.Instance);
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }
    }

    private static StateProblem? FindDanger(string path, Dictionary<string, UnixFileStatus> files) =>
        StateDirectory.FindDangerInShared(path, 1000, (folder, _) => files.TryGetValue(folder, out var status) ? status : null);

    private static UnixFileStatus Folder(uint owner = 0, bool othersMayWrite = false, bool shared = false) =>
        new(owner, IsDirectory: true, OthersMayWrite: othersMayWrite || shared, IsShared: shared, AllocatedBytes: 4096);

    private static StateDirectory Open(string path) => StateDirectory.Open(path, "app", NullLogger.Instance);
}
