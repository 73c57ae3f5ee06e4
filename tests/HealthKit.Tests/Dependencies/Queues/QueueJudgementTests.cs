using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies.Queues;

public class QueueJudgementTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TenSeconds = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task What_waits_and_nobody_takes_has_its_cause_first()
    {
        using var bench = new QueueBench(options => options.DegradedAboveOldestAge = Minute);

        var result = await bench.LookAsync(new QueueState(120) { Consumers = 0, OldestAge = 5 * Minute });

        Assert.Equal((HealthStatus.Unhealthy, "queue.noConsumers"), (result.Status, result.Reason()));
        Assert.StartsWith(
            "jobs: no consumers, oldest age 5 min, degraded above 1 min: 120 wait, the oldest for 5 min, no consumers (use ", result.Description, StringComparison.Ordinal);
        Assert.Equal(120L, result.Data["depthCount"]);
        Assert.Equal(300d, result.Data["oldestAgeSeconds"]);
    }

    [Fact]
    public async Task What_is_to_be_retried_waits_for_consumers_too()
    {
        using var bench = new QueueBench();

        Assert.Equal("queue.noConsumers", (await bench.LookAsync(new QueueState(0) { Consumers = 0, Retrying = 1 })).Reason());
        Assert.Equal(HealthStatus.Healthy, (await bench.LookAsync(new QueueState(0) { Consumers = 0, Retrying = 0 }, Second)).Status);
    }

    [Fact]
    public async Task A_queue_among_others_that_nobody_takes_from_is_named()
    {
        using var bench = new QueueBench();

        var result = await bench.LookAsync(new QueueState(5)
        {
            Consumers = 2,
            Parts = new Dictionary<string, QueuePart> { ["default"] = new(2, Second, 2), ["mailers"] = new(3, Minute, 0) },
        });

        Assert.Equal((HealthStatus.Unhealthy, "queue.noConsumers", "mailers"), (result.Status, result.Reason(), result.Data["item"]));
        Assert.Contains("no consumers of mailers: 5 wait", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queues_whose_names_are_long_stay_apart()
    {
        using var bench = new QueueBench();
        string[] names = [.. Enumerable.Range(0, 3).Select(static i => $"orders-{new string('x', 300)}{i}"), new string('y', 255)];

        var result = await bench.LookAsync(new QueueState(4)
        {
            Consumers = 2,
            Parts = names.ToDictionary(static name => name, static name => new QueuePart(1, Second, name[^1] == '2' ? 0 : 1)),
        });

        var items = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object>>(result.Data["items"]);
        Assert.Equal(4, items.Count);
        Assert.Contains(names[3], items.Keys);
        Assert.Equal(3, items.Keys.Count(static key => key.StartsWith("orders-…#", StringComparison.Ordinal)));
        Assert.Contains(Assert.IsType<string>(result.Data["item"]), items.Keys);
    }

    [Fact]
    public async Task All_consumers_gone_while_work_waits_is_a_failure_that_names_them()
    {
        using var bench = new QueueBench();
        await bench.LookAsync(new QueueState(0) { Consumers = 2, ConsumerNames = ["a:1", "b:2"] });

        var result = await bench.LookAsync(new QueueState(3) { Consumers = 0, ConsumerNames = [] }, TenSeconds);

        Assert.Equal((HealthStatus.Unhealthy, "queue.consumersLost"), (result.Status, result.Reason()));
        Assert.Contains("no consumers any more, of 2 (a:1, b:2): 3 wait", result.Description, StringComparison.Ordinal);
        Assert.Equal(["a:1", "b:2"], (IEnumerable<string>)result.Data["lostConsumers"]);

        // Even an hour later.
        Assert.Equal("queue.consumersLost", (await bench.LookAsync(new QueueState(3) { Consumers = 0 }, 60 * Minute)).Reason());
    }

    [Fact]
    public async Task All_consumers_gone_while_nothing_waits_degrades_until_some_are_back()
    {
        using var bench = new QueueBench();
        await bench.LookAsync(new QueueState(0) { Consumers = 2 });

        var gone = await bench.LookAsync(new QueueState(0) { Consumers = 0 }, TenSeconds);
        var back = await bench.LookAsync(new QueueState(0) { Consumers = 2 }, TenSeconds);

        Assert.Equal((HealthStatus.Degraded, "queue.consumersLost"), (gone.Status, gone.Reason()));
        Assert.Contains("consumers lost: 0 of 2 left: none waits", gone.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, back.Status);
    }

    [Fact]
    public async Task Fewer_consumers_are_a_loss_while_work_waits_and_after_a_quarter_of_an_hour_what_there_is()
    {
        using var bench = new QueueBench();
        await bench.LookAsync(new QueueState(0) { Consumers = 3, ConsumerNames = ["a", "b", "c"] });

        var idle = await bench.LookAsync(new QueueState(0) { Consumers = 2, ConsumerNames = ["a", "c"] }, TenSeconds);
        var busy = await bench.LookAsync(new QueueState(9) { Consumers = 2, ConsumerNames = ["a", "c"] }, TenSeconds);
        var later = await bench.LookAsync(new QueueState(9) { Consumers = 2, ConsumerNames = ["a", "c"] }, 16 * Minute);

        Assert.Equal(HealthStatus.Healthy, idle.Status);
        Assert.Equal((HealthStatus.Degraded, "queue.consumersLost"), (busy.Status, busy.Reason()));
        Assert.Contains("consumers lost (b): 2 of 3 left: 9 wait", busy.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, later.Status);
    }

    [Fact]
    public async Task Consumers_that_the_source_knows_to_be_gone_are_lost_at_the_first_look()
    {
        using var bench = new QueueBench();

        var result = await bench.LookAsync(new QueueState(0) { Consumers = 1, LostConsumers = ["host:17"] });

        Assert.Equal((HealthStatus.Degraded, "queue.consumersLost"), (result.Status, result.Reason()));
        Assert.Contains("consumers lost (host:17): none waits", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workers_that_scale_with_the_work_are_not_lost_where_that_is_said()
    {
        using var bench = new QueueBench(options => options.DegradedWhenConsumersLost = false);
        await bench.LookAsync(new QueueState(5) { Consumers = 3 });

        Assert.Equal(HealthStatus.Healthy, (await bench.LookAsync(new QueueState(1) { Consumers = 1 }, TenSeconds)).Status);
        Assert.Equal(HealthStatus.Healthy, (await bench.LookAsync(new QueueState(0) { Consumers = 0 }, TenSeconds)).Status);
    }

    [Fact]
    public async Task Fewer_consumers_than_expected_are_a_failure_whether_work_waits_or_not()
    {
        using var bench = new QueueBench(options => options.MinimumConsumersCount = 2);

        var result = await bench.LookAsync(new QueueState(0) { Consumers = 1 });

        Assert.Equal((HealthStatus.Unhealthy, "queue.fewConsumers"), (result.Status, result.Reason()));
        Assert.Contains("1 consumer, at least 2 expected: none waits", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rates_come_from_the_counters_over_five_minutes()
    {
        using var bench = new QueueBench();
        HealthCheckResult result = default;
        for (var i = 0; i <= 60; i++)
        {
            // 2 a second come, 1 is completed.
            result = await bench.LookAsync(new QueueState(10 * i) { Arrived = 1_000 + (20 * i), Completed = 500 + (10 * i), Consumers = 1 }, i == 0 ? default : TenSeconds);
        }

        Assert.Equal(2, (double)result.Data["arrivalsPerSecond"], 0.05);
        Assert.Equal(1, (double)result.Data["completionsPerSecond"], 0.05);
        Assert.Equal(1, (double)result.Data["changePerSecond"], 0.05);
        Assert.DoesNotContain("drainSeconds", result.Data.Keys);
        Assert.Matches("; 2/s come, 1/s are completed \\(over (5 min|4 min 5[0-9] s)\\)", result.Description);
        Assert.Contains("never empty at this pace", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_counter_that_went_down_began_anew_and_no_rate_is_negative()
    {
        using var bench = new QueueBench();
        await bench.LookAsync(TenSeconds, [new QueueState(5) { Completed = 1_000 }, new QueueState(5) { Completed = 1_100 }]);

        var restarted = await bench.LookAsync(new QueueState(5) { Completed = 3 }, TenSeconds);
        var later = await bench.LookAsync(new QueueState(5) { Completed = 13 }, TenSeconds);

        Assert.DoesNotContain("completionsPerSecond", restarted.Data.Keys);
        Assert.Equal(1, (double)later.Data["completionsPerSecond"], 0.05);
    }

    [Fact]
    public async Task Where_only_what_was_completed_is_counted_what_came_is_worked_out()
    {
        using var bench = new QueueBench();
        await bench.LookAsync(new QueueState(10) { InProgress = 2, Completed = 100 });

        var result = await bench.LookAsync(new QueueState(30) { InProgress = 2, Completed = 110 }, TenSeconds);

        Assert.Equal(3, (double)result.Data["arrivalsPerSecond"], 0.05);
        Assert.Equal(1, (double)result.Data["completionsPerSecond"], 0.05);
    }

    [Fact]
    public async Task Without_counters_only_the_change_is_told()
    {
        using var bench = new QueueBench();
        await bench.LookAsync(new QueueState(100));

        var result = await bench.LookAsync(new QueueState(40), TenSeconds);

        Assert.Equal(-6, (double)result.Data["changePerSecond"], 0.1);
        Assert.DoesNotContain("arrivalsPerSecond", result.Data.Keys);
        Assert.DoesNotContain("completionsPerSecond", result.Data.Keys);
        Assert.Matches(@"40 wait; (6|5\.9|6\.0)/s fewer \(over 10 s\)", result.Description);
    }

    [Fact]
    public async Task A_backlog_that_shrinks_tells_when_it_is_empty_and_is_judged_by_it()
    {
        using var bench = new QueueBench(options => (options.DegradedAboveDrainTime, options.UnhealthyAboveDrainTime) = (5 * Minute, 60 * Minute));
        var states = Enumerable.Range(0, 13).Select(i => new QueueState(10_000 - (100 * i)) { Completed = 110 * i });

        var result = await bench.LookAsync(TenSeconds, states);

        // 10 a second fewer, 8,800 left.
        Assert.Equal((HealthStatus.Degraded, "queue.drain"), (result.Status, result.Reason()));
        Assert.Equal(880, (double)result.Data["drainSeconds"], 20.0);
        Assert.Matches("empty in 14 min [0-9]+ s at this pace \\(degraded above 5 min\\): 8800 wait", result.Description);
    }

    [Fact]
    public async Task A_backlog_that_grows_never_drains()
    {
        using var bench = new QueueBench(options => options.UnhealthyAboveDrainTime = 60 * Minute);

        var result = await bench.LookAsync(TenSeconds, Enumerable.Range(0, 13).Select(i => new QueueState(1_000 + (100 * i)) { Completed = 10 * i }));

        Assert.Equal((HealthStatus.Unhealthy, "queue.drain"), (result.Status, result.Reason()));
        Assert.Contains("never empty at this pace (unhealthy above 1 h)", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_that_was_empty_or_holds_a_moments_work_has_no_backlog()
    {
        using var bench = new QueueBench(options => options.UnhealthyAboveDrainTime = Minute);
        var emptied = await bench.LookAsync(TenSeconds, Enumerable.Range(0, 13).Select(i => new QueueState(i == 6 ? 0 : 5 + i)));

        using var fast = new QueueBench(options => options.UnhealthyAboveDrainTime = Minute);
        var flowing = await fast.LookAsync(TenSeconds, Enumerable.Range(0, 13).Select(i => new QueueState(50 + i) { Completed = 1_000 * i }));

        Assert.Equal(HealthStatus.Healthy, emptied.Status);
        Assert.Equal(HealthStatus.Healthy, flowing.Status);
    }

    [Fact]
    public async Task Each_death_degrades_for_an_hour_and_what_was_dead_before_does_not()
    {
        using var bench = new QueueBench();
        var before = await bench.LookAsync(new QueueState(0) { Dead = 14 });
        var died = await bench.LookAsync(new QueueState(0) { Dead = 16 }, TenSeconds);
        var still = await bench.LookAsync(new QueueState(0) { Dead = 16 }, 59 * Minute);
        var later = await bench.LookAsync(new QueueState(0) { Dead = 16 }, 2 * Minute);

        Assert.Equal(HealthStatus.Healthy, before.Status);
        Assert.Equal((HealthStatus.Degraded, "queue.dead"), (died.Status, died.Reason()));
        Assert.Contains("16 dead, 2 of them in the last 1 h: none waits", died.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Degraded, still.Status);
        Assert.Equal(HealthStatus.Healthy, later.Status);
    }

    [Fact]
    public async Task Deaths_are_over_when_the_dead_are_buried()
    {
        using var bench = new QueueBench();
        await bench.LookAsync(TenSeconds, [new QueueState(0) { Dead = 0 }, new QueueState(0) { Dead = 3 }]);

        Assert.Equal(HealthStatus.Healthy, (await bench.LookAsync(new QueueState(0) { Dead = 0 }, TenSeconds)).Status);
    }

    [Fact]
    public async Task Any_dead_degrades_where_none_is_allowed_and_one_limit_does_not_bring_the_other()
    {
        using var bench = new QueueBench(options => options.DegradedAboveDeadCount = 0);

        var result = await bench.LookAsync(new QueueState(0) { Dead = 1_000_000 });

        Assert.Equal((HealthStatus.Degraded, "queue.dead"), (result.Status, result.Reason()));
        Assert.Contains("1000000 dead, degraded above 0: none waits", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_completed_though_consumers_are_there_is_stuck()
    {
        using var bench = new QueueBench(options => options.UnhealthyWhenStuckFor = 60 * Minute);
        QueueState State() => new(12) { Consumers = 2, InProgress = 2, Completed = 77 };

        var first = await bench.LookAsync(State());
        var soon = await bench.LookAsync(State(), 14 * Minute);
        var stuck = await bench.LookAsync(State(), 2 * Minute);
        var long_ = await bench.LookAsync(State(), 60 * Minute);
        var moved = await bench.LookAsync(State() with { Completed = 78 }, TenSeconds);

        Assert.Equal(HealthStatus.Healthy, first.Status);
        Assert.Equal(HealthStatus.Healthy, soon.Status);
        Assert.Equal((HealthStatus.Degraded, "queue.stuck"), (stuck.Status, stuck.Reason()));
        Assert.Contains("stuck: none completed for 16 min (degraded above 15 min): 12 wait", stuck.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Unhealthy, long_.Status);
        Assert.Equal(HealthStatus.Healthy, moved.Status);
    }

    [Fact]
    public async Task An_oldest_entry_that_becomes_a_later_one_shows_that_work_is_done()
    {
        using var bench = new QueueBench();
        var ages = await bench.LookAsync(Minute, Enumerable.Range(0, 40).Select(_ => new QueueState(50) { OldestAge = 3 * Minute }));
        var same = await bench.LookAsync(Minute, Enumerable.Range(0, 20).Select(i => new QueueState(50) { OldestAge = (3 + i) * Minute }));

        Assert.Equal(HealthStatus.Healthy, ages.Status);
        Assert.Equal("queue.stuck", same.Reason());
    }

    [Fact]
    public async Task By_a_depth_alone_nobody_can_tell_that_it_is_stuck()
    {
        using var bench = new QueueBench();

        var result = await bench.LookAsync(Minute, Enumerable.Range(0, 60).Select(_ => new QueueState(100)));

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.DoesNotContain("noCompletionsSeconds", result.Data.Keys);
    }

    [Fact]
    public async Task Empty_is_not_healthy_where_work_is_expected()
    {
        using var bench = new QueueBench(options => (options.DegradedWhenNoArrivalsFor, options.UnhealthyWhenNoArrivalsFor) = (10 * Minute, 30 * Minute));

        var first = await bench.LookAsync(new QueueState(0) { Arrived = 5 });
        var quiet = await bench.LookAsync(new QueueState(0) { Arrived = 5 }, 11 * Minute);
        var silent = await bench.LookAsync(new QueueState(0) { Arrived = 5 }, 20 * Minute);
        var came = await bench.LookAsync(new QueueState(0) { Arrived = 6 }, TenSeconds);

        Assert.Equal(HealthStatus.Healthy, first.Status);
        Assert.Equal((HealthStatus.Degraded, "queue.noArrivals"), (quiet.Status, quiet.Reason()));
        Assert.Contains("no arrivals for 11 min, degraded above 10 min: none waits", quiet.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Unhealthy, silent.Status);
        Assert.Equal(HealthStatus.Healthy, came.Status);
    }

    [Fact]
    public async Task The_age_of_what_waits_shows_that_something_came()
    {
        using var bench = new QueueBench(options => (options.DegradedWhenNoArrivalsFor, options.DegradedWhenStuckFor) = (10 * Minute, 60 * Minute));
        await bench.LookAsync(new QueueState(1) { OldestAge = Second, Completed = 5 });

        // Each look finds another one, which came a second before.
        var result = await bench.LookAsync(9 * Minute, Enumerable.Range(0, 5).Select(_ => new QueueState(1) { OldestAge = Second, Completed = 5 }));

        Assert.Equal(HealthStatus.Healthy, result.Status);
    }

    [Fact]
    public async Task Where_nothing_is_counted_nobody_knows_whether_something_came()
    {
        using var bench = new QueueBench(options => options.UnhealthyWhenNoArrivalsFor = 10 * Minute);

        // A fast consumer: each look finds the queue empty.
        var result = await bench.LookAsync(Minute, Enumerable.Range(0, 20).Select(_ => new QueueState(0) { OldestAge = TimeSpan.Zero, Consumers = 1 }));

        Assert.Equal((HealthStatus.Degraded, "queue.notTold"), (result.Status, result.Reason()));
        Assert.Contains("does not tell how many came or were completed (UnhealthyWhenNoArrivalsFor)", result.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("noArrivalsSeconds", result.Data.Keys);
    }

    [Fact]
    public async Task What_is_taken_and_never_acknowledged_is_stuck_though_the_queue_is_empty()
    {
        using var bench = new QueueBench();
        QueueState State(int done) => new(0) { OldestAge = TimeSpan.Zero, Consumers = 2, InProgress = 40, Arrived = 100, Completed = done };
        await bench.LookAsync(State(60));

        var soon = await bench.LookAsync(State(60), 14 * Minute);
        var stuck = await bench.LookAsync(State(60), 2 * Minute);
        var moved = await bench.LookAsync(State(61), TenSeconds);
        var idle = await bench.LookAsync(new QueueState(0) { Consumers = 2, InProgress = 0, Arrived = 100, Completed = 61 }, 60 * Minute);

        Assert.Equal(HealthStatus.Healthy, soon.Status);
        Assert.Equal((HealthStatus.Degraded, "queue.stuck"), (stuck.Status, stuck.Reason()));
        Assert.Equal(960, (double)stuck.Data["noCompletionsSeconds"], 5.0);
        Assert.Equal(HealthStatus.Healthy, moved.Status);
        Assert.Equal(HealthStatus.Healthy, idle.Status);
    }

    [Fact]
    public async Task An_empty_queue_whose_work_is_not_counted_is_not_stuck_while_its_workers_are_busy()
    {
        using var bench = new QueueBench();

        var result = await bench.LookAsync(Minute, Enumerable.Range(0, 40).Select(_ => new QueueState(0) { OldestAge = TimeSpan.Zero, Consumers = 2, InProgress = 2 }));

        Assert.Equal(HealthStatus.Healthy, result.Status);
    }

    [Fact]
    public async Task The_default_of_stuck_is_never_above_the_limit_that_was_set()
    {
        using var bench = new QueueBench(options => options.UnhealthyWhenStuckFor = 5 * Minute);
        QueueState State() => new(3) { Consumers = 1, Completed = 7 };
        await bench.LookAsync(State());

        Assert.Equal(HealthStatus.Healthy, (await bench.LookAsync(State(), 4 * Minute)).Status);
        Assert.Equal((HealthStatus.Unhealthy, "queue.stuck"), ((await bench.LookAsync(State(), 2 * Minute)) is var result ? result.Status : default, result.Reason()));
    }

    [Fact]
    public async Task A_limit_on_stuck_that_was_set_where_nothing_tells_it_is_no_silent_one()
    {
        using var bench = new QueueBench(options => options.DegradedWhenStuckFor = 5 * Minute);

        var result = await bench.LookAsync(new QueueState(1));

        Assert.Equal((HealthStatus.Degraded, "queue.notTold"), (result.Status, result.Reason()));
        Assert.Contains("does not tell whether any are completed (DegradedWhenStuckFor)", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_is_not_due_yet_needs_no_consumers_and_a_restart_of_them_is_no_failure()
    {
        using var bench = new QueueBench();
        QueueState State(int consumers, int due) => new(0) { Consumers = consumers, Scheduled = 1, Retrying = 1, Due = due };
        await bench.LookAsync(State(1, 0));

        var notDue = await bench.LookAsync(State(0, 0), 10 * Minute);
        await bench.LookAsync(State(1, 0), TenSeconds);
        var restarting = await bench.LookAsync(State(0, 1), TenSeconds);
        var gone = await bench.LookAsync(State(0, 1), Minute);
        await bench.LookAsync(State(1, 0), TenSeconds);
        var waiting = await bench.LookAsync(State(0, 1) with { Depth = 1 }, TenSeconds);

        Assert.Equal((HealthStatus.Degraded, "queue.consumersLost"), (notDue.Status, notDue.Reason()));
        Assert.Equal((HealthStatus.Degraded, "queue.consumersLost"), (restarting.Status, restarting.Reason()));
        Assert.Equal((HealthStatus.Unhealthy, "queue.consumersLost"), (gone.Status, gone.Reason()));
        Assert.Equal(HealthStatus.Unhealthy, waiting.Status);
    }

    [Fact]
    public async Task A_limit_on_what_the_source_does_not_tell_is_no_silent_one()
    {
        using var bench = new QueueBench(options => (options.DegradedAboveOldestAge, options.UnhealthyAboveDeadCount) = (Minute, 5));

        var result = await bench.LookAsync(new QueueState(1));

        Assert.Equal((HealthStatus.Degraded, "queue.notTold"), (result.Status, result.Reason()));
        Assert.Contains(
            "the source does not tell the oldest age (DegradedAboveOldestAge) and how many are dead (UnhealthyAboveDeadCount)", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_of_limits_keeps_what_is_remembered_and_a_reload_of_the_place_does_not()
    {
        using var bench = new QueueBench();
        await bench.LookAsync(new QueueState(0) { Consumers = 2 });
        bench.Options = new QueueOptions { SourceFactory = bench.Options.SourceFactory, DegradedAboveDepthCount = 5 };
        Assert.Equal("queue.consumersLost", (await bench.LookAsync(new QueueState(0) { Consumers = 0 }, TenSeconds)).Reason());

        var factory = bench.Options.SourceFactory!;
        bench.Options = new QueueOptions { SourceFactory = services => factory(services) };
        Assert.Equal(HealthStatus.Healthy, (await bench.LookAsync(new QueueState(0) { Consumers = 0 }, TenSeconds)).Status);
    }

    [Fact]
    public async Task Nonsense_and_exceptions_are_unknown_and_no_depth()
    {
        using var bench = new QueueBench();
        foreach (var state in new[] { null!, new QueueState(-1), new QueueState(1) { Consumers = -1 }, new QueueState(1) { OldestAge = -Second } })
        {
            var result = await bench.LookAsync(state);
            Assert.Equal((HealthStatus.Unhealthy, "queue.source.failed"), (result.Status, result.Reason()));
            Assert.DoesNotContain("depthCount", result.Data.Keys);
        }
    }
}
