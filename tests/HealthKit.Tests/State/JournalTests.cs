using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests;

public sealed class JournalTests
{
    private static readonly IOException NoSpace = new("No space left on device", 28);

    [Fact]
    public void Records_come_back_in_order_with_their_numbers_after_reopening()
    {
        var store = new FakeJournalStore();
        using (var journal = store.Open())
        {
            Assert.True(journal.IsPersistent);
            Assert.Equal([1L, 2L, 3L], Append(journal, "one", "", "three"));
        }

        using var again = store.Open();
        Assert.Equal([(1, "one"), (2, ""), (3, "three")], Read(again));
        Assert.Equal([4L], Append(again, "four"));
        Assert.Equal([(1, "one"), (2, ""), (3, "three"), (4, "four")], Read(again));
    }

    [Fact]
    public void A_stop_at_any_byte_leaves_what_was_before_or_after_the_call_it_interrupted()
    {
        var store = new FakeJournalStore();
        List<(int Operations, List<(long, string)> Records)> history = [];
        using (var journal = store.Open())
        {
            history.Add((store.Operations.Count, []));
            for (var i = 0; i < 70; i++)
            {
                if (i == 20)
                {
                    journal.Compact((sequence, _) => sequence % 2 == 0);
                }
                else
                {
                    Append(journal, Payload(i));
                }

                history.Add((store.Operations.Count, Read(journal)));
            }
        }

        var states = 0;
        byte[]? disk = null;
        for (var index = 0; index < store.Operations.Count; index++)
        {
            var operation = store.Operations[index];
            var call = history.FindIndex(h => index < h.Operations);
            var before = call <= 0 ? [] : history[call - 1].Records;
            var after = call < 0 ? history[^1].Records : history[call].Records;
            for (var cut = 0; operation.What == FakeJournalStore.Operation.Kind.Write && disk is not null && cut < operation.Bytes.Length; cut++)
            {
                var torn = disk.ToArray();
                operation.Bytes.AsSpan(0, cut).CopyTo(torn.AsSpan((int)operation.Position));
                AssertOneOf(torn, before, after);
                states++;
            }

            if (operation.What == FakeJournalStore.Operation.Kind.Publish)
            {
                disk = operation.Bytes;
            }
            else if (disk is not null)
            {
                operation.Bytes.CopyTo(disk.AsSpan((int)operation.Position));
            }
        }

        Assert.True(states > 5000, $"Only {states} states were looked at.");

        static void AssertOneOf(byte[] disk, List<(long, string)> before, List<(long, string)> after)
        {
            using var journal = new FakeJournalStore(disk).Open();
            var found = Read(journal);
            // Between the two: space was reclaimed, the record not yet written.
            Assert.True(found.SequenceEqual(before) || found.SequenceEqual(after) || found.SequenceEqual(after.SkipLast(1)));
            // And it goes on from there.
            var sequence = Assert.Single(Append(journal, "next"));
            Assert.True(found.Count == 0 || sequence > found[^1].Item1);
            Assert.Equal((sequence, "next"), Read(journal)[^1]);
        }
    }

    [Fact]
    public void A_file_cut_at_any_byte_keeps_every_record_before_the_cut()
    {
        var store = new FakeJournalStore();
        List<int> ends = [JournalFormat.HeaderSize];
        using (var journal = store.Open())
        {
            for (var i = 0; i < 30; i++)
            {
                Append(journal, Payload(i));
                ends.Add(ends[^1] + JournalFormat.RecordHeaderSize + Payload(i).Length);
            }
        }

        var file = store.Content!;
        for (var cut = 0; cut <= file.Length; cut++)
        {
            using var journal = new FakeJournalStore(file[..cut]).Open();
            Assert.Equal(Math.Max(0, ends.Count(end => end <= cut) - 1), Read(journal).Count);
            Assert.True(journal.IsPersistent);
        }
    }

    [Fact]
    public void A_flipped_bit_loses_the_records_from_there_on_and_invents_none()
    {
        var store = new FakeJournalStore();
        List<(long, string)> all = [];
        using (var journal = store.Open())
        {
            for (var i = 0; i < 20; i++)
            {
                Append(journal, Payload(i));
            }

            all = Read(journal);
        }

        for (var bit = 0; bit < 4096 * 8; bit++)
        {
            var file = store.Content!;
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            using var journal = new FakeJournalStore(file).Open();
            var found = Read(journal);
            Assert.Equal(all.Take(found.Count), found);
            var hit = all.FindIndex(r => bit / 8 < EndOf(all, r.Item1));
            Assert.Equal(bit / 8 < JournalFormat.HeaderSize ? 0 : hit < 0 ? all.Count : hit, found.Count);
        }

        static int EndOf(List<(long, string)> records, long sequence) =>
            JournalFormat.HeaderSize + records.Where(r => r.Item1 <= sequence).Sum(r => JournalFormat.RecordHeaderSize + r.Item2.Length);
    }

    [Fact]
    public void Records_behind_a_damaged_one_stay_dead_when_the_damaged_one_is_overwritten_by_one_of_its_size()
    {
        var store = new FakeJournalStore();
        using (var journal = store.Open())
        {
            Append(journal, "aaaa", "bbbb", "cccc");
        }

        var file = store.Content!;
        file[JournalFormat.HeaderSize + 20 + 17] ^= 1;
        store = new FakeJournalStore(file);
        using (var journal = store.Open())
        {
            Assert.Equal([(1, "aaaa")], Read(journal));
            Assert.Equal([2L], Append(journal, "BBBB"));
        }

        using var again = store.Open();
        Assert.Equal([(1, "aaaa"), (2, "BBBB")], Read(again));
    }

    [Fact]
    public void After_a_power_cut_at_any_write_everything_flushed_is_there_and_of_the_rest_a_prefix()
    {
        // Of the sectors written after the last flush any may be on disk and any may not.
        var cases = Gen.Choose(0, int.MaxValue - 1).ToArbitrary();
        Prop.ForAll(cases, seed =>
        {
            var random = new Random(seed);
            var store = new FakeJournalStore();
            List<(int Operations, long Last, bool Flushed)> calls = [];
            using (var journal = store.Open())
            {
                long last = 0;
                var flushEvery = random.Next(2, 60); // rarely enough that space is reclaimed twice in between
                for (var i = 0; i < 150; i++)
                {
                    if (random.Next(flushEvery) == 0)
                    {
                        Assert.True(journal.Flush());
                        calls.Add((store.Operations.Count, last, true));
                    }
                    else
                    {
                        last = Append(journal, Payload(random.Next(200)))[0];
                        calls.Add((store.Operations.Count, last, false));
                    }
                }

            }

            var first = store.Operations.FindIndex(o => o.What == FakeJournalStore.Operation.Kind.Publish);
            for (var stop = first + 1; stop <= store.Operations.Count; stop++)
            {
                var lastFlush = store.Operations.FindLastIndex(stop - 1, o => o.What == FakeJournalStore.Operation.Kind.Flush);
                var disk = store.Operations[first].Bytes.ToArray();
                for (var index = first + 1; index < stop; index++)
                {
                    var operation = store.Operations[index];
                    for (var offset = 0; offset < operation.Bytes.Length;)
                    {
                        var position = (int)operation.Position + offset;
                        var length = Math.Min(512 - position % 512, operation.Bytes.Length - offset);
                        if (index < lastFlush || random.Next(2) == 0)
                        {
                            operation.Bytes.AsSpan(offset, length).CopyTo(disk.AsSpan(position));
                        }

                        offset += length;
                    }
                }

                using var after = new FakeJournalStore(disk).Open();
                var found = after.ReadAll().Select(r => r.Sequence).ToList();
                var mustHave = calls.Where(c => c.Flushed && c.Operations <= stop).Select(c => c.Last).LastOrDefault();
                var mayHave = calls.Where(c => c.Operations <= stop).Select(c => c.Last).LastOrDefault() + 1;
                Assert.InRange(found.Count == 0 ? 0 : found[^1], mustHave, mayHave);
                Assert.Equal(Enumerable.Range(0, found.Count).Select(i => found[0] + i), found);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(30));
    }

    [Fact]
    public void Any_bytes_open_as_a_journal_that_works() =>
        Prop.ForAll<byte[], int>((bytes, offset) =>
        {
            var store = new FakeJournalStore();
            using (var journal = store.Open())
            {
                Append(journal, "one", "two", "three");
            }

            var file = store.Content!;
            bytes.AsSpan(0, Math.Min(bytes.Length, 200)).CopyTo(file.AsSpan(Math.Abs(offset % 300)));
            foreach (var content in (byte[][])[bytes, file])
            {
                using var journal = new FakeJournalStore(content).Open();
                Append(journal, "works");
                Assert.Equal("works", Read(journal)[^1].Text);
                Assert.True(journal.IsPersistent);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_ring_keeps_the_newest_records_and_at_least_half_a_segment_of_them()
    {
        var store = new FakeJournalStore();
        using var journal = store.Open();
        for (var i = 1; i <= 5000; i++)
        {
            Assert.Equal([(long)i], Append(journal, Payload(i)));
            if (i > 100 && i % 97 == 0)
            {
                var records = journal.ReadAll();
                Assert.Equal(i, records[^1].Sequence);
                Assert.Equal(records[0].Sequence + records.Count - 1, records[^1].Sequence);
                Assert.InRange(records.Sum(r => r.Size), 4032 / 2 - 300, 4032);
                Assert.All(records, r => Assert.Equal(Payload((int)r.Sequence), Encoding.UTF8.GetString(r.Payload.Span)));
            }
        }

        Assert.Equal(8192, store.Content!.Length);
    }

    [Fact]
    public void With_a_filter_only_given_up_records_go_and_an_append_without_room_answers_false()
    {
        var needed = new HashSet<long>();
        var store = new FakeJournalStore();
        using var journal = store.Open(keep: (sequence, _) => needed.Contains(sequence));
        while (journal.TryAppend(new byte[100], out var sequence))
        {
            needed.Add(sequence);
        }

        var operations = store.Operations.Count;
        Assert.False(journal.TryAppend(new byte[100], out var none));
        Assert.Equal(0, none);
        Assert.True(journal.IsPersistent);
        Assert.Equal(operations, store.Operations.Count); // a refusal writes nothing
        Assert.Equal(needed.Order(), journal.ReadAll().Select(r => r.Sequence));

        foreach (var sequence in needed.Where(s => s % 3 == 0).ToList())
        {
            needed.Remove(sequence);
        }

        Assert.True(journal.TryAppend(new byte[100], out var last));
        Assert.Equal([.. needed.Order(), last], journal.ReadAll().Select(r => r.Sequence));
    }

    [Fact]
    public void A_record_above_the_limit_is_refused_and_one_at_the_limit_taken()
    {
        using var journal = new FakeJournalStore().Open();
        Assert.False(journal.TryAppend(new byte[journal.MaxRecordBytes + 1], out _));
        for (var i = 0; i < 20; i++)
        {
            Assert.True(journal.TryAppend(new byte[journal.MaxRecordBytes], out _));
        }
    }

    [Fact]
    public void Compacting_keeps_numbers_growing_even_when_nothing_is_left()
    {
        var store = new FakeJournalStore();
        using (var journal = store.Open())
        {
            Append(journal, "a", "b", "c");
            journal.Compact((_, _) => false);
            Assert.Empty(journal.ReadAll());
        }

        using var again = store.Open();
        Assert.Empty(again.ReadAll());
        Assert.Equal([4L], Append(again, "d"));
    }

    [Theory]
    [InlineData("write")]
    [InlineData("flush")]
    public void A_failing_disk_costs_no_record_and_everything_is_written_when_it_works_again(string failing)
    {
        var time = new ManualTime();
        var store = new FakeJournalStore();
        using (var journal = store.Open(time: time))
        {
            Append(journal, "before");
            store.Fault = operation => operation == failing ? NoSpace : null;
            Append(journal, "during");
            Assert.False(journal.Flush());
            Assert.Equal(StateProblem.Full, journal.Problem?.Reason);
            Assert.Contains("No space left", journal.Problem!.Text, StringComparison.Ordinal);
            Append(journal, "in memory");
            Assert.Equal([(1, "before"), (2, "during"), (3, "in memory")], Read(journal));

            store.Fault = _ => null;
            time.Advance(TimeSpan.FromSeconds(0.5));
            Append(journal, "too early");
            Assert.False(journal.IsPersistent);
            time.Advance(TimeSpan.FromSeconds(0.6));
            Append(journal, "again");
            Assert.True(journal.IsPersistent);
            Assert.True(journal.Flush());
        }

        using var later = store.Open();
        Assert.Equal([(1, "before"), (2, "during"), (3, "in memory"), (4, "too early"), (5, "again")], Read(later));
    }

    [Fact]
    public void Retries_become_rare_but_never_stop()
    {
        var time = new ManualTime();
        var opened = 0;
        var store = new FakeJournalStore();
        store.Fault = operation =>
        {
            opened += operation == "open" ? 1 : 0;
            return NoSpace;
        };
        using var journal = store.Open(time: time);
        for (var second = 0; second < 3600; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Append(journal, "x");
        }

        Assert.InRange(opened, 60, 70);
    }

    [Fact]
    public void A_disk_that_is_full_at_start_leaves_no_stray_file()
    {
        foreach (var failing in (string[])["create", "write", "flush", "publish"])
        {
            var store = new FakeJournalStore { Fault = operation => operation == failing ? NoSpace : null };
            using var journal = store.Open();
            Assert.Equal(StateProblem.Full, journal.Problem?.Reason);
            Assert.False(store.HasStray);
            Append(journal, "a");
            store.Fault = _ => null;
            Assert.True(journal.TryRecover());
            Assert.Equal("a", Assert.Single(Read(store.Open())).Text);
        }
    }

    [Fact]
    public void Without_a_directory_it_works_in_memory_and_joins_the_old_records_later()
    {
        var store = new FakeJournalStore();
        using (var journal = store.Open())
        {
            Append(journal, "old");
        }

        store.NoDisk = new StateProblem(StateProblem.ReadOnly, "read-only");
        using (var journal = store.Open(time: new ManualTime()))
        {
            Assert.Equal(StateProblem.ReadOnly, journal.Problem?.Reason);
            Assert.Empty(journal.ReadAll());
            var sequence = Assert.Single(Append(journal, "new"));
            Assert.True(sequence > 1); // what the file holds is unknown, but its numbers are not given out twice
            Assert.False(journal.Flush());
            store.NoDisk = null;
            Assert.True(journal.TryRecover());
            Assert.Equal([(1, "old"), (sequence, "new")], Read(journal));
        }

        Assert.Equal(["old", "new"], Read(store.Open()).Select(r => r.Text));
    }

    [Fact]
    public void Memory_is_bounded_like_the_file()
    {
        var store = new FakeJournalStore { NoDisk = new StateProblem(StateProblem.Full, "full") };
        using var journal = store.Open();
        for (var i = 0; i < 1000; i++)
        {
            Append(journal, Payload(i));
        }

        var records = journal.ReadAll();
        Assert.InRange(records.Sum(r => r.Size), 1000, 4032);
        Assert.Equal(Payload(999), Encoding.UTF8.GetString(records[^1].Payload.Span));
    }

    [Fact]
    public void A_compaction_that_cannot_be_written_holds_in_memory()
    {
        var store = new FakeJournalStore();
        using var journal = store.Open();
        Append(journal, "a", "b", "c");
        store.Fault = operation => operation == "write" ? NoSpace : null;
        journal.Compact((sequence, _) => sequence > 1);
        Assert.Equal([(2, "b"), (3, "c")], Read(journal));
        store.Fault = _ => null;
        Assert.True(journal.TryRecover());
        Assert.Equal([(2, "b"), (3, "c")], Read(store.Open()));
    }

    [Theory]
    [InlineData(8192, 32768)]
    [InlineData(32768, 8192)]
    public void Another_capacity_takes_the_newest_records_along(int before, int after)
    {
        var store = new FakeJournalStore();
        using (var journal = store.Open(before))
        {
            for (var i = 1; i <= 40; i++)
            {
                Append(journal, Payload(50));
            }
        }

        using var again = store.Open(after);
        Assert.True(again.IsPersistent);
        Assert.Equal(after, store.Content!.Length);
        Assert.Equal(40, again.ReadAll()[^1].Sequence);
        Assert.Equal([41L], Append(again, "next"));
    }

    [Fact]
    public void Without_room_for_another_capacity_the_old_file_goes_on()
    {
        var store = new FakeJournalStore();
        using (var journal = store.Open(8192))
        {
            Append(journal, "old");
        }

        store.Fault = operation => operation == "create" ? NoSpace : null;
        using (var journal = store.Open(65536))
        {
            Assert.True(journal.IsPersistent);
            Append(journal, "new");
        }

        store.Fault = _ => null;
        Assert.Equal([(1, "old"), (2, "new")], Read(store.Open(65536)));
        Assert.Equal(65536, store.Content!.Length);
    }

    [Fact]
    public void A_file_without_reserved_space_is_made_anew()
    {
        var store = new FakeJournalStore();
        using (var journal = store.Open())
        {
            Append(journal, "kept");
        }

        store.Operations.Clear();
        store.Reserved = false;
        Assert.Equal([(1, "kept")], Read(store.Open()));
        Assert.Contains(store.Operations, o => o.What == FakeJournalStore.Operation.Kind.Publish);
    }

    [Fact]
    public void Threads_append_without_losing_a_record()
    {
        var store = new FakeJournalStore();
        using var journal = store.Open(1 << 20);
        Parallel.For(0, 4, thread =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Append(journal, $"{thread}:{i}");
                if (i % 50 == 0)
                {
                    Assert.True(journal.Flush());
                }
            }
        });
        Assert.Equal(4000, Read(store.Open(1 << 20)).Select(r => r.Text).Distinct().Count());
    }

    [Fact]
    public void A_closed_journal_refuses_and_does_not_throw()
    {
        var journal = new FakeJournalStore().Open();
        journal.Dispose();
        Assert.False(journal.TryAppend("a"u8, out _));
        Assert.False(journal.Flush());
        Assert.False(journal.TryRecover());
        Assert.Empty(journal.ReadAll());
        Assert.False(journal.IsPersistent);
        journal.Compact((_, _) => true);
        journal.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("../up")]
    [InlineData("Upper")]
    public void A_name_that_is_no_file_name_is_refused(string name)
    {
        // A path no file system has: the directory stays in memory.
        using var directory = StateDirectory.Open("a\0b", "app", NullLogger.Instance);
        var failure = Assert.Throws<ArgumentException>(() =>
            Journal.Open(directory, name, 8192, null, TimeProvider.System, NullLogger.Instance));
        Assert.Contains($"'{name}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_checksum_is_the_published_one()
    {
        // RFC 3720 B.4.
        Assert.Equal(0x8a9136aau, ~JournalFormat.Crc32C(uint.MaxValue, new byte[32]));
        Assert.Equal(0xe3069283u, ~JournalFormat.Crc32C(uint.MaxValue, "123456789"u8));
    }

    private static string Payload(int i) => new((char)('a' + i % 26), 1 + i * 7 % 190);

    private static List<long> Append(Journal journal, params IEnumerable<string> texts)
    {
        List<long> sequences = [];
        foreach (var text in texts)
        {
            Assert.True(journal.TryAppend(Encoding.UTF8.GetBytes(text), out var sequence));
            sequences.Add(sequence);
        }

        return sequences;
    }

    private static List<(long Sequence, string Text)> Read(Journal journal) =>
        [.. journal.ReadAll().Select(r => (r.Sequence, Encoding.UTF8.GetString(r.Payload.Span)))];
}
