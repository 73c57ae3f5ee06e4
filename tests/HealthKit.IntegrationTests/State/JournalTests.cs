using System.Globalization;
using System.Text;
using HealthKit.IntegrationTests.Child;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace HealthKit.IntegrationTests;

public sealed class JournalTests(ITestOutputHelper output) : IDisposable
{
    private const int Capacity = 128 * 1024;

    private readonly string _root = Directory.CreateTempSubdirectory("healthkit-journal-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    public static TheoryData<string> FileSystems => ["tmpfs", "ext4", "ext4 without fallocate"];

    [Theory]
    [MemberData(nameof(FileSystems))]
    public void Opened_before_the_disk_was_full_it_goes_on_durably_and_compacts_with_no_byte_free(string fileSystem)
    {
        using var mount = Mount(fileSystem);
        var path = Path.Combine(mount.Path, "state");
        using (var directory = Open(path))
        using (var journal = Open(directory))
        {
            Assert.True(journal.IsPersistent, journal.Problem?.Text);
            var blocks = long.Parse(Tool.Run("stat", "--format=%b", Path.Combine(path, "test.journal")), CultureInfo.InvariantCulture);
            Assert.True(blocks * 512 >= Capacity, $"{blocks} blocks are allocated");
            mount.FillBytes();
            Assert.Equal(0, new DriveInfo(mount.Path).AvailableFreeSpace);

            for (var i = 0; i < 3000; i++) // several times its capacity
            {
                Assert.True(journal.TryAppend(JournalPayload.For(i + 1), out var sequence));
                Assert.Equal(i + 1, sequence);
                if (i % 100 == 0)
                {
                    Assert.True(journal.Flush(), journal.Problem?.Text);
                }
            }

            Assert.True(journal.Flush());
            Assert.True(journal.IsPersistent, journal.Problem?.Text);
        }

        using var directoryAgain = Open(path);
        using var again = Open(directoryAgain);
        Assert.True(again.IsPersistent, again.Problem?.Text); // its file is there: the full disk does not matter to it
        AssertWhole(again.ReadAll(), first: null, last: 3000);
    }

    [Theory]
    [MemberData(nameof(FileSystems))]
    public void Opened_on_a_full_disk_it_keeps_records_in_memory_leaves_no_file_and_writes_them_down_when_there_is_room(string fileSystem)
    {
        using var mount = Mount(fileSystem);
        var path = Path.Combine(mount.Path, "state");
        using (Open(path))
        {
        }

        var filler = mount.FillBytes();
        var before = Entries(mount);
        using (var directory = Open(path))
        using (var journal = Open(directory))
        {
            Assert.Equal("state.full", journal.Problem?.Reason);
            Assert.Equal(before, Entries(mount));
            Assert.True(journal.TryAppend("in memory"u8, out _));
            Assert.False(journal.Flush());
            Assert.False(journal.TryRecover());
            Assert.Equal(before, Entries(mount));

            File.Delete(filler);
            Assert.True(journal.TryRecover(), journal.Problem?.Text);
            Assert.True(journal.TryAppend("on disk"u8, out _));
            Assert.True(journal.Flush());
        }

        using var directoryAgain = Open(path);
        using var again = Open(directoryAgain);
        Assert.Equal(["in memory", "on disk"], again.ReadAll().Select(r => Encoding.UTF8.GetString(r.Payload.Span)));
    }

    [Fact]
    public void A_disk_with_room_for_half_a_journal_is_full()
    {
        using var mount = TempMount.Ext4(8 << 20, features: "^extent,^64bit");
        var path = Path.Combine(mount.Path, "state");
        using var directory = Open(path);
        var filler = mount.FillBytes();
        using (var file = File.OpenHandle(filler, access: FileAccess.ReadWrite))
        {
            RandomAccess.SetLength(file, RandomAccess.GetLength(file) - Capacity / 2);
        }

        using var journal = Open(directory);
        Assert.Equal("state.full", journal.Problem?.Reason);
        Assert.Equal(["application", "lock"], Directory.GetFiles(path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_disk_that_turns_read_only_under_it_costs_no_record()
    {
        using var mount = TempMount.Ext4(8 << 20);
        using var directory = Open(Path.Combine(mount.Path, "state"));
        using var journal = Open(directory);
        Assert.True(journal.TryAppend("before"u8, out _));
        Assert.True(journal.Flush());
        mount.Break();
        Assert.True(journal.TryAppend("after"u8, out _));
        Assert.False(journal.Flush());
        Assert.False(journal.IsPersistent);
        output.WriteLine(journal.Problem!.ToString());
        Assert.Contains(journal.Problem!.Reason, (string[])["state.readOnly", "state.ioError"]);
        Assert.Equal(["before", "after"], journal.ReadAll().Select(r => Encoding.UTF8.GetString(r.Payload.Span)));
        Assert.False(journal.TryRecover());
        Assert.Equal("state.readOnly", journal.Problem!.Reason);
        Assert.True(journal.TryAppend("later"u8, out _));
    }

    [Fact]
    public void A_disk_that_takes_records_and_then_cannot_keep_them_is_told_of_by_the_flush()
    {
        using var disk = TempMount.Tmpfs(24 << 20);
        using var mount = TempMount.Ext4(64 << 20, disk);
        var path = Path.Combine(mount.Path, "state");
        using (var directory = Open(path))
        using (var journal = Open(directory, 8 << 20))
        {
            Assert.True(journal.TryAppend("before"u8, out _));
            Assert.True(journal.Flush(), journal.Problem?.Text);

            var filler = disk.FillBytes();
            for (var i = 0; i < 32; i++)
            {
                // Into the page cache, and far beyond what the disk below has given to the blocks written before.
                Assert.True(journal.TryAppend(new byte[journal.MaxRecordBytes], out _));
            }

            Assert.False(journal.Flush());
            Assert.False(journal.Flush()); // fsync(2) reports it once for each open file
            Assert.False(journal.IsPersistent);
            output.WriteLine(journal.Problem!.ToString());
            Assert.Contains(journal.Problem!.Reason, (string[])["state.full", "state.ioError"]);
            Assert.EndsWith("test.journal'", journal.Problem!.Text, StringComparison.Ordinal); // not the name it was made under

            File.Delete(filler);
            Assert.True(journal.TryRecover(), journal.Problem?.Text);
            Assert.True(journal.Flush(), journal.Problem?.Text);
        }

        Tool.Run("sh", "-c", "echo 3 > /proc/sys/vm/drop_caches"); // what is read now comes from the disk
        using var directoryAgain = Open(path);
        using var again = Open(directoryAgain, 8 << 20);
        Assert.Equal(Enumerable.Range(1, 33).Select(i => (long)i), again.ReadAll().Select(r => r.Sequence));
    }

    [Fact]
    public void A_read_only_remount_between_two_runs_costs_no_old_record()
    {
        using var mount = TempMount.Tmpfs(1 << 20);
        var path = Path.Combine(mount.Path, "state");
        using (var directory = Open(path))
        using (var journal = Open(directory))
        {
            Assert.True(journal.TryAppend("old"u8, out _));
        }

        mount.RemountReadOnly();
        using (var directory = Open(path))
        using (var journal = Open(directory))
        {
            Assert.Equal("state.readOnly", journal.Problem?.Reason);
            Assert.True(journal.TryAppend("new"u8, out _));
            mount.RemountReadWrite();
            Assert.True(journal.TryRecover(), journal.Problem?.Text); // takes the directory first
            Assert.True(directory.IsPersistent);
        }

        using var directoryAgain = Open(path);
        using var again = Open(directoryAgain);
        Assert.Equal(["old", "new"], again.ReadAll().Select(r => Encoding.UTF8.GetString(r.Payload.Span)));
    }

    [Fact]
    public void A_file_emptied_under_it_is_noticed_and_written_anew()
    {
        using (var directory = Open(_root))
        using (var journal = Open(directory))
        {
            Assert.True(journal.TryAppend("one"u8, out _));
            Tool.Run("truncate", "--size=0", Path.Combine(_root, "test.journal"));
            Assert.Empty(journal.ReadAll()); // gone, but nothing throws
            Assert.True(journal.TryRecover(), journal.Problem?.Text);
            Assert.True(journal.TryAppend("two"u8, out var sequence));
            Assert.Equal(2, sequence);
        }

        using var directoryAgain = Open(_root);
        using var again = Open(directoryAgain);
        Assert.Equal("two", Encoding.UTF8.GetString(Assert.Single(again.ReadAll()).Payload.Span));
    }

    [Fact]
    public void A_sparse_copy_of_a_file_gets_its_space_back()
    {
        var path = Path.Combine(_root, "test.journal");
        using (var directory = Open(_root))
        using (var journal = Open(directory))
        {
            Assert.True(journal.TryAppend("one"u8, out _));
        }

        Tool.Run("cp", "--sparse=always", path, path + ".copy");
        File.Move(path + ".copy", path, overwrite: true);
        Assert.True(Allocated(path) < Capacity);
        using var directoryAgain = Open(_root);
        using var again = Open(directoryAgain);
        Assert.Single(again.ReadAll());
        Assert.True(Allocated(path) >= Capacity);

        static long Allocated(string path) => 512 * long.Parse(Tool.Run("stat", "--format=%b", path), CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Thirty_kills_lose_no_record_that_was_appended()
    {
        const int kills = 30;
        var random = new Random(20260102);
        var compactions = 0;
        for (var kill = 0; kill < kills; kill++)
        {
            // Small enough that some kills hit a compaction.
            using var writer = ChildProcess.StartHelper("journal-writer", _root, "16384");
            Assert.Equal("ready 1 True", writer.ReadLine());
            var lines = random.Next(1, 400);
            for (var i = 0; i < lines; i++)
            {
                writer.ReadLine();
            }

            writer.Kill();
            var printed = writer.ReadToEnd();
            Assert.Equal(128 + 9, writer.WaitForExit());

            using var directory = Open(_root);
            Assert.Equal(1, directory.Instance);
            using var journal = Journal.Open(directory, "kill", 16384, null, TimeProvider.System, NullLogger.Instance);
            var records = journal.ReadAll();
            var last = printed.Count > 0 ? long.Parse(printed[^1], CultureInfo.InvariantCulture) : (long?)null;
            if (last is not null)
            {
                // The one after it may be there too: appended, and killed before it was printed.
                Assert.InRange(records[^1].Sequence, last.Value, last.Value + 1);
            }

            AssertWhole(records, first: null, records[^1].Sequence);
            compactions += records[0].Sequence > 1 ? 1 : 0;
        }

        Assert.True(compactions > 0, "No run reached a compaction.");
    }

    private static void AssertWhole(IReadOnlyList<JournalRecord> records, long? first, long last)
    {
        Assert.NotEmpty(records);
        var from = first ?? records[0].Sequence;
        Assert.Equal(last, records[^1].Sequence);
        for (var i = 0; i < records.Count; i++)
        {
            Assert.Equal(from + i, records[i].Sequence);
            Assert.True(records[i].Payload.Span.SequenceEqual(JournalPayload.For(from + i)), $"record {from + i} holds other bytes");
        }
    }

    private static TempMount Mount(string fileSystem) => fileSystem switch
    {
        "tmpfs" => TempMount.Tmpfs(2 << 20),
        "ext4" => TempMount.Ext4(8 << 20),
        _ => TempMount.Ext4(8 << 20, features: "^extent,^64bit"),
    };

    private static List<string> Entries(TempMount mount) =>
        [.. Directory.EnumerateFileSystemEntries(mount.Path, "*", SearchOption.AllDirectories).Order()];

    private static StateDirectory Open(string path) => StateDirectory.Open(path, "app", NullLogger.Instance);

    private static Journal Open(StateDirectory directory, int capacity = Capacity) =>
        Journal.Open(directory, "test", capacity, null, TimeProvider.System, NullLogger.Instance);
}
