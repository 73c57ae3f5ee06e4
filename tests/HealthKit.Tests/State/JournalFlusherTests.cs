using HealthKit.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests;

public sealed class JournalFlusherTests
{
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Journals_are_flushed_together_and_at_most_once_a_second()
    {
        var disks = new[] { new FakeJournalStore(), new FakeJournalStore() };
        var journals = Array.ConvertAll(disks, disk => disk.Open(time: _time));
        using var flusher = new JournalFlusher(_time, NullLogger.Instance);
        var before = Array.ConvertAll(disks, Flushes);
        foreach (var journal in journals)
        {
            flusher.MarkDirty(journal);
            flusher.MarkDirty(journal);
        }

        await Sleeps(flusher);
        Assert.Equal(before, Array.ConvertAll(disks, Flushes));
        _time.Advance(TimeSpan.FromMilliseconds(200));
        await Batches(flusher, 1);
        Assert.Equal([before[0] + 1, before[1] + 1], Array.ConvertAll(disks, Flushes));

        flusher.MarkDirty(journals[1]);
        await Sleeps(flusher);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        await Sleeps(flusher);
        Assert.Equal(1, flusher.Batches);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Batches(flusher, 2);
        Assert.Equal([before[0] + 1, before[1] + 2], Array.ConvertAll(disks, Flushes));

        // Nothing to do: no time at which it would wake.
        await Wait.For(() => flusher.SleepsUntil == long.MaxValue);
    }

    [Fact]
    public async Task What_could_not_be_flushed_is_tried_again_until_it_can_or_is_forgotten()
    {
        var disk = new FakeJournalStore();
        using var journal = disk.Open(time: _time);
        using var flusher = new JournalFlusher(_time, NullLogger.Instance);
        Assert.True(journal.TryAppend("one"u8, out _));
        disk.Fault = _ => new IOException("No space left on device", 28);
        flusher.MarkDirty(journal);
        for (var batch = 1; batch <= 4; batch++)
        {
            await Sleeps(flusher);
            _time.Advance(TimeSpan.FromMinutes(1));
            await Batches(flusher, batch);
        }

        disk.Fault = _ => null;
        await Sleeps(flusher);
        _time.Advance(TimeSpan.FromMinutes(1));
        await Batches(flusher, 5);
        Assert.True(journal.IsPersistent);
        await Wait.For(() => flusher.SleepsUntil == long.MaxValue);

        disk.Fault = _ => new IOException("No space left on device", 28);
        flusher.MarkDirty(journal);
        await Sleeps(flusher);
        _time.Advance(TimeSpan.FromMinutes(1));
        await Batches(flusher, 6);
        flusher.Forget(journal);
        await Sleeps(flusher);
        _time.Advance(TimeSpan.FromMinutes(2));
        await Wait.For(() => flusher.SleepsUntil == long.MaxValue);
        Assert.Equal(6, flusher.Batches);
    }

    [Fact]
    public async Task A_disk_that_hangs_holds_up_neither_appending_nor_the_end()
    {
        using var free = new ManualResetEventSlim();
        var disk = new FakeJournalStore();
        var journal = disk.Open(time: _time);
        var flusher = new JournalFlusher(_time, NullLogger.Instance);
        using var hangs = new ManualResetEventSlim();
        disk.Fault = operation =>
        {
            if (operation == "flush")
            {
                hangs.Set();
                free.Wait();
            }

            return null;
        };
        try
        {
            flusher.MarkDirty(journal);
            await Sleeps(flusher);
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.True(hangs.Wait(TimeSpan.FromSeconds(20)));
            await Task.Run(() =>
            {
                Assert.True(journal.TryAppend("one"u8, out _));
                flusher.MarkDirty(journal);
                flusher.Dispose();
            }).WaitAsync(TimeSpan.FromSeconds(20));
        }
        finally
        {
            free.Set();
            disk.Fault = _ => null;
        }
    }

    private static int Flushes(FakeJournalStore disk) => disk.Operations.Count(operation => operation.What == FakeJournalStore.Operation.Kind.Flush);

    private static Task Batches(JournalFlusher flusher, int count) => Wait.For(() => flusher.Batches >= count);

    private Task Sleeps(JournalFlusher flusher) => Wait.For(() => flusher.SleepsForAWhile);
}
