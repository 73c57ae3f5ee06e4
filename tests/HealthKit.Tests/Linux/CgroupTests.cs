using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Linux;

public class CgroupTests
{
    private const string Hybrid = """
        9:name=systemd:/
        8:pids:/
        5:cpu,memory,blkio:/docker/abc:def
        3:cpuset:/
        0::/user.slice/user 1000

        """;

    [Fact]
    public void Both_paths_of_a_hybrid_set_up_are_found()
    {
        Assert.Equal(new CgroupMembership("/user.slice/user 1000", "/docker/abc:def"), Parse(Hybrid));
    }

    [Theory]
    [InlineData("0::/\n", "/", null)]
    [InlineData("0::/../../other\n", "/../../other", null)]
    [InlineData("0::/gone (deleted)\n", "/gone (deleted)", null)]
    [InlineData("4:memory:/a\n", null, "/a")]
    [InlineData("4:name=memory:/a\n", null, null)]
    [InlineData("4:memory:a\n", null, null)]
    [InlineData("x:memory:/a\n", null, null)]
    [InlineData("0:memory/a\n", null, null)]
    [InlineData("0::/cut", null, null)]
    [InlineData("", null, null)]
    public void Lines_that_are_not_as_they_should_be_are_passed_over(string text, string? unified, string? memory)
    {
        Assert.Equal(new CgroupMembership(unified, memory), Parse(text));
    }

    [Fact]
    public void Any_bytes_give_no_path_or_one_that_begins_with_a_slash()
    {
        Prop.ForAll<byte[]>(bytes => Holds(bytes)).QuickCheckThrowOnFailure();
        Prop.ForAll<(ushort At, byte Value)[]>(changes => Holds(PseudoTextTests.Damage(Hybrid, changes))).QuickCheckThrowOnFailure();

        static bool Holds(byte[] bytes)
        {
            var (unified, memory) = CgroupMembership.Parse(bytes);
            return unified is null or ['/', ..] && memory is null or ['/', ..];
        }
    }

    [Fact]
    public void Cgroup_mounts_are_found_with_their_roots()
    {
        var mounts = MountInfo.FindCgroups("""
            31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
            35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro,nosuid shared:5 - cgroup cgroup rw,memory
            36 31 0:33 /.. /sys/fs/my\040cgroup rw - cgroup2 cgroup2 rw,nsdelegate
            37 31 0:33 relative /x rw - cgroup2 cgroup2 rw

            """u8);

        Assert.Equal([new(false, "/sys/fs/cgroup/memory", "/docker/abc"), new(true, "/sys/fs/my cgroup", "/..")], mounts);
    }

    public static TheoryData<string, string, string[], string[]> Views => new()
    {
        // On the host.
        { "/", "/", ["/"], ["/cg"] },
        { "/", "/a/b.scope", ["/a/b.scope", "/a", "/"], ["/cg/a/b.scope", "/cg/a", "/cg"] },

        // A container without a cgroup namespace: it sees its own sub-tree under its full name.
        { "/docker/abc", "/docker/abc", ["/docker/abc"], ["/cg"] },
        { "/docker/abc", "/docker/abc/sub", ["/docker/abc/sub", "/docker/abc"], ["/cg/sub", "/cg"] },

        // With one it sees only "/".
        { "/", "/init", ["/init", "/"], ["/cg/init", "/cg"] },

        // A mount from outside the namespace: the top is an ancestor of ours, the way to it has no names.
        { "/..", "/", ["/.."], ["/cg"] },
        { "/../..", "/init", ["/../.."], ["/cg"] },

        // Outside the namespace ourselves.
        { "/..", "/../other", ["/../other", "/.."], ["/cg/other", "/cg"] },

        // Another part of the hierarchy.
        { "/", "/../other", [], [] },
        { "/../other", "/", [], [] },
        { "/..", "/../../x", [], [] },
        { "/docker/abc", "/docker/abcdef", [], [] },
        { "/docker/abc", "/", [], [] },
        { "/docker/abc", "/system.slice", [], [] },
    };

    [Theory]
    [MemberData(nameof(Views))]
    public void A_mount_shows_a_cgroup_and_those_above_it(string root, string path, string[] names, string[] directories)
    {
        var found = new CgroupMount(true, "/cg", root).DirectoriesOf(path);

        Assert.Equal(names, found.Select(directory => directory.Name));
        Assert.Equal(directories, found.Select(directory => directory.Path));
    }

    [Fact]
    public void A_mount_at_the_root_directory_and_a_path_too_deep_are_handled()
    {
        Assert.Equal(["/a", ""], new CgroupMount(true, "/", "/").DirectoriesOf("/a").Select(directory => directory.Path));
        Assert.Equal(64, new CgroupMount(true, "/cg", "/").DirectoriesOf(string.Concat(Enumerable.Repeat("/a", 1000))).Count);
    }

    [Fact]
    public void Any_root_and_path_stay_within_the_mount()
    {
        Prop.ForAll<NonNull<string>, NonNull<string>>((root, path) =>
        {
            var found = new CgroupMount(true, "/cg", "/" + root.Get).DirectoriesOf("/" + path.Get);
            return found.All(directory => directory.Path == "/cg"
                || (directory.Path.StartsWith("/cg/", StringComparison.Ordinal) && !directory.Path.Split('/').Contains("..")));
        }).QuickCheckThrowOnFailure();
    }

    private static CgroupMembership Parse(string text) => CgroupMembership.Parse(Encoding.UTF8.GetBytes(text));
}
