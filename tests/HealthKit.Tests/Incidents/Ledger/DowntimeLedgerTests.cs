using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests;

public sealed class DowntimeLedgerTests
{
    private readonly LedgerRuns _runs = new();

    [Fact]
    public void An_outage_lasts_from_the_bad_state_to_the_next_one_that_is_not_unhealthy()
    {
        _runs.Good(0).Bad(10).Again(11).See(15, "a", HealthStatus.Degraded).Good(16).Bad(20, reason: "test.other");
        _runs.GoTo(22);
        Assert.Equal([(10, 15, 0), (20, null, 0)], _runs.Outages("a"));
        Assert.Equal(["test.other", "test.bad"], _runs.Report.Outages.Where(outage => outage.Check is not null).Select(outage => outage.Reason));
        var downtime = _runs.Of("a");
        Assert.Equal((2, TimeSpan.FromMinutes(7), TimeSpan.FromMinutes(5)), (downtime.Outages, downtime.Total, downtime.Longest));
        Assert.Equal(100.0 * 15 / 22, downtime.UptimePercentDay!.Value, 9);
        Assert.Equal(LedgerRuns.Start, _runs.Report.KnownSince);
    }

    [Fact]
    public void An_outage_begins_and_ends_with_the_states_and_not_when_they_are_heard_of()
    {
        _runs.Good(0).GoTo(10);
        _runs.Ledger.Observe(LedgerRuns.State("a", HealthStatus.Unhealthy, LedgerRuns.At(8)), planned: false, _runs.Now);
        _runs.GoTo(12);
        _runs.Ledger.Observe(LedgerRuns.State("a", HealthStatus.Healthy, LedgerRuns.At(11)), planned: false, _runs.Now);
        Assert.Equal([(8, 11, 0)], _runs.Outages("a"));
    }

    [Fact]
    public void The_app_is_down_while_any_check_is()
    {
        _runs.Good(0).Good(0, "b").Good(0, "c");
        _runs.Bad(10, "a").Bad(12, "b").Good(15, "a").Good(20, "b").Bad(20, "c").Good(21, "c").Bad(30, "b").Good(31, "b").GoTo(40);
        Assert.Equal([(10, 21, 0), (30, 31, 0)], _runs.Outages(null));
        Assert.Equal(100.0 * 28 / 40, _runs.Report.App.UptimePercentDay!.Value, 9);
        Assert.Equal(TimeSpan.FromMinutes(11), _runs.Report.App.Longest);
        Assert.Equal(["a", "b", "c"], _runs.Report.Checks.Select(check => check.Check));
        Assert.Equal(
            [("b", 30), (null, 30), ("c", 20), ("b", 12), (null, 10), ("a", 10)],
            _runs.Report.Outages.Select(outage => (outage.Check, (outage.Start - LedgerRuns.Start).TotalMinutes))
                .OrderByDescending(outage => outage.TotalMinutes).ThenBy(outage => outage.TotalMinutes != 10 && outage.Check is null));
    }

    [Fact]
    public void A_window_counts_only_what_lies_in_it_and_only_while_the_app_ran()
    {
        const double Day = 24 * 60;
        _runs.Good(0).Bad(60).Good(120).Stop(240); // 4 h, one of them down
        _runs.Good(3 * Day).Bad((4 * Day) - 360).Good((4 * Day) - 240).Again(4 * Day); // a day, two hours of it down
        var downtime = _runs.Of("a");
        Assert.Equal(100.0 * 22 / 24, downtime.UptimePercentDay!.Value, 9);
        Assert.Equal(100.0 * 25 / 28, downtime.UptimePercentWeek!.Value, 9);
        Assert.Equal(downtime.UptimePercentWeek, downtime.UptimePercentMonth);

        _runs.Stop(5 * Day).GoTo(7 * Day);
        Assert.Null(_runs.Report.App.UptimePercentDay);
        Assert.NotNull(_runs.Report.App.UptimePercentWeek);

        _runs.GoTo(11.9 * Day); // the second outage lies half a window behind
        Assert.Equal(100.0, _runs.Report.App.UptimePercentWeek);
    }

    [Fact]
    public void Nothing_is_known_before_the_first_observation_and_pending_is_none()
    {
        Assert.Null(_runs.Report.App.UptimePercentMonth);
        Assert.Equal(_runs.Now, _runs.Report.KnownSince);
        _runs.See(1, "a", HealthStatus.Unhealthy, condition: CheckCondition.Pending).GoTo(5);
        Assert.Empty(_runs.Report.Outages);
        Assert.Null(_runs.Report.App.UptimePercentMonth);
        Assert.Null(_runs.Ledger.LastSignOfLife);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_outage_that_goes_on_after_a_restart_is_one_with_a_gap(bool clean)
    {
        _runs.Good(0).Bad(60).Again(70);
        _ = clean ? _runs.Stop(70) : _runs.Kill();
        Assert.Equal(LedgerRuns.At(70), _runs.Ledger.LastSignOfLife);
        Assert.Equal([(60, null, 20)], _runs.GoTo(90).Outages("a")); // nobody has looked yet
        _runs.Bad(100).Again(110).Good(120).GoTo(130);
        Assert.Equal([(60, 120, 30)], _runs.Outages("a"));
        Assert.Equal([(60, 120, 30)], _runs.Outages(null));
        Assert.Equal(100.0 * 70 / 100, _runs.Of("a").UptimePercentDay!.Value, 9);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_outage_that_is_over_after_a_restart_is_closed_once_by_the_first_observation(bool clean)
    {
        _runs.Good(0).Bad(60).Again(70);
        _ = clean ? _runs.Stop(70) : _runs.Kill();
        _runs.Good(100).Again(110);
        Assert.Equal([(60, 100, 30)], _runs.Outages("a"));
        Assert.Equal([(60, 100, 30)], _runs.Outages(null));
        Assert.Equal(100.0 * 70 / 80, _runs.Of("a").UptimePercentDay!.Value, 9);
        _runs.Kill().Good(120);
        Assert.Equal([(60, 100, 30)], _runs.Outages("a"));
    }

    [Fact]
    public void Several_kills_in_a_row_add_up_their_gaps()
    {
        _runs.Good(0).Bad(60).Again(65).Kill();
        _runs.Bad(70).Again(75).Kill(); // 5 unknown
        _runs.Kill(); // died before it looked
        Assert.Equal(LedgerRuns.At(75), _runs.Ledger.LastSignOfLife);
        _runs.Good(90, "b").Again(95).Kill(); // saw another check only
        Assert.Equal(LedgerRuns.At(95), _runs.Ledger.LastSignOfLife);
        _runs.Bad(100).Good(110); // 25 unknown
        Assert.Equal([(60, 110, 30)], _runs.Outages("a"));
        Assert.Equal([(60, 110, 30)], _runs.Outages(null));
    }

    [Fact]
    public void An_outage_in_which_the_app_restarts_each_minute_counts_what_was_seen_of_it()
    {
        _runs.Good(0).Bad(60);
        for (var minute = 60; minute < 360; minute++)
        {
            _runs.Again(minute + 0.5).Kill().Bad(minute + 1);
        }

        _runs.Good(360).GoTo(420);
        // Each run dies with a sign of life, and the next one looks half a minute later.
        Assert.Equal([(60, 360, 150)], _runs.Outages("a"));
        Assert.Equal([(60, 360, 150)], _runs.Outages(null));
        Assert.Equal(100.0 * 120 / 270, _runs.Of("a").UptimePercentDay!.Value, 6);
    }

    [Fact]
    public void A_sign_of_life_is_written_every_minute_and_every_ten_seconds_while_something_is_down()
    {
        _runs.Good(0);
        Life(59.9, from: 0, step: 0.1, within: 1.1);
        _runs.Bad(60.1);
        Life(80, from: 60.2, step: 0.1, within: 0.3);

        void Life(double to, double from, double step, double within)
        {
            for (var minute = from; minute < to; minute += step)
            {
                _runs.Again(minute);
            }

            var before = _runs.Disk.Operations.Count;
            var probe = new LedgerRuns(new FakeJournalStore(_runs.Disk.Content));
            Assert.InRange((_runs.Now - probe.Ledger.LastSignOfLife!.Value).TotalMinutes, 0, within);
            Assert.Equal(before, _runs.Disk.Operations.Count);
        }
    }

    [Fact]
    public void Planned_outages_are_kept_and_do_not_count_as_down()
    {
        _runs.Good(0).Good(0, "b").Bad(10, planned: true).Bad(15, "b").Good(20, "b").Good(30).GoTo(100);
        Assert.True(_runs.Report.Outages.Single(outage => outage.Check == "a").Planned);
        Assert.False(_runs.Report.Outages.Single(outage => outage.Check == "b").Planned);
        Assert.False(_runs.Report.Outages.Single(outage => outage.Check is null).Planned); // b was not planned to be down
        Assert.Equal(100.0, _runs.Of("a").UptimePercentDay);
        Assert.Equal(95.0, _runs.Of("b").UptimePercentDay!.Value, 9);
        Assert.Equal(95.0, _runs.Report.App.UptimePercentDay!.Value, 9);

        _runs.Bad(100, planned: true).Kill().Bad(110).Good(120);
        Assert.True(_runs.Report.Outages[0] is { Check: null, Planned: true } && _runs.Report.Outages[1] is { Check: "a", Planned: true });
    }

    [Fact]
    public void A_check_that_is_turned_off_or_gone_ends_its_outage()
    {
        _runs.Good(0).Bad(10).Bad(10, "b").Again(20);
        _runs.Ledger.Removed(LedgerRuns.State("a", HealthStatus.Unhealthy, LedgerRuns.At(10)), _runs.Now);
        Assert.Equal([(10, 20, 0)], _runs.Outages("a"));

        _runs.Again(30).Kill().GoTo(40);
        _runs.Ledger.RemoveMissing(name => name == "a", _runs.Now);
        Assert.Equal([(10, 30, 0)], _runs.Outages("b")); // nobody saw it after that
        _runs.Ledger.RemoveMissing(name => name == "a", _runs.Now);
        Assert.Equal(LedgerRuns.At(30), _runs.Ledger.LastSignOfLife);
    }

    [Fact]
    public void A_clock_that_is_set_back_gives_no_negative_length()
    {
        _runs.Good(0).Again(100).Bad(110).Good(60).Bad(70).Kill().Bad(50).Good(40).Again(200);
        Assert.All(_runs.Report.Outages, outage =>
        {
            Assert.True(outage.End >= outage.Start);
            Assert.InRange(outage.Unknown, TimeSpan.Zero, outage.End!.Value - outage.Start);
        });
        foreach (var downtime in _runs.Report.Checks.Append(_runs.Report.App))
        {
            Assert.True(downtime.Total >= TimeSpan.Zero && downtime.Longest >= TimeSpan.Zero);
            Assert.InRange(downtime.UptimePercentDay!.Value, 0, 100);
        }

        Assert.Equal(LedgerRuns.At(0), _runs.Report.KnownSince);
    }

    [Fact]
    public void A_clock_that_was_years_ahead_for_a_while_does_not_stop_the_account()
    {
        const double Years = 3 * 365 * 24 * 60;
        _runs.Good(0).Again(60).Again(Years).Again(61).Again(100).Bad(100).Good(120).Again(160);
        Assert.Equal(100.0 * 140 / 160, _runs.Of("a").UptimePercentDay!.Value, 6);
    }

    [Fact]
    public void Observing_what_is_known_allocates_nothing()
    {
        var state = LedgerRuns.State("a", HealthStatus.Unhealthy, _runs.Now);
        _runs.Ledger.Observe(state, false, _runs.Now);
        _runs.Ledger.Observe(state, false, _runs.Now);
        // The least of some rounds: what the runtime itself allocates on this thread, when it compiles anew, is not ours.
        Assert.Equal(0, Enumerable.Range(0, 10).Min(_ => Round()));

        long Round()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10_000; i++)
            {
                _runs.Ledger.Observe(state, false, _runs.Now);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void A_month_of_twenty_checks_every_ten_seconds_is_fast_and_bounded()
    {
        var watch = Stopwatch.StartNew();
        var random = new Random(1);
        var states = Enumerable.Range(0, 20).Select(i => LedgerRuns.State($"check{i}", HealthStatus.Healthy, LedgerRuns.Start)).ToArray();
        var now = LedgerRuns.Start;
        for (; now < LedgerRuns.Start.AddDays(31); now += TimeSpan.FromSeconds(10))
        {
            for (var i = 0; i < states.Length; i++)
            {
                // One in twenty flaps, the others fail now and then.
                if (random.Next(i == 0 ? 3 : 2_000) == 0)
                {
                    states[i] = states[i] with
                    {
                        Status = states[i].Status == HealthStatus.Healthy ? HealthStatus.Unhealthy : HealthStatus.Healthy,
                        Since = now,
                    };
                }

                _runs.Ledger.Observe(states[i], planned: false, now);
            }
        }

        var report = _runs.Ledger.Report(now);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"It took {watch.Elapsed}.");
        Assert.InRange(report.Outages.Count(outage => outage.Check is not null), LedgerState.MaxClosed / 2, 2 * LedgerState.MaxClosed);
        Assert.Equal(1024 * 1024, _runs.Disk.Content!.Length);

        // Far more outages than are kept: the percentages know of all.
        Assert.InRange(report.Checks[0].UptimePercentMonth!.Value, 49, 51);
        Assert.InRange(report.Checks[0].UptimePercentDay!.Value, 45, 55);

        _runs.Disk.Operations.Clear();
        var reopened = new DowntimeLedger(keep => _runs.Disk.Open(1024 * 1024, keep), NullLogger.Instance);
        reopened.Open();
        Assert.Equal(report.Checks.Select(check => check.Outages), reopened.Report(now).Checks.Select(check => check.Outages));
        Assert.All(report.Checks.Zip(reopened.Report(now).Checks), pair => Assert.Equal(pair.First.UptimePercentMonth!.Value, pair.Second.UptimePercentMonth!.Value, 2));
    }

    [Fact]
    public void An_app_that_restarts_each_minute_pushes_no_outage_out()
    {
        _runs.Good(0).Bad(1).Good(2);
        for (var minute = 3; minute < 24 * 60; minute++)
        {
            _runs.Good(minute).Again(minute + 0.5);
            _ = minute % 2 == 0 ? _runs.Kill() : _runs.Stop(minute + 0.5);
        }

        Assert.Equal([(1, 2, 0)], _runs.Outages("a"));
        Assert.Equal(100.0 * 720.5 / 721.5, _runs.Of("a").UptimePercentMonth!.Value, 2); // one minute of 3 + 1437 × 0.5
        Assert.Equal(LedgerRuns.At(0), _runs.Report.KnownSince);
    }

    [Fact]
    public void A_thousand_open_outages_survive_and_the_journal_is_read_no_more_than_twice()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _runs.Bad(1, $"a_check_with_a_name_of_ordinary_length_{i}", "disk.space.low");
        }

        for (var minute = 2; minute < 6_000; minute++)
        {
            _runs.See(minute, "a_check_with_a_name_of_ordinary_length_0", HealthStatus.Unhealthy);
        }

        var before = _runs.Disk.BytesRead;
        _runs.Kill();
        Assert.InRange(_runs.Disk.BytesRead - before, 1, 2 * _runs.Disk.Content!.Length);
        Assert.Equal(1_000, _runs.Report.Outages.Count(outage => outage is { Check: not null, End: null }));
    }

    [Fact]
    public void A_journal_cut_at_every_byte_loses_at_most_its_last_record()
    {
        List<(long End, int Outages, int Open)> after = [];
        var disk = new FakeJournalStore();
        var runs = new LedgerRuns(disk);
        for (var i = 0; i < 6; i++)
        {
            runs.Good(10 * i).Bad((10 * i) + 1, reason: "test.\"quoted\" ä");
            Note();
            if (i == 3)
            {
                runs.Kill();
                runs.Bad((10 * i) + 2);
                Note();
            }

            runs.Good((10 * i) + 5);
            Note();
        }

        var whole = disk.Content!;
        var size = (int)disk.Operations.Where(operation => operation.What == FakeJournalStore.Operation.Kind.Write).Max(operation => operation.Position + operation.Bytes.Length);
        for (var cut = 0; cut <= size; cut++)
        {
            var ledger = Reopen(whole[..cut]);
            var outages = ledger.Report(runs.Now).Outages.Where(outage => outage.Check is not null).ToList();
            var (_, count, open) = after.LastOrDefault(state => state.End <= cut);
            Assert.InRange(outages.Count, count, count + 1);
            Assert.True(outages.Count > count || Math.Abs(outages.Count(outage => outage.End is null) - open) <= 1);
            Assert.All(outages, outage => Assert.True(outage.End is null || outage.End >= outage.Start));
        }

        void Note()
        {
            var outages = runs.Report.Outages.Where(outage => outage.Check is not null).ToList();
            after.Add((disk.Operations.Max(operation => operation.Position + operation.Bytes.Length * (operation.What == FakeJournalStore.Operation.Kind.Write ? 1 : 0)), outages.Count, outages.Count(outage => outage.End is null)));
        }
    }

    [Fact]
    public void A_kill_while_the_ledger_is_summed_up_loses_no_outage()
    {
        for (var i = 0; i < 600 && !IsSummedUp(); i++)
        {
            _runs.Bad(2 * i).Good((2 * i) + 1);
        }

        Assert.True(IsSummedUp());
        var outages = _runs.Outages("a").Count;
        byte[]? disk = null;
        var looked = 0;
        foreach (var operation in _runs.Disk.Operations)
        {
            if (operation.What == FakeJournalStore.Operation.Kind.Publish)
            {
                disk = operation.Bytes.ToArray();
            }
            else if (operation.What == FakeJournalStore.Operation.Kind.Write && disk is not null)
            {
                operation.Bytes.CopyTo(disk.AsSpan((int)operation.Position));
                if (Reopen(disk).Report(_runs.Now) is var report && report.Outages.Count(outage => outage.Check is not null) is var count && count >= outages - 1)
                {
                    looked++;
                }
                else
                {
                    Assert.Equal(0, looked); // once they were there, they stay
                }
            }
        }

        Assert.True(looked > 5, $"Only {looked} states were looked at.");

        bool IsSummedUp() => _runs.Disk.Operations.Exists(operation => Encoding.UTF8.GetString(operation.Bytes).Contains("\"end\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Records_of_a_later_version_and_any_bytes_are_passed_over()
    {
        _runs.Good(0).Bad(10);
        using (var journal = _runs.Disk.Open(1024 * 1024))
        {
            foreach (var record in (string[])["""{"t":"up","v":2,"c":"a","s":1,"a":1}""", """{"t":"later","a":9,"c":"a"}""", """{"t":5}""", "null", "{}", "[", """{"t":"life","a":9223372036854775807}"""])
            {
                Assert.True(journal.TryAppend(Encoding.UTF8.GetBytes(record), out _));
            }
        }

        _runs.Kill();
        Assert.Equal([(10, null, 0)], _runs.Outages("a"));
        Assert.Equal(LedgerRuns.At(10), _runs.Ledger.LastSignOfLife);

        Prop.ForAll<byte[]>(bytes => Reopen(Records([bytes])).Report(LedgerRuns.Start).Outages.Count == 0).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_numbers_in_records_give_a_report()
    {
        var number = Gen.OneOf(Gen.Choose(-2, 40).Select(n => (long)n), Gen.Elements(long.MinValue, long.MaxValue, LedgerRecord.LastTime, LedgerRuns.Start.UtcTicks));
        var record =
            from type in Gen.Elements(LedgerRecord.Run, LedgerRecord.Life, LedgerRecord.Down, LedgerRecord.Up, LedgerRecord.Seen, LedgerRecord.Summary, LedgerRecord.Outages, LedgerRecord.Folded, LedgerRecord.End)
            from at in number
            from since in number
            from known in number
            from numbers in number.ArrayOf()
            from parts in Gen.Choose(0, 2)
            from check in Gen.Elements<string?>("a", "b", null)
            select new LedgerRecord { T = type, A = at, S = since, K = known, U = since, N = numbers, X = ["a", "b"], M = parts, C = check }.ToBytes();
        Prop.ForAll(record.ArrayOf().ToArbitrary(), records =>
        {
            var report = Reopen(Records(records)).Report(LedgerRuns.Start);
            return report.Outages.All(outage => outage.End is null || (outage.End >= outage.Start && outage.Unknown >= TimeSpan.Zero))
                && report.Checks.Append(report.App).All(check => check.UptimePercentDay is null or (>= 0 and <= 100));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Without_a_disk_the_ledger_goes_on_in_memory_and_takes_up_its_history_when_the_disk_comes()
    {
        _runs.Good(0).Bad(10).Good(20).Bad(30).Bad(30, "b").Again(35).Kill();
        var disk = new FakeJournalStore(_runs.Disk.Content) { NoDisk = new StateProblem(StateProblem.IOError, "no disk") };
        var runs = new LedgerRuns(disk);
        Assert.Null(runs.Ledger.LastSignOfLife);
        runs.Good(40).Bad(40, "b");
        Assert.Equal([(40, null, 0)], runs.Outages("b"));
        disk.NoDisk = null;
        runs.Again(60);
        Assert.Equal([(10, 20, 0), (30, 40, 5)], runs.Outages("a"));
        Assert.Equal([(30, null, 5)], runs.Outages("b"));
        Assert.Equal(LedgerRuns.At(35), runs.Ledger.LastSignOfLife);
        runs.Kill().Good(70).Good(70, "b");
        Assert.Equal([(10, 20, 0), (30, 40, 5)], runs.Outages("a"));
        Assert.Equal([(30, 70, 15)], runs.Outages("b"));
    }

    [Fact]
    public void A_report_can_be_made_while_another_thread_observes()
    {
        using var done = new CancellationTokenSource();
        var reader = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                var report = _runs.Ledger.Report(LedgerRuns.At(100_000));
                Assert.True(report.Outages.Count >= 0);
            }
        });
        reader.Start();
        for (var i = 0; i < 2_000; i++)
        {
            _runs.Bad(2 * i, $"c{i % 7}").Good((2 * i) + 1, $"c{i % 7}");
        }

        done.Cancel();
        Assert.True(reader.Join(TimeSpan.FromSeconds(20)));
        Assert.Equal(7, _runs.Report.Checks.Count);
    }

    private static byte[] Records(byte[][] records)
    {
        var disk = new FakeJournalStore();
        using var journal = disk.Open(1024 * 1024);
        foreach (var record in records)
        {
            journal.TryAppend(record, out _);
        }

        return disk.Content!;
    }

    private static DowntimeLedger Reopen(byte[] disk)
    {
        var ledger = new DowntimeLedger(keep => new FakeJournalStore(disk).Open(1024 * 1024, keep), NullLogger.Instance);
        ledger.Open();
        return ledger;
    }
}
