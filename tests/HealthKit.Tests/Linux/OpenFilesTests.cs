using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using static System.FormattableString;

namespace HealthKit.Tests.Linux;

public sealed class OpenFilesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("healthkit-openfiles-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("pos:\t0\nflags:\t0100000\nmnt_id:\t29\n", FileUse.Read)]
    [InlineData("pos:\t0\nflags:\t0100001\n", FileUse.Write)]
    [InlineData("flags:\t02100002\n", FileUse.Read | FileUse.Write)]
    [InlineData("flags:\t0102001\n", FileUse.Append)]
    [InlineData("flags:\t02102002\n", FileUse.Read | FileUse.Append)]
    [InlineData("flags:\t0102000\n", FileUse.Read)]
    [InlineData("flags:\t010000000\n", FileUse.None)]
    internal void The_flags_of_a_descriptor_say_what_can_be_done_with_it(string fdinfo, FileUse expected)
    {
        Assert.True(OpenFiles.TryParseUse(Encoding.ASCII.GetBytes(fdinfo), out var use));

        Assert.Equal(expected, use);
    }

    [Theory]
    [InlineData("")]
    [InlineData("pos:\t0\n")]
    [InlineData("flags:\t\n")]
    [InlineData("flags:\t0109\n")]
    [InlineData("flags:\t-1\n")]
    [InlineData("flags:\t01000000000000000000000\n")]
    [InlineData("xflags:\t01\n")]
    public void What_names_no_flags_is_not_taken(string fdinfo) =>
        Assert.False(OpenFiles.TryParseUse(Encoding.ASCII.GetBytes(fdinfo), out _));

    [Fact]
    public void Any_flags_are_read_as_the_kernel_writes_them() => Prop.ForAll<int>(number =>
    {
        var flags = number & 0x7fffffff;
        Assert.True(OpenFiles.TryParseUse(Encoding.ASCII.GetBytes($"pos:\t1\nflags:\t0{Convert.ToString(flags, 8)}\nmnt_id:\t1\n"), out var use));
        return (flags & 0x200000) != 0
            ? use == FileUse.None
            : use.HasFlag(FileUse.Read) == ((flags & 3) != 1)
                && use.HasFlag(FileUse.Append) == ((flags & 3) != 0 && (flags & 0x400) != 0)
                && use.HasFlag(FileUse.Write) == ((flags & 3) != 0 && (flags & 0x400) == 0);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_read_without_an_exception() => Prop.ForAll<byte[]>(text =>
    {
        _ = OpenFiles.TryParseUse(text, out _);
        _ = OpenFiles.TryParseUse([.. "flags:"u8, .. text], out _);
        _ = OpenFiles.TryParseMapping(text, out _, out _, out _);
        _ = OpenFiles.TryParseMapping([.. "7f-8f rw-s 0 "u8, .. text], out _, out _, out _);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("7f3c-7f3d rw-s 00000000 fe:1f 1234                       /var/log/a b", FileUse.Read | FileUse.Write)]
    [InlineData("7f3c-7f3d rw-p 00000000 fe:1f 1234   /var/log/app.log", FileUse.Read)]
    [InlineData("7f3c-7f3d r--s 00000000 fe:1f 1234", FileUse.Read)]
    internal void A_mapping_names_file_and_rights(string line, FileUse expected)
    {
        Assert.True(OpenFiles.TryParseMapping(Encoding.ASCII.GetBytes(line), out var range, out var use, out var id));

        Assert.Equal("7f3c-7f3d", Encoding.ASCII.GetString(range));
        Assert.Equal(expected, use);
        Assert.Equal(new UnixFileId(0xfe, 0x1f, 1234), id);
    }

    [Fact]
    public void This_process_is_seen_with_what_it_holds()
    {
        var path = NewFile("app.log");
        using var appender = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);

        var holder = Assert.Single(HoldersOf(path).Known, IsThisProcess);

        Assert.Equal(Environment.ProcessId, holder.Pid);
        Assert.Equal(File.ReadAllText("/proc/self/comm").TrimEnd(), holder.ProcessName);
        // FileMode.Append of .NET is a seek to the end, not O_APPEND.
        Assert.Equal((false, true, false), (holder.Reads, holder.Writes, holder.Appends));

        Assert.DoesNotContain(OpenFiles.Holders(IdOf(path), default, (int)appender.SafeFileHandle.DangerousGetHandle()).Known, IsThisProcess);
    }

    [Fact]
    public void A_file_that_is_only_mapped_is_held()
    {
        var path = NewFile("mapped.log", 8192);
        using var map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, 8192);
        using var view = map.CreateViewAccessor();

        // .NET keeps the descriptor open beside the mapping: it is left out of account here.
        var descriptor = Directory.GetFiles("/proc/self/fd").First(fd => new FileInfo(fd).LinkTarget == path);
        var holder = Assert.Single(OpenFiles.Holders(IdOf(path), default, int.Parse(Path.GetFileName(descriptor), CultureInfo.InvariantCulture)).Known, IsThisProcess);

        Assert.True(holder.Writes);
        Assert.False(holder.OnlyAppends);
    }

    [Fact]
    public void A_deleted_file_that_is_still_open_is_found_once_a_process()
    {
        var path = NewFile("gone.log", 10_000);
        using var first = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var second = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var id = IdOf(path);
        File.Delete(path);

        var found = Assert.Single(OpenFiles.Deleted(ownProcessOnly: true, default).Files, file => file.Path == path);

        Assert.Equal(Environment.ProcessId, found.Pid);
        Assert.Equal(id, found.Id);
        Assert.Equal(10_000, found.Length);
        Assert.InRange(found.AllocatedBytes, 1, 65536);
        Assert.DoesNotContain(OpenFiles.Deleted(ownProcessOnly: false, default).Files, file => file.Path.StartsWith("/memfd:", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_whose_name_ends_like_a_deleted_one_is_not_deleted()
    {
        var path = NewFile("old (deleted)");
        using var open = File.OpenHandle(path);

        Assert.DoesNotContain(OpenFiles.Deleted(ownProcessOnly: true, default).Files, file => path.StartsWith(file.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void A_search_can_be_ended()
    {
        Assert.ThrowsAny<OperationCanceledException>(() => OpenFiles.Holders(default, new CancellationToken(true)));
        Assert.ThrowsAny<OperationCanceledException>(() => OpenFiles.Deleted(false, new CancellationToken(true)));
    }

    [Fact]
    public void All_holders_of_a_tree_are_told_apart()
    {
        var log = NewFile("app.log");
        var other = NewFile("other.log");
        var tree = new Tree(_directory);
        tree.Add(100, "writer", (3, log, "0102001"), (4, other, "0100002"), (5, "/nowhere", "0100002"));
        tree.Add(200, "tail", (3, log, "0100000"));
        tree.Add(300, "app", (3, log, "0102001"), (7, log, "0100001"));
        tree.Add(400, "idle", (3, other, "0100002"));

        var holders = OpenFiles.Holders(IdOf(log), default, procRoot: tree.Root);

        Assert.Equal(
            [new(100, "writer", false, false, true), new(200, "tail", true, false, false), new(300, "app", false, true, true)],
            holders.Known.OrderBy(holder => holder.Pid));
        Assert.Equal(0, holders.UnreadableProcesses);
        Assert.False(holders.MayHideOthers);
        Assert.False(holders.OnlyAppenders);
    }

    [Fact]
    public void A_process_whose_first_thread_has_ended_holds_by_its_others()
    {
        var log = NewFile("app.log");
        var tree = new Tree(_directory);
        tree.Add(100, "writer");
        tree.AddThread(100, 101, (3, log, "0100001"));

        Assert.True(Assert.Single(OpenFiles.Holders(IdOf(log), default, procRoot: tree.Root).Known).Writes);
    }

    [Fact]
    public void A_mapping_without_a_descriptor_counts()
    {
        var log = NewFile("app.log");
        var id = IdOf(log);
        var tree = new Tree(_directory);
        tree.Add(100, "mapper");
        tree.Map(100, new string('x', 200_000) + "\n" + Invariant($"7f00-7f10 rw-s 00000000 {id.DeviceMajor:x2}:{id.DeviceMinor:x2} {id.Inode}  {log}\n"));

        var holder = Assert.Single(OpenFiles.Holders(id, default, procRoot: tree.Root).Known);

        Assert.Equal((true, true, false), (holder.Reads, holder.Writes, holder.Appends));
    }

    [Fact]
    public void Only_appenders_is_said_only_when_everybody_is_seen()
    {
        var log = NewFile("app.log");
        var tree = new Tree(_directory);
        tree.Add(100, "writer", (3, log, "0102001"));
        Assert.True(OpenFiles.Holders(IdOf(log), default, procRoot: tree.Root).OnlyAppenders);

        tree.PidNamespace("pid:[4026532211]");
        var holders = OpenFiles.Holders(IdOf(log), default, procRoot: tree.Root);
        Assert.True(holders.MayHideOthers);
        Assert.False(holders.OnlyAppenders);
    }

    [Fact]
    public void Without_proc_nothing_is_known()
    {
        var holders = OpenFiles.Holders(default, default, procRoot: Path.Combine(_directory, "none"));

        Assert.Empty(holders.Known);
        Assert.True(holders.MayHideOthers);
        Assert.False(holders.OnlyAppenders);
        Assert.Empty(OpenFiles.Deleted(false, default, Path.Combine(_directory, "none")).Files);
    }

    [Fact]
    public void A_descriptor_that_says_nothing_is_taken_for_the_worst()
    {
        var log = NewFile("app.log");
        var tree = new Tree(_directory);
        tree.Add(100, "odd", (3, log, "rubbish"));

        Assert.True(Assert.Single(OpenFiles.Holders(IdOf(log), default, procRoot: tree.Root).Known).Writes);
    }

    [Fact]
    public void A_name_of_a_process_is_fit_to_be_shown()
    {
        var log = NewFile("app.log");
        var tree = new Tree(_directory);
        tree.Add(100, "a\u001b[2J\nb", (3, log, "0102001"));

        Assert.Equal("a?[2J?b", Assert.Single(OpenFiles.Holders(IdOf(log), default, procRoot: tree.Root).Known).ProcessName);
    }

    private static FileHolders HoldersOf(string path) => OpenFiles.Holders(IdOf(path), default);

    /// <summary>A process that another test starts holds all that this one holds, until it runs its own program.</summary>
    private static bool IsThisProcess(FileHolder holder) => holder.Pid == Environment.ProcessId;

    private static UnixFileId IdOf(string path)
    {
        Assert.Equal(0, FileStatus.Read(path, followLink: true, out var status));
        return status.Id;
    }

    private string NewFile(string name, int length = 1)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllBytes(path, new byte[length]);
        return path;
    }

    /// <summary>A tree of directories that looks like /proc.</summary>
    private sealed class Tree
    {
        public Tree(string directory)
        {
            Root = Path.Combine(directory, "proc");
            Directory.CreateDirectory(Path.Combine(Root, "self/ns"));
            File.WriteAllText(Path.Combine(Root, "self/mounts"), $"proc {Root} proc rw,nosuid 0 0\n");
            PidNamespace("pid:[4026531836]");
        }

        public string Root { get; }

        public void PidNamespace(string name)
        {
            var path = Path.Combine(Root, "self/ns/pid");
            File.Delete(path);
            File.CreateSymbolicLink(path, name);
        }

        public void Add(int pid, string name, params (int Fd, string Target, string Flags)[] files)
        {
            var process = Path.Combine(Root, Invariant($"{pid}"));
            Fill(process, files);
            File.WriteAllText(Path.Combine(process, "comm"), name + "\n");
            File.WriteAllText(Path.Combine(process, "maps"), "");
        }

        public void AddThread(int pid, int thread, params (int Fd, string Target, string Flags)[] files) =>
            Fill(Path.Combine(Root, Invariant($"{pid}/task/{thread}")), files);

        public void Map(int pid, string maps) => File.WriteAllText(Path.Combine(Root, Invariant($"{pid}/maps")), maps);

        private static void Fill(string process, (int Fd, string Target, string Flags)[] files)
        {
            Directory.CreateDirectory(Path.Combine(process, "fd"));
            Directory.CreateDirectory(Path.Combine(process, "fdinfo"));
            foreach (var (fd, target, flags) in files)
            {
                File.CreateSymbolicLink(Path.Combine(process, "fd", Invariant($"{fd}")), target);
                File.WriteAllText(Path.Combine(process, "fdinfo", Invariant($"{fd}")), $"pos:\t0\nflags:\t{flags}\nmnt_id:\t29\n");
            }
        }
    }
}
