using Microsoft.Extensions.Diagnostics.HealthChecks;
using static HealthKit.Tests.Monitoring.EngineSimulation;

namespace HealthKit.Tests.Monitoring;

public class MonitorEngineTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Before_the_first_result_a_check_is_pending_unknown_and_no_transition()
    {
        var simulation = new EngineSimulation(Check()) { Script = _ => (Healthy, null) };
        simulation.RunFor(Second);

        var state = simulation["a"];
        Assert.Equal(CheckCondition.Pending, state.Condition);
        Assert.Equal("check.pending", state.Reason);
        Assert.Equal(HealthStatus.Unhealthy, state.Status);
        Assert.Null(state.LatestStatus);
        Assert.Empty(simulation.Events);
    }

    [Fact]
    public void The_first_result_confirms_at_once_and_is_a_transition_only_when_bad()
    {
        var simulation = new EngineSimulation(Check("good"), Check("bad", p => p with { FailureThreshold = 5 }))
        {
            Script = run => (run.Registration.Name == "bad" ? Unhealthy : Healthy, TimeSpan.Zero),
        };
        simulation.RunFor(Second);

        Assert.Equal(HealthStatus.Healthy, simulation["good"].Status);
        Assert.Equal(HealthStatus.Unhealthy, simulation["bad"].Status);
        var transition = Assert.Single(simulation.Transitions);
        Assert.Equal(("bad", CheckCondition.Pending), (transition.After.Name, transition.Before!.Condition));
    }

    [Fact]
    public void Runs_come_at_the_period()
    {
        var simulation = new EngineSimulation(Check(configure: p => p with { Period = TimeSpan.FromSeconds(7) }));
        simulation.RunFor(TimeSpan.FromMinutes(1));

        Assert.Equal([0, 7, 14, 21, 28, 35, 42, 49, 56], simulation.Runs.Select(run => run.At.TotalSeconds));
    }

    [Fact]
    public void A_delay_holds_the_first_run_back_and_readiness_not()
    {
        var simulation = new EngineSimulation(Check("now"), Check("later", p => p with { Delay = TimeSpan.FromMinutes(2) }));
        simulation.RunFor(Second);
        Assert.False(simulation["later"].Counts);
        Assert.Equal(HealthStatus.Healthy, simulation.Snapshot.Status);

        simulation.RunFor(TimeSpan.FromMinutes(2));
        Assert.Equal(TimeSpan.FromMinutes(2), simulation.Runs.First(run => run.Check == "later").At);
        Assert.Equal(HealthStatus.Healthy, simulation["later"].Status);
    }

    [Fact]
    public void Thresholds_take_consecutive_results_and_confirm_what_all_of_them_bear_out()
    {
        FrozenResult next = Healthy;
        var simulation = new EngineSimulation(Check(configure: p => p with { FailureThreshold = 3, RecoveryThreshold = 2 }))
        {
            Script = _ => (next, TimeSpan.Zero),
        };
        HealthStatus After(FrozenResult result)
        {
            next = result;
            simulation.RunFor(TimeSpan.FromSeconds(10));
            return simulation["a"].Status;
        }

        Assert.Equal(HealthStatus.Healthy, After(Healthy));
        Assert.Equal(HealthStatus.Healthy, After(Unhealthy));
        Assert.Equal(HealthStatus.Unhealthy, simulation["a"].LatestStatus);
        Assert.Equal("test.down", simulation["a"].Reason);
        Assert.Equal(HealthStatus.Healthy, After(Unhealthy));
        Assert.Equal(HealthStatus.Healthy, After(Healthy));
        Assert.Equal(HealthStatus.Healthy, After(Unhealthy));
        Assert.Equal(HealthStatus.Healthy, After(Degraded));
        Assert.Equal(HealthStatus.Degraded, After(Unhealthy));
        Assert.Equal(HealthStatus.Degraded, After(Healthy));
        Assert.Equal("test.down", simulation["a"].Reason);
        Assert.Equal(HealthStatus.Healthy, After(Healthy));
        Assert.Null(simulation["a"].Reason);
    }

    [Fact]
    public void At_the_deadline_the_state_is_a_timeout_and_no_second_run_starts_while_the_orphan_goes_on()
    {
        var simulation = new EngineSimulation(Check()) { Script = _ => (Healthy, TimeSpan.FromMinutes(2)) };
        simulation.RunFor(TimeSpan.FromSeconds(5.1));

        var state = simulation["a"];
        Assert.Equal((HealthStatus.Unhealthy, "check.timeout"), (state.Status, state.Reason));
        Assert.Equal(Epoch, state.RunningSince);
        Assert.Equal(TimeSpan.FromSeconds(5), state.Duration);
        Assert.Single(simulation.Cancelled);

        simulation.RunFor(TimeSpan.FromMinutes(1));
        Assert.Single(simulation.Runs);
        Assert.Equal((CheckCondition.Stale, "check.timeout"), (simulation["a"].Condition, simulation["a"].Reason));

        // The orphan's result is too late and thrown away; the next run starts when it has ended.
        simulation.RunFor(TimeSpan.FromSeconds(60));
        Assert.Equal(2, simulation.Runs.Count);
        Assert.Equal("check.timeout", simulation["a"].Reason);
        Assert.DoesNotContain(simulation.Events, e => e.After.LatestStatus == HealthStatus.Healthy);
    }

    [Fact]
    public void A_timeout_turns_into_the_failure_status()
    {
        var simulation = new EngineSimulation(Check(failureStatus: HealthStatus.Degraded)) { Script = _ => (Healthy, null) };
        simulation.RunFor(TimeSpan.FromSeconds(6));
        Assert.Equal(HealthStatus.Degraded, simulation["a"].Status);
    }

    [Fact]
    public void Unknown_is_never_healthy_whatever_the_failure_status()
    {
        var simulation = new EngineSimulation(Check(failureStatus: HealthStatus.Healthy)) { Script = _ => (Healthy, null) };
        Assert.Equal(HealthStatus.Degraded, simulation["a"].Status);
        simulation.RunFor(TimeSpan.FromMinutes(5));
        Assert.Equal(HealthStatus.Degraded, simulation["a"].Status);
    }

    [Fact]
    public void Late_asynchronous_runs_blame_a_starved_pool_and_synchronous_ones_the_check()
    {
        var simulation = new EngineSimulation(Check()) { Script = _ => (Healthy, null), Asynchronous = true, PoolStarved = true };
        simulation.RunFor(TimeSpan.FromSeconds(6));
        Assert.Equal("runtime.threadPoolStarved", simulation["a"].Reason);

        simulation = new EngineSimulation(Check()) { Script = _ => (Healthy, null), Asynchronous = false, PoolStarved = true };
        simulation.RunFor(TimeSpan.FromSeconds(6));
        Assert.Equal("check.timeout", simulation["a"].Reason);
    }

    [Fact]
    public void Runs_that_block_keep_at_most_their_number_of_places_and_give_them_up_at_the_deadline()
    {
        var checks = Enumerable.Range(0, 12).Select(i => Check($"hung{i}")).Append(Check("good")).ToArray();
        var simulation = new EngineSimulation(4, checks)
        {
            Script = run => run.Registration.Name == "good" ? (Healthy, TimeSpan.Zero) : (Healthy, null),
        };
        simulation.RunFor(TimeSpan.FromSeconds(4));
        Assert.Equal(4, simulation.Runs.Count);
        Assert.Equal("check.pending", simulation["good"].Reason);

        // Waiting for a place longer than a run may take has a reason of its own: it is not the check that is late.
        simulation.RunFor(TimeSpan.FromSeconds(4));
        Assert.Equal("monitor.busy", simulation["good"].Reason);

        simulation.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal(HealthStatus.Healthy, simulation["good"].Status);
        Assert.Null(simulation["good"].Reason);

        // The deadline counted from each run's own start.
        Assert.All(simulation.Snapshot.Checks.Where(c => c.Name != "good"), c => Assert.Equal(TimeSpan.FromSeconds(5), c.Duration));
    }

    [Fact]
    public void No_news_ages_over_overdue_to_stale_which_bypasses_thresholds()
    {
        FrozenResult next = Healthy;
        var simulation = new EngineSimulation(Check(configure: p => p with { FailureThreshold = 10 })) { Script = _ => (next, TimeSpan.Zero) };
        simulation.RunFor(Second);
        next = FrozenResult.NoNews;

        simulation.RunFor(TimeSpan.FromSeconds(13));
        Assert.Equal((CheckCondition.Current, HealthStatus.Healthy), (simulation["a"].Condition, simulation["a"].Status));
        simulation.RunFor(TimeSpan.FromSeconds(3));
        Assert.Equal((CheckCondition.Overdue, HealthStatus.Healthy), (simulation["a"].Condition, simulation["a"].Status));
        simulation.RunFor(TimeSpan.FromSeconds(14));
        Assert.Equal((CheckCondition.Stale, HealthStatus.Unhealthy), (simulation["a"].Condition, simulation["a"].Status));
        Assert.Equal("check.stale", simulation["a"].Reason);
        Assert.Contains("fine", simulation["a"].Description, StringComparison.Ordinal);
        Assert.Single(simulation.Transitions);

        next = Healthy;
        simulation.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal((CheckCondition.Current, HealthStatus.Healthy), (simulation["a"].Condition, simulation["a"].Status));
        Assert.Equal(2, simulation.Transitions.Count());
    }

    [Fact]
    public void A_check_that_never_has_news_turns_from_pending_to_stale_with_a_transition()
    {
        var simulation = new EngineSimulation(Check()) { Script = _ => (FrozenResult.NoNews, TimeSpan.Zero) };
        simulation.RunFor(TimeSpan.FromSeconds(29));
        Assert.Equal(CheckCondition.Pending, simulation["a"].Condition);
        simulation.RunFor(TimeSpan.FromSeconds(2));
        Assert.Equal((CheckCondition.Stale, "check.stale"), (simulation["a"].Condition, simulation["a"].Reason));
        Assert.Single(simulation.Transitions);
    }

    [Fact]
    public void Who_waits_for_a_first_result_waits_for_one_run_only()
    {
        var simulation = new EngineSimulation(Check()) { Script = _ => (FrozenResult.NoNews, Second) };
        var first = simulation.Engine.FirstResult("a");
        Assert.False(first.IsCompleted);
        simulation.RunFor(TimeSpan.FromSeconds(2));
        Assert.True(first.IsCompleted);
        Assert.True(simulation.Engine.FirstResult("a").IsCompleted);
    }

    [Fact]
    public void Stale_does_not_hide_a_worse_confirmed_status()
    {
        FrozenResult next = Unhealthy;
        var simulation = new EngineSimulation(Check(failureStatus: HealthStatus.Degraded)) { Script = _ => (next, TimeSpan.Zero) };
        simulation.RunFor(Second);
        next = FrozenResult.NoNews;
        simulation.RunFor(TimeSpan.FromMinutes(1));
        Assert.Equal((CheckCondition.Stale, HealthStatus.Unhealthy), (simulation["a"].Condition, simulation["a"].Status));
    }

    [Fact]
    public void A_slow_check_within_its_timeout_never_turns_stale()
    {
        var simulation = new EngineSimulation(Check(configure: p => p with { Period = Second, Timeout = TimeSpan.FromSeconds(30) }))
        {
            Script = _ => (Healthy, TimeSpan.FromSeconds(20)),
        };
        for (var i = 0; i < 300; i++)
        {
            simulation.RunFor(Second);
            Assert.NotEqual(CheckCondition.Stale, simulation["a"].Condition);
        }

        Assert.Equal(HealthStatus.Healthy, simulation["a"].Status);
    }

    [Fact]
    public void A_pause_of_the_whole_process_makes_nothing_late()
    {
        var simulation = new EngineSimulation(Check("quick"), Check("slow"))
        {
            Script = run => (Healthy, run.Registration.Name == "slow" ? TimeSpan.FromSeconds(3) : TimeSpan.Zero),
        };
        simulation.RunFor(TimeSpan.FromSeconds(21));
        Assert.NotNull(simulation["slow"].RunningSince);

        simulation.Pause(TimeSpan.FromMinutes(10));
        simulation.TickNow();
        Assert.All(simulation.Snapshot.Checks, check => Assert.Equal((CheckCondition.Current, HealthStatus.Healthy), (check.Condition, check.Status)));
        simulation.RunFor(TimeSpan.FromMinutes(1));
        Assert.Empty(simulation.Transitions);
        Assert.Empty(simulation.Cancelled);
        Assert.All(simulation.Snapshot.Checks, check => Assert.Equal(CheckCondition.Current, check.Condition));
    }

    [Fact]
    public void Without_ticks_everything_reads_stopped_even_with_no_checks_at_all()
    {
        foreach (var simulation in new[] { new EngineSimulation(), new EngineSimulation(Check("a"), Check("b", failureStatus: HealthStatus.Healthy)) })
        {
            simulation.RunFor(Second);
            Assert.Equal(HealthStatus.Healthy, simulation.Snapshot.Status);
            var version = simulation.Snapshot.Version;

            simulation.Pause(TimeSpan.FromSeconds(5.5));
            var stopped = simulation.Snapshot;
            Assert.Equal(HealthStatus.Unhealthy, stopped.Status);
            Assert.NotEqual(version, stopped.Version);
            Assert.All(stopped.Checks, check =>
            {
                Assert.Equal((HealthMonitor.StoppedReason, CheckCondition.Stale), (check.Reason, check.Condition));
                Assert.NotEqual(HealthStatus.Healthy, check.Status);
            });

            simulation.TickNow();
            Assert.Equal(HealthStatus.Healthy, simulation.Snapshot.Status);
        }
    }

    [Fact]
    public async Task A_requested_run_comes_at_once_joins_one_under_way_and_returns_its_state()
    {
        var simulation = new EngineSimulation(Check()) { Script = _ => (Degraded, TimeSpan.FromSeconds(1)) };
        simulation.RunFor(TimeSpan.FromSeconds(3));
        var first = simulation.Request("A");
        simulation.RunFor(TimeSpan.FromSeconds(0.5));
        var second = simulation.Request("a");
        simulation.RunFor(TimeSpan.FromSeconds(1));

        Assert.Equal(2, simulation.Runs.Count);
        Assert.Equal(HealthStatus.Degraded, (await first).Status);
        Assert.Equal((await first).CheckedAt, (await second).CheckedAt);
    }

    [Fact]
    public async Task A_request_while_an_orphan_goes_on_returns_the_present_state()
    {
        var simulation = new EngineSimulation(Check()) { Script = _ => (Healthy, null) };
        var first = simulation.Request("a");
        simulation.RunFor(TimeSpan.FromSeconds(6));
        Assert.Equal("check.timeout", (await first).Reason);
        Assert.Equal("check.timeout", (await simulation.Request("a")).Reason);
        Assert.Single(simulation.Runs);
    }

    [Fact]
    public async Task A_request_for_what_is_not_there_names_what_is()
    {
        var simulation = new EngineSimulation(Check("disk"), Check("off", p => p with { Enabled = false }));
        var unknown = await Assert.ThrowsAsync<ArgumentException>(() => simulation.Request("dusk"));
        Assert.Contains("'dusk'", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("disk", unknown.Message, StringComparison.Ordinal);
        var off = await Assert.ThrowsAsync<InvalidOperationException>(() => simulation.Request("off"));
        Assert.Contains("turned off", off.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_that_is_off_is_in_no_picture_and_starts_anew_when_turned_on()
    {
        var simulation = new EngineSimulation(Check("a"), Check("b")) { Script = _ => (Unhealthy, TimeSpan.Zero) };
        simulation.RunFor(Second);
        var off = new Dictionary<string, CheckPolicy> { ["a"] = new() { Enabled = false } };
        simulation.Update(off);
        simulation.RunFor(TimeSpan.FromMinutes(10));
        Assert.Equal(["b"], simulation.Snapshot.Checks.Select(check => check.Name));
        Assert.Single(simulation.Runs, run => run.Check == "a");
        Assert.Equal(2, simulation.Engine.Catalog().Count);

        simulation.Script = _ => (Healthy, TimeSpan.Zero);
        simulation.Update(new Dictionary<string, CheckPolicy> { ["a"] = new() });
        Assert.Equal(CheckCondition.Pending, simulation["a"].Condition);
        simulation.RunFor(Second);
        Assert.Equal(HealthStatus.Healthy, simulation["a"].Status);
    }

    [Fact]
    public void A_shorter_period_takes_effect_at_once()
    {
        var simulation = new EngineSimulation(Check(configure: p => p with { Period = TimeSpan.FromHours(1) }));
        simulation.RunFor(TimeSpan.FromMinutes(1));
        var faster = new Dictionary<string, CheckPolicy> { ["a"] = new() { Period = TimeSpan.FromSeconds(5) } };
        simulation.Update(faster);
        simulation.RunFor(TimeSpan.FromSeconds(21));
        Assert.Equal(5, simulation.Runs.Count);
    }

    [Fact]
    public void Versions_grow_and_stay_while_nothing_changes()
    {
        var simulation = new EngineSimulation(Check());
        simulation.RunFor(Second);
        var first = simulation.Snapshot;
        simulation.RunFor(TimeSpan.FromSeconds(5));
        Assert.Same(first, simulation.Snapshot);
        simulation.RunFor(TimeSpan.FromSeconds(5));
        Assert.True(simulation.Snapshot.Version > first.Version);
    }

    [Fact]
    public void A_run_that_ends_after_a_pause_before_the_clock_ticks_does_not_carry_the_pause_along()
    {
        var simulation = new EngineSimulation(Check()) { Script = _ => (Healthy, TimeSpan.FromSeconds(3)) };
        simulation.RunFor(Second);
        simulation.Pause(TimeSpan.FromHours(1));
        simulation.EndNow("a");
        simulation.TickNow();
        Assert.InRange(simulation["a"].Duration, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        simulation.RunFor(TimeSpan.FromSeconds(30));
        Assert.InRange(simulation.Runs.Count, 3, 4);
    }

    [Fact]
    public void A_shorter_period_makes_no_result_late()
    {
        var simulation = new EngineSimulation(Check(configure: p => p with { Period = TimeSpan.FromHours(1) }));
        simulation.RunFor(TimeSpan.FromMinutes(45));
        simulation.Update(new() { ["a"] = new() { Period = TimeSpan.FromSeconds(5) } });
        simulation.RunFor(TimeSpan.FromSeconds(21));
        Assert.Empty(simulation.Transitions);
    }

    [Fact]
    public void A_check_that_hangs_and_is_turned_off_gives_its_place_up_and_observers_hear_of_it()
    {
        var simulation = new EngineSimulation(1, Check("hung"), Check("good"))
        {
            Script = run => (Healthy, run.Registration.Name == "hung" ? null : TimeSpan.Zero),
        };
        simulation.RunFor(Second);
        simulation.Update(new() { ["hung"] = new() { Enabled = false } });
        simulation.RunFor(Second);
        Assert.Equal(HealthStatus.Healthy, simulation["good"].Status);
        Assert.Single(simulation.Cancelled);
        Assert.Single(simulation.Events, e => e is { Kind: EngineEventKind.Removed, After.Name: "hung" });
    }

    [Fact]
    public void A_check_turned_on_again_while_its_old_run_hangs_says_so()
    {
        var simulation = new EngineSimulation(Check()) { Script = _ => (Healthy, null) };
        simulation.RunFor(TimeSpan.FromSeconds(6));
        simulation.Update(new() { ["a"] = new() { Enabled = false } });
        simulation.RunFor(Second);
        simulation.Update(new() { ["a"] = new() });
        simulation.RunFor(TimeSpan.FromMinutes(2));
        Assert.Equal((CheckCondition.Stale, "check.timeout"), (simulation["a"].Condition, simulation["a"].Reason));
        Assert.NotNull(simulation["a"].Description);
        Assert.Single(simulation.Runs);
    }

    [Fact]
    public void A_check_turned_off_and_on_while_its_run_hangs_runs_as_soon_as_that_has_ended()
    {
        var simulation = new EngineSimulation(Check(configure: p => p with { Period = TimeSpan.FromHours(1) })) { Script = _ => (Healthy, TimeSpan.FromMinutes(10)) };
        simulation.RunFor(TimeSpan.FromMinutes(1));
        simulation.Update(new() { ["a"] = new() { Enabled = false } });
        simulation.Update(new() { ["a"] = new() { Period = TimeSpan.FromHours(1) } });
        var first = simulation.Engine.FirstResult("a");
        simulation.Script = _ => (Healthy, Second);
        simulation.RunFor(TimeSpan.FromMinutes(9) + TimeSpan.FromSeconds(0.5));
        Assert.Equal([TimeSpan.Zero, TimeSpan.FromMinutes(10)], simulation.Runs.Select(run => run.At));

        // What the run from before brought is no first result.
        Assert.False(first.IsCompleted);
        Assert.False(simulation.Engine.FirstResult("a").IsCompleted);
        simulation.RunFor(Second);
        Assert.True(first.IsCompleted);
        Assert.Equal((CheckCondition.Current, HealthStatus.Healthy), (simulation["a"].Condition, simulation["a"].Status));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    public void A_check_whose_run_is_under_way_when_all_are_to_run_runs_again_when_it_ends(double seconds)
    {
        var simulation = new EngineSimulation(Check(configure: p => p with { Period = TimeSpan.FromHours(1) })) { Script = _ => (Healthy, TimeSpan.FromSeconds(seconds)) };
        simulation.RunFor(TimeSpan.FromSeconds(seconds - 1));
        simulation.Engine.RunAll(simulation.Now);
        simulation.RunFor(TimeSpan.FromMinutes(30));
        Assert.Equal([TimeSpan.Zero, TimeSpan.FromSeconds(Math.Max(seconds, 5))], simulation.Runs.Select(run => run.At));
    }

    [Fact]
    public void A_stale_limit_below_the_present_age_leaves_the_next_run_its_time()
    {
        FrozenResult next = Healthy;
        var simulation = new EngineSimulation(Check(configure: p => p with { StaleAfter = TimeSpan.FromHours(2) })) { Script = _ => (next, TimeSpan.FromSeconds(4)) };
        simulation.RunFor(TimeSpan.FromSeconds(5));
        next = FrozenResult.NoNews;
        simulation.RunFor(TimeSpan.FromHours(1));
        simulation.Update(new() { ["a"] = new() { StaleAfter = TimeSpan.FromSeconds(15) } });
        simulation.Engine.RunAll(simulation.Now);
        next = Healthy;
        simulation.RunFor(TimeSpan.FromMinutes(5));
        Assert.Empty(simulation.Transitions);

        next = FrozenResult.NoNews;
        simulation.RunFor(TimeSpan.FromSeconds(30));
        Assert.Equal("check.stale", simulation["a"].Reason);
    }

    [Fact]
    public void A_shorter_timeout_leaves_a_run_under_way_the_one_it_began_with()
    {
        var slow = false;
        var simulation = new EngineSimulation(Check(configure: p => p with { Timeout = TimeSpan.FromMinutes(2) }))
        {
            Script = _ => (Healthy, TimeSpan.FromSeconds(slow ? 100 : 0)),
        };
        simulation.RunFor(TimeSpan.FromSeconds(9));
        slow = true;
        simulation.RunFor(TimeSpan.FromSeconds(20));
        slow = false;
        simulation.Update(new() { ["a"] = new() });
        simulation.RunFor(TimeSpan.FromMinutes(5));
        Assert.Empty(simulation.Transitions);
        Assert.Equal(CheckCondition.Current, simulation["a"].Condition);
    }

    [Fact]
    public void Periods_below_a_second_are_kept()
    {
        var simulation = new EngineSimulation(Check(configure: p => p with { Period = TimeSpan.FromMilliseconds(200) }))
        {
            Script = _ => (Healthy, TimeSpan.FromMilliseconds(1)),
        };
        simulation.RunFor(TimeSpan.FromSeconds(10));
        Assert.InRange(simulation.Runs.Count, 45, 51);
    }

    [Fact]
    public void A_reload_leaves_a_delay_alone()
    {
        var simulation = new EngineSimulation(Check(configure: p => p with { Delay = TimeSpan.FromHours(1) }));
        simulation.RunFor(TimeSpan.FromMinutes(1));
        simulation.Update(new() { ["a"] = new() { Delay = TimeSpan.FromHours(1), Remedy = "new", Period = Second } });
        simulation.RunFor(TimeSpan.FromMinutes(1));
        Assert.Empty(simulation.Runs);
    }

    [Fact]
    public async Task Whoever_waits_for_a_run_hears_that_none_will_come()
    {
        var simulation = new EngineSimulation(Check("a"), Check("b"));
        simulation.RunFor(TimeSpan.FromSeconds(5));
        var (turnedOff, stopped) = (simulation.Request("a"), simulation.Request("b"));
        simulation.Update(new() { ["a"] = new() { Enabled = false } });
        Assert.Contains("turned off", (await Assert.ThrowsAsync<InvalidOperationException>(() => turnedOff)).Message, StringComparison.Ordinal);
        simulation.Engine.Stop(Epoch, []);
        Assert.Contains("stopped", (await Assert.ThrowsAsync<InvalidOperationException>(() => stopped)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_picture_holds_since_the_clock_stopped_and_versions_only_grow()
    {
        var simulation = new EngineSimulation(Check(configure: p => p with { Period = TimeSpan.FromHours(1) }));
        simulation.RunFor(TimeSpan.FromHours(2));
        var versions = new List<long> { simulation.Snapshot.Version };
        simulation.Pause(TimeSpan.FromSeconds(6));
        Assert.InRange(simulation["a"].Since - Epoch, TimeSpan.FromHours(2), TimeSpan.FromHours(2.01));
        versions.Add(simulation.Snapshot.Version);
        simulation.TickNow();
        versions.Add(simulation.Snapshot.Version);
        Assert.Equal(versions.Distinct().Order(), versions);
    }

    [Fact]
    public void A_failure_that_grows_worse_is_confirmed_as_soon_as_enough_results_bear_it_out()
    {
        var results = new Queue<FrozenResult>([Healthy, Degraded, Unhealthy, Unhealthy, Unhealthy]);
        var simulation = new EngineSimulation(Check(configure: p => p with { FailureThreshold = 3 })) { Script = _ => (results.Dequeue(), TimeSpan.Zero) };
        simulation.RunFor(TimeSpan.FromSeconds(31));
        Assert.Equal(HealthStatus.Degraded, simulation["a"].Status);
        simulation.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal(HealthStatus.Unhealthy, simulation["a"].Status);
    }

    [Fact]
    public void A_stale_limit_of_ones_own_lets_rare_news_live_longer()
    {
        FrozenResult next = Healthy;
        var simulation = new EngineSimulation(Check(configure: p => p with { StaleAfter = TimeSpan.FromHours(2) })) { Script = _ => (next, TimeSpan.Zero) };
        simulation.RunFor(Second);
        next = FrozenResult.NoNews;
        simulation.RunFor(TimeSpan.FromHours(1.9));
        Assert.Equal(HealthStatus.Healthy, simulation["a"].Status);
        simulation.RunFor(TimeSpan.FromHours(0.2));
        Assert.Equal((HealthStatus.Unhealthy, "check.stale"), (simulation["a"].Status, simulation["a"].Reason));
    }

    [Fact]
    public void Seventy_two_hours_of_twenty_checks_run_as_often_as_they_should()
    {
        var checks = Enumerable.Range(0, 20).Select(i => Check($"c{i}")).ToArray();
        var random = new Random(7);
        var simulation = new EngineSimulation(checks)
        {
            Script = _ => (random.Next(100) switch { 0 => Unhealthy, < 5 => Degraded, _ => Healthy }, TimeSpan.FromMilliseconds(random.Next(50))),
        };
        simulation.RunFor(TimeSpan.FromHours(72));

        // Runs start at the period up to the coalescing of wake-ups (100 ms), and none is lost.
        var perCheck = simulation.Runs.CountBy(run => run.Check).ToList();
        Assert.Equal(20, perCheck.Count);
        Assert.All(perCheck, count => Assert.InRange(count.Value, (int)(72 * 360 * 0.99), (72 * 360) + 1));
        Assert.InRange(simulation.Runs.Count - simulation.Events.Count(e => e.Kind == EngineEventKind.Result), 0, checks.Length);
        foreach (var check in simulation.Transitions.GroupBy(e => e.After.Name))
        {
            // Each transition starts where the one before ended.
            var steps = check.ToList();
            Assert.All(steps.Skip(1).Zip(steps), pair => Assert.Equal(pair.Second.After.Status, pair.First.Before!.Status));
        }
    }
}
