using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests;

/// <summary>A disk that hangs holds up one thread of HealthKit's, and no caller for longer than the patience there is.</summary>
public sealed class HungDiskTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_job_that_does_not_come_back_is_given_up_and_others_are_refused_at_once_until_it_does()
    {
        using var release = new ManualResetEventSlim();
        var disk = new DiskThread("test");
        using var late = new Late();
        var given = Assert.Throws<IOException>(() => disk.Run(
            () =>
            {
                release.Wait();
                return late;
            },
            TimeSpan.FromMilliseconds(200)));
        Assert.Equal(StateProblem.Hung, StateProblem.From(given).Reason);
        Assert.True(disk.IsStuck);
        var ran = false;
        Assert.Throws<IOException>(() => disk.Run(() => ran = true, TimeSpan.FromDays(1)));
        var closed = new Late();
        disk.Close(closed);
        Assert.False(closed.IsDisposed.IsSet);

        release.Set();
        Assert.True(late.IsDisposed.Wait(Deadline)); // nobody has it
        Assert.True(closed.IsDisposed.Wait(Deadline));
        Assert.True(SpinWait.SpinUntil(() => !disk.IsStuck, Deadline));
        Assert.False(ran);
        Assert.Equal(5, disk.Run(() => 5, DiskThread.Patience));
    }

    [Fact]
    public async Task Who_waits_for_its_turn_is_given_up_with_the_job_that_holds_it_up_and_never_done()
    {
        using var release = new ManualResetEventSlim();
        var disk = new DiskThread("test");
        var ran = false;
        using var begun = new ManualResetEventSlim(); // the order of the two
        var first = Task.Run(() => Assert.Throws<IOException>(() => disk.Run(
            () =>
            {
                begun.Set();
                release.Wait();
            },
            TimeSpan.FromSeconds(1))));
        Assert.True(begun.Wait(Deadline));
        var second = Task.Run(() => Assert.Throws<IOException>(() => disk.Run(() => ran = true, TimeSpan.FromDays(1))));
        await Task.WhenAll(first, second).WaitAsync(Deadline);
        release.Set();
        Assert.True(SpinWait.SpinUntil(() => !disk.IsStuck, Deadline));
        Assert.Equal(5, disk.Run(() => 5, DiskThread.Patience));
        Assert.False(ran);
    }

    [Fact]
    public void While_what_nobody_waits_for_is_made_undone_and_hangs_others_are_refused()
    {
        using var release = new ManualResetEventSlim();
        var undo = new Blocking();
        var disk = new DiskThread("test");
        Assert.Throws<IOException>(() => disk.Run(
            () =>
            {
                release.Wait();
                return undo;
            },
            TimeSpan.FromMilliseconds(200)));
        release.Set();
        Assert.True(undo.HasBegun.Wait(Deadline));
        Assert.True(disk.IsStuck);
        Assert.Throws<IOException>(() => disk.Run(() => 5, TimeSpan.FromMilliseconds(200)));

        undo.MayEnd.Set(); // and throws
        Assert.True(SpinWait.SpinUntil(() => !disk.IsStuck, Deadline));
        Assert.Equal(5, disk.Run(() => 5, DiskThread.Patience));
    }

    [Fact]
    public void A_failed_job_throws_what_it_threw_and_a_job_of_a_job_is_done_at_once()
    {
        var disk = new DiskThread("test");
        Assert.Throws<UnauthorizedAccessException>(() => disk.Run(() => throw new UnauthorizedAccessException(), DiskThread.Patience));
        Assert.Equal(7, disk.Run(() => disk.Run(() => 7, DiskThread.Patience), DiskThread.Patience));
        Assert.False(disk.IsStuck);
    }

    [Fact]
    public void A_journal_goes_on_in_memory_while_its_disk_hangs_and_loses_nothing_when_it_comes_back()
    {
        var time = new ManualTime();
        var store = new FakeJournalStore();
        using var hang = new ManualResetEventSlim(initialState: true);
        store.Fault = what =>
        {
            if (what == "write")
            {
                hang.Wait();
            }

            return null;
        };
        using var journal = Open(store, time);
        Assert.True(journal.TryAppend("a"u8, out var a));
        hang.Reset();
        Assert.True(journal.TryAppend("b"u8, out var b));
        Assert.True(journal.TryAppend("c"u8, out var c));
        Assert.True(a < b && b < c);
        Assert.Equal(StateProblem.Hung, journal.Problem?.Reason);
        Assert.Equal(["b", "c"], Texts(journal));
        Assert.False(journal.Flush());

        hang.Set();
        Assert.True(SpinWait.SpinUntil(journal.TryRecover, Deadline));
        Assert.Null(journal.Problem);
        Assert.Equal(["a", "b", "c"], Texts(journal));
        Assert.Equal([a, b, c], journal.ReadAll().Select(record => record.Sequence));
        using var next = new FakeJournalStore(store.Content).Open();
        Assert.Equal(["a", "b", "c"], Texts(next));
    }

    [Fact]
    public void A_journal_whose_device_hangs_still_takes_records_and_is_closed_in_time()
    {
        var store = new FakeJournalStore();
        using var hang = new ManualResetEventSlim(initialState: true);
        store.Fault = what =>
        {
            if (what == "flush")
            {
                hang.Wait();
            }

            return null;
        };
        var journal = Open(store, new ManualTime());
        hang.Reset();
        Assert.False(journal.Flush());
        Assert.True(journal.TryAppend("a"u8, out _));
        Assert.Null(journal.Problem); // writing does not hang
        journal.Dispose();
        hang.Set();
        using var next = new FakeJournalStore(store.Content).Open();
        Assert.Equal(["a"], Texts(next));
    }

    [Fact]
    public void A_journal_comes_back_although_its_device_never_ends_a_flush()
    {
        var store = new FakeJournalStore();
        using var hang = new ManualResetEventSlim(initialState: true);
        var isBroken = false;
        store.Fault = what =>
        {
            if (what == "flush")
            {
                hang.Wait();
            }

            return isBroken && what == "write" ? new IOException("broken") : null;
        };
        using (var journal = Open(store, new ManualTime()))
        {
            Assert.True(journal.TryAppend("a"u8, out _));
            hang.Reset();
            isBroken = true;
            Assert.True(journal.TryAppend("b"u8, out _));
            Assert.NotNull(journal.Problem);
            isBroken = false;
            Assert.True(journal.TryRecover());
            Assert.Null(journal.Problem);
            using (var killed = new FakeJournalStore(store.Content).Open())
            {
                Assert.Equal(["a", "b"], Texts(killed));
            }
        }

        // The first run on such a device too.
        var first = new FakeJournalStore { Fault = store.Fault };
        using (var journal = Open(first, new ManualTime()))
        {
            Assert.Null(journal.Problem);
            Assert.True(journal.TryAppend("a"u8, out _));
        }

        hang.Set();
        using var next = new FakeJournalStore(first.Content).Open();
        Assert.Equal(["a"], Texts(next));
    }

    [Theory]
    [InlineData(StateProblem.NoSpaceLeft, StateProblem.Full)]
    [InlineData(110, StateProblem.IOError)] // ETIMEDOUT: an answer, too
    public void What_a_flush_failed_with_when_nobody_waited_any_more_is_told(int error, string reason)
    {
        var store = new FakeJournalStore();
        using var hang = new ManualResetEventSlim(initialState: true);
        var fails = false;
        store.Fault = what =>
        {
            if (what != "flush" || !fails)
            {
                return null;
            }

            hang.Wait();
            return new IOException("the system's words", error);
        };
        using var journal = Open(store, new ManualTime());
        Assert.True(journal.TryAppend("a"u8, out _));
        fails = true;
        hang.Reset();
        Assert.False(journal.Flush());
        hang.Set();
        Assert.True(SpinWait.SpinUntil(() => !journal.Flush() && journal.Problem is not null, Deadline));
        Assert.Equal(reason, journal.Problem!.Reason);
    }

    [Fact]
    public void What_is_in_memory_at_the_end_is_written_down_if_the_disk_takes_it_by_then()
    {
        var store = new FakeJournalStore { NoDisk = new StateProblem(StateProblem.Hung, "test") };
        var journal = store.Open(time: new ManualTime()); // no next try is due
        Assert.True(journal.TryAppend("a"u8, out _));
        store.NoDisk = null;
        Assert.True(journal.Close());
        using var next = new FakeJournalStore(store.Content).Open();
        Assert.Equal(["a"], Texts(next));

        store.NoDisk = new StateProblem(StateProblem.Hung, "test");
        var lost = store.Open(time: new ManualTime());
        Assert.True(lost.TryAppend("b"u8, out _));
        Assert.False(lost.Close());
    }

    [Fact]
    public async Task A_device_that_never_ends_a_flush_shows_in_the_check_of_healthkit()
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch.AddYears(60));
        var place = Directory.CreateTempSubdirectory("hk-flush-").FullName;
        var builder = TestHost.Builder(("StateDirectory", place));
        builder.Services.AddLogging().AddSingleton<TimeProvider>(time);
        builder.AddHealthKit(options => options.AddDefaultChecks = false);
        using (var host = builder.Build())
        {
            using var release = new ManualResetEventSlim();
            var state = host.Services.GetRequiredService<StateDirectory>();
            var check = ActivatorUtilities.CreateInstance<SelfCheck>(host.Services);
            Assert.Throws<IOException>(() => state.Flushes.Run(() => release.Wait(), TimeSpan.FromMilliseconds(100)));
            time.Advance(TimeSpan.FromSeconds(29));
            Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(new HealthCheckContext())).Status);
            time.Advance(TimeSpan.FromSeconds(1));
            var result = await check.CheckHealthAsync(new HealthCheckContext());
            Assert.Equal((HealthStatus.Degraded, "state.hung"), (result.Status, result.Data["reason"]));
            Assert.Equal("State is written, but not on the device since 2030-01-01 00:00:00Z: a power cut would lose it.", result.Description);

            release.Set();
            Assert.True(SpinWait.SpinUntil(() => !state.Flushes.IsStuck, Deadline));
            Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(new HealthCheckContext())).Status);
        }

        Directory.Delete(place, recursive: true);
    }

    [Fact]
    public void A_flush_that_failed_when_nobody_waited_any_more_has_everything_written_anew()
    {
        var time = new ManualTime();
        var store = new FakeJournalStore();
        using var hang = new ManualResetEventSlim(initialState: true);
        var fails = false;
        store.Fault = what =>
        {
            if (what != "flush" || !fails)
            {
                return null;
            }

            hang.Wait();
            fails = false;
            return new IOException("the device failed");
        };
        using var journal = Open(store, time);
        Assert.True(journal.TryAppend("a"u8, out _));
        fails = true;
        hang.Reset();
        Assert.False(journal.Flush());
        hang.Set();
        Assert.True(SpinWait.SpinUntil(() => !journal.Flush() && journal.Problem is not null, Deadline));
        Assert.True(journal.TryRecover());
        Assert.Equal(["a"], Texts(journal));
    }

    private static Journal Open(FakeJournalStore store, TimeProvider time) =>
        new(new PatientJournalStore(store, new DiskThread("test"), new DiskThread("test flush")), "test", 8192, null, time, NullLogger.Instance);

    private static IReadOnlyList<string> Texts(Journal journal) =>
        [.. journal.ReadAll().Select(record => Encoding.UTF8.GetString(record.Payload.Span))];

    private sealed class Blocking : IDisposable
    {
        public ManualResetEventSlim HasBegun { get; } = new();

        public ManualResetEventSlim MayEnd { get; } = new();

        public void Dispose()
        {
            HasBegun.Set();
            MayEnd.Wait(Deadline);
            throw new InvalidOperationException("what is made undone may fail too");
        }
    }

    private sealed class Late : IDisposable
    {
        public ManualResetEventSlim IsDisposed { get; } = new();

        public void Dispose() => IsDisposed.Set();
    }
}
