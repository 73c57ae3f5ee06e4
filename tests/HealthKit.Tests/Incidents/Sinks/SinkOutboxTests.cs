using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests.Incidents.Sinks;

public sealed class SinkOutboxTests : IDisposable
{
    private readonly ManualTime _time = new(DeliveryMessages.Start);
    private readonly JournalFlusher _flusher;

    public SinkOutboxTests() => _flusher = new JournalFlusher(_time, NullLogger.Instance);

    public void Dispose() => _flusher.Dispose();

    [Fact]
    public void What_was_not_delivered_waits_after_a_restart_and_what_was_does_not()
    {
        var disk = new FakeJournalStore();
        var outbox = Open(disk);
        Add(outbox, 1, 2, 3, 4);
        outbox.Complete(outbox.Begin()!, OutboxRecordKind.Delivered);
        outbox.Complete(outbox.Begin()!, OutboxRecordKind.GivenUp);
        outbox.Begin();
        outbox.Close();

        var again = Open(disk);
        Assert.Equal(DeliveryMessages.Ids(3, 2), Drain(again));
        foreach (var known in Enumerable.Range(1, 4))
        {
            Assert.False(again.Add(DeliveryMessages.Of(known), OutboxRecord.Of(DeliveryMessages.Of(known)), onlyIfMissing: true).Added);
        }

        Assert.True(again.Add(DeliveryMessages.Of(5), OutboxRecord.Of(DeliveryMessages.Of(5)), onlyIfMissing: true).Added);
    }

    [Fact]
    public void A_message_comes_back_as_it_was()
    {
        var message = DeliveryMessages.Of(7) with
        {
            ToldBefore = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Degraded,
            IsSilent = true,
            Version = "1.2",
            Incident = DeliveryMessages.Of(7).Incident with
            {
                Exception = new ExceptionInfo("X", "y", "z"),
                ResolvedAt = DeliveryMessages.Start.AddMinutes(3),
                Resolution = IncidentResolution.Recovered,
                Gap = new IncidentGap(null, DeliveryMessages.Start),
                Silence = IncidentSilence.Muted,
                Item = "päth \ud83d\ude00",
                ReadingsBefore = [new Reading("freeBytes", 1.5, "bytes", "item")],
            },
        };

        var read = OutboxRecord.Read(OutboxRecord.Of(message)!)!.Value.Message!;

        Assert.Equal(OutboxRecord.Of(message), OutboxRecord.Of(read));
        Assert.Equal(message.Incident.ReadingsBefore, read.Incident.ReadingsBefore);
        Assert.Equal((message.Id, message.Kind, message.ToldBefore, true), (read.Id, read.Kind, read.ToldBefore, read.IsSilent));
    }

    [Fact]
    public void Of_more_than_a_thousand_the_oldest_goes_and_stays_gone()
    {
        var disk = new FakeJournalStore();
        var outbox = Open(disk, 16 << 20);
        Add(outbox, [.. Enumerable.Range(0, SinkOutbox.MaxMessages)]);
        var underWay = outbox.Begin();

        Assert.Equal(1, outbox.Add(DeliveryMessages.Of(5000), OutboxRecord.Of(DeliveryMessages.Of(5000)), onlyIfMissing: false).Dropped);
        Assert.Equal(SinkOutbox.MaxMessages, outbox.Count);
        Assert.Equal(DeliveryMessages.Of(0).Id, underWay!.Message.Id);
        outbox.Close();

        Assert.Equal([DeliveryMessages.Of(0).Id, .. DeliveryMessages.Ids(2, 998), DeliveryMessages.Of(5000).Id], Drain(Open(disk, 16 << 20)));
    }

    [Fact]
    public void When_the_journal_is_full_the_oldest_go_are_counted_and_what_is_left_survives()
    {
        var disk = new FakeJournalStore();
        var outbox = Open(disk, 64 << 10);
        var dropped = 0;
        for (var i = 0; i < 300; i++)
        {
            dropped += outbox.Add(DeliveryMessages.Of(i), OutboxRecord.Of(DeliveryMessages.Of(i)), onlyIfMissing: false).Dropped;
            Assert.Equal(i + 1, outbox.Count + dropped);
        }

        Assert.InRange(dropped, 200, 290);
        outbox.Close();

        var again = Open(disk, 64 << 10);
        Assert.Equal(DeliveryMessages.Ids(dropped, 300 - dropped), Drain(again));
        again.Close();
        Assert.Empty(Drain(Open(disk, 64 << 10)));
    }

    [Fact]
    public void A_full_journal_still_learns_what_was_delivered()
    {
        for (var size = 60; size < 80; size++)
        {
            // Whatever is left at its end when the delivery comes.
            var disk = new FakeJournalStore();
            var outbox = Open(disk, 64 << 10);
            Add(outbox, [.. Enumerable.Range(0, size)]);
            var first = outbox.Begin()!;
            outbox.Complete(first, OutboxRecordKind.Delivered);
            var left = outbox.Count;
            outbox.Close();

            var again = Open(disk, 64 << 10);
            Assert.Equal(left, again.Count);
            Assert.DoesNotContain(first.Message.Id, Drain(again));
        }
    }

    [Fact]
    public void Ids_of_what_is_done_with_are_kept_for_thousands()
    {
        var disk = new FakeJournalStore();
        var outbox = Open(disk, 1 << 20);
        for (var i = 0; i < 2 * SinkOutbox.MaxDone; i++)
        {
            Add(outbox, i);
            outbox.Complete(outbox.Begin()!, OutboxRecordKind.Delivered);
        }

        outbox.Close();
        var again = Open(disk, 1 << 20);
        Assert.Equal(0, again.Count);
        Assert.All(
            Enumerable.Range(SinkOutbox.MaxDone, SinkOutbox.MaxDone),
            i => Assert.False(again.Add(DeliveryMessages.Of(i), OutboxRecord.Of(DeliveryMessages.Of(i)), onlyIfMissing: true).Added));
        Assert.True(again.Add(DeliveryMessages.Of(0), OutboxRecord.Of(DeliveryMessages.Of(0)), onlyIfMissing: true).Added);
    }

    [Fact]
    public void A_message_that_is_too_large_for_a_record_loses_its_details_and_not_its_way()
    {
        var huge = new string('ü', 16 * 1024);
        var message = DeliveryMessages.Of(1, description: huge) with
        {
            Incident = DeliveryMessages.Of(1).Incident with
            {
                Description = huge,
                Remedy = huge,
                Exception = new ExceptionInfo("T", huge, huge),
                Reasons = [.. Enumerable.Repeat(huge, 20)],
                Tags = [.. Enumerable.Repeat(huge, 5)],
                ReadingsAt = [.. Enumerable.Range(0, 10_000).Select(i => new Reading("freeBytes", i, "bytes", "item" + i))],
            },
        };
        var disk = new FakeJournalStore();
        var outbox = Open(disk, 1 << 20);
        outbox.Add(message, OutboxRecord.Of(message), onlyIfMissing: false);
        Assert.Same(message, outbox.Begin()!.Message);
        outbox.Close();

        var kept = Open(disk, 1 << 20).Begin()!.Message;
        Assert.Equal((message.Id, message.Incident.Check, message.Incident.Reason), (kept.Id, kept.Incident.Check, kept.Incident.Reason));
        Assert.StartsWith("üüü", kept.Incident.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_disk_it_works_in_memory_and_writes_down_when_there_is_one()
    {
        var disk = new FakeJournalStore();
        var earlier = Open(disk);
        Add(earlier, 1, 2);
        earlier.Close();

        disk.NoDisk = new StateProblem(StateProblem.ReadOnly, "read-only");
        var outbox = Open(disk);
        Add(outbox, 3, 4);
        Assert.Equal(DeliveryMessages.Of(3).Id, outbox.Begin()!.Message.Id);
        disk.NoDisk = null;
        _time.Advance(TimeSpan.FromMinutes(2));

        // The flusher may be asking the journal at that moment: then the next look finds the disk.
        Assert.True(SpinWait.SpinUntil(() => outbox.Refresh() >= 0 && outbox.Count == 4, TimeSpan.FromSeconds(30)));

        // What the earlier run left is behind what is being sent and before the rest.
        Assert.Equal([3, 1, 2, 4], Drain(outbox, complete: false).Select(Number));
        outbox.Complete(outbox.Begin()!, OutboxRecordKind.Delivered);
        outbox.Close();
        Assert.Equal([1, 2, 4], Drain(Open(disk)).Select(Number));
    }

    [Fact]
    public void A_disk_that_fills_up_meanwhile_loses_nothing()
    {
        var disk = new FakeJournalStore();
        var outbox = Open(disk);
        Add(outbox, 1, 2);
        disk.Fault = operation => operation is "write" or "create" or "open" ? new IOException("No space left on device", 28) : null;
        Add(outbox, 3);
        Assert.Equal(DeliveryMessages.Of(1).Id, outbox.Begin()!.Message.Id);
        outbox.Complete(outbox.Begin()!, OutboxRecordKind.Delivered);
        Assert.Equal(2, outbox.Count);
        disk.Fault = _ => null;
        _time.Advance(TimeSpan.FromMinutes(2));
        Add(outbox, 4);
        outbox.Close();
        Assert.Equal([2, 3, 4], Drain(Open(disk)).Select(Number));
    }

    [Fact]
    public void A_journal_cut_at_any_byte_loses_at_most_its_last_record_and_repeats_nothing_but_that()
    {
        var disk = new FakeJournalStore();
        List<(int Operations, List<int> Waiting)> history = [];
        var outbox = Open(disk, 16 << 10);
        void Note(List<int> waiting) => history.Add((disk.Operations.Count, waiting));
        List<int> waiting = [];
        Note([]);
        for (var i = 0; i < 40; i++)
        {
            var dropped = outbox.Add(DeliveryMessages.Of(i), OutboxRecord.Of(DeliveryMessages.Of(i)), onlyIfMissing: false).Dropped;
            Assert.Equal(0, dropped);
            Note(waiting = [.. waiting, i]);
            if (i % 3 != 0)
            {
                outbox.Complete(outbox.Begin()!, OutboxRecordKind.Delivered);
                Note(waiting = waiting[1..]);
            }

            if (waiting.Count > 4)
            {
                outbox.Complete(outbox.Begin()!, OutboxRecordKind.Delivered);
                Note(waiting = waiting[1..]);
            }
        }

        byte[]? image = null;
        var states = 0;
        for (var index = 0; index < disk.Operations.Count; index++)
        {
            var operation = disk.Operations[index];
            var call = history.FindIndex(h => index < h.Operations);
            var (before, after) = (call <= 0 ? [] : history[call - 1].Waiting, call < 0 ? history[^1].Waiting : history[call].Waiting);
            if (operation.What == FakeJournalStore.Operation.Kind.Publish)
            {
                image = operation.Bytes;
                continue;
            }

            // Every seventh byte, and the last ones: the journal's own tests cut it at every one.
            for (var cut = 0; image is not null && cut < operation.Bytes.Length; cut += cut > operation.Bytes.Length - 20 ? 1 : 7)
            {
                var torn = image.ToArray();
                operation.Bytes.AsSpan(0, cut).CopyTo(torn.AsSpan((int)operation.Position));
                var read = Open(new FakeJournalStore(torn), 16 << 10);
                var found = Drain(read, complete: false).Select(Number).ToList();
                Assert.True(found.SequenceEqual(before) || found.SequenceEqual(after), $"{string.Join(',', found)} is neither {string.Join(',', before)} nor {string.Join(',', after)}");
                read.Close();
                states++;
            }

            if (image is not null)
            {
                operation.Bytes.CopyTo(image.AsSpan((int)operation.Position));
            }
        }

        Assert.True(states > 2_000, $"Only {states} states were looked at.");
    }

    [Fact]
    public void Records_of_another_version_are_passed_over()
    {
        var disk = new FakeJournalStore();
        using (var journal = disk.Open(1 << 20, keep: null, _time))
        {
            foreach (var bytes in new byte[][] { [], "M"u8.ToArray(), "M{\"id\":3}"u8.ToArray(), "M{\"id\":\"x\",\"kind\":\"Exploded\"}"u8.ToArray(), "A12"u8.ToArray(), "Zx"u8.ToArray(), "Mnull"u8.ToArray() })
            {
                Assert.True(journal.TryAppend(bytes, out _));
            }
        }

        var outbox = Open(disk, 1 << 20);
        Assert.Equal(0, outbox.Count);
        Add(outbox, 1);
        Assert.Equal([1], Drain(outbox).Select(Number));
    }

    [Fact]
    public void Any_bytes_are_read_without_a_throw() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            OutboxRecord.Read(bytes);
            OutboxRecord.Read([(byte)'M', .. bytes]);
            OutboxRecord.Read([(byte)'A', .. bytes]);
        }).QuickCheckThrowOnFailure();

    private static int Number(string id) => Convert.ToInt32(id[28..32], 16);

    private static void Add(SinkOutbox outbox, params int[] numbers)
    {
        foreach (var number in numbers)
        {
            outbox.Add(DeliveryMessages.Of(number), OutboxRecord.Of(DeliveryMessages.Of(number)), onlyIfMissing: false);
        }
    }

    /// <summary>The ids that wait, in order.</summary>
    private static List<string> Drain(SinkOutbox outbox, bool complete = true)
    {
        List<string> ids = [];
        if (!complete)
        {
            return [.. outbox.WaitingIds];
        }

        while (outbox.Begin() is { } entry)
        {
            ids.Add(entry.Message.Id);
            outbox.Complete(entry, OutboxRecordKind.Delivered);
        }

        return ids;
    }

    private SinkOutbox Open(FakeJournalStore disk, int capacity = 64 << 10)
    {
        var outbox = new SinkOutbox(keep => disk.Open(capacity, keep, _time), _flusher);
        outbox.Open();
        return outbox;
    }
}
