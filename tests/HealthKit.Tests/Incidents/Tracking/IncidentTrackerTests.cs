using System.Globalization;
using HealthKit.Tests.Monitoring;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;

namespace HealthKit.Tests.Incidents.Tracking;

public sealed class IncidentTrackerTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void A_check_that_fails_and_recovers_is_one_incident_told_twice()
    {
        var world = new IncidentSimulation(("a", []));
        world.RunFor(Minute);
        world.Is("a", Unhealthy);
        world.RunFor(Minute);
        var open = Assert.Single(world.Incidents);
        Assert.Equal(("a", Unhealthy, "test.down", true, true), (open.Check, open.Status, open.Reason, open.IsOpen, open.IsAnnounced));
        world.Is("a", Healthy);
        world.RunFor(Minute);

        var resolved = Assert.Single(world.Incidents);
        Assert.Equal((open.Id, IncidentResolution.Recovered, false), (resolved.Id, resolved.Resolution, resolved.IsOpen));
        Assert.InRange(resolved.Duration!.Value, Minute - Period, Minute + Period);
        Assert.Equal(["Opened a", "Resolved a"], world.Told);
        Assert.Equal([open.Id], world.Evidence);
    }

    [Fact]
    public void The_same_failure_with_time_text_and_path_changing_is_one_incident()
    {
        var world = new IncidentSimulation(("a", []));
        for (var hour = 0; hour < 24; hour++)
        {
            world.Is("a", Unhealthy, "daemon.stopped", string.Create(CultureInfo.InvariantCulture, $"FATAL at {hour}:00: /var/run/x{hour}.pid is gone"));
            world.RunFor(TimeSpan.FromHours(1));
        }

        Assert.Equal(["daemon.stopped"], Assert.Single(world.Incidents).Reasons);
        Assert.Equal(["Opened a"], world.Told);
    }

    [Fact]
    public void Worse_is_told_at_once_and_another_reason_when_the_last_message_is_five_minutes_old()
    {
        var world = new IncidentSimulation(("a", []));
        world.Is("a", Degraded, "test.slow");
        world.RunFor(Period);
        world.Is("a", Unhealthy, "test.down");
        world.RunFor(2 * Period);
        Assert.Equal(["Opened a", "Updated a"], world.Told);
        world.Is("a", Unhealthy, "test.refused");
        world.RunFor(Minute);
        Assert.Equal(2, world.Told.Count);
        world.RunFor(5 * Minute);
        world.Is("a", Unhealthy, "test.down");
        world.RunFor(10 * Minute);

        Assert.Equal(["Opened a", "Updated a", "Updated a"], world.Told);
        Assert.Equal(["test.slow", "test.down", "test.refused"], Assert.Single(world.Incidents).Reasons);
        Assert.Equal([null, Degraded, Unhealthy], world.Notices.Select(n => n.Notice.ToldBefore));
    }

    [Fact]
    public void An_incident_names_what_depends_on_its_check()
    {
        var world = new IncidentSimulation(("root", []), ("d", ["root"]), ("e", ["d"]));
        world.Is("root", Unhealthy);
        world.RunFor(Minute);
        Assert.Equal(["d", "e"], world.Of("root").Dependents);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_root_and_30_dependents_that_fail_in_any_order_are_one_message_and_one_resolve(int tens)
    {
        for (var seed = 10 * tens; seed < 10 * (tens + 1); seed++)
        {
            var random = new Random(seed);
            var dependents = Enumerable.Range(0, 30).Select(i => string.Create(CultureInfo.InvariantCulture, $"d{i}")).ToArray();
            // Some hang on the root through another dependent.
            var world = new IncidentSimulation(
                [("root", []), .. dependents.Select((name, i) => (name, (string[])[i > 10 && random.Next(3) == 0 ? dependents[random.Next(10)] : "root"]))]);
            world.Takes = _ => TimeSpan.FromMilliseconds(random.Next(3_000));
            world.RunFor(Minute);

            // All within one period, in any order; the root may be last.
            foreach (var name in dependents.Append("root").OrderBy(_ => random.Next()))
            {
                world.Is(name, random.Next(4) == 0 && name != "root" ? Degraded : Unhealthy);
                world.RunFor(TimeSpan.FromMilliseconds(random.Next(300)));
            }

            world.RunFor(TimeSpan.FromMinutes(random.Next(1, 30)));
            Assert.Equal(["Opened root"], world.Told);
            Assert.Equal(30, world.Incidents.Count(incident => incident is { IsOpen: true, Silence: IncidentSilence.Cause, Cause: not null }));

            world.Is("root", Healthy);
            foreach (var name in dependents.OrderBy(_ => random.Next()))
            {
                world.RunFor(TimeSpan.FromMilliseconds(random.Next(200)));
                world.Is(name, Healthy);
            }

            world.RunFor(Minute);
            Assert.Equal(["Opened root", "Resolved root"], world.Told);
            Assert.Equal(31, world.Incidents.Count(incident => incident.Resolution == IncidentResolution.Recovered));
        }
    }

    [Fact]
    public void A_dependent_that_does_not_follow_its_cause_within_a_period_is_told()
    {
        var world = new IncidentSimulation(("root", []), ("d", ["root"]));
        world.RunFor(Minute);
        world.Is("d", Unhealthy);
        world.Is("root", Unhealthy);
        world.RunFor(Minute);
        world.Is("root", Healthy);
        world.RunFor(2 * Minute);

        Assert.Equal(["Opened root", "Resolved root", "Opened d"], world.Told);
        Assert.Null(world.Of("d").Cause);
        world.Is("d", Healthy);
        world.RunFor(Minute);
        Assert.Equal("Resolved d", world.Told[^1]);
    }

    [Fact]
    public void A_symptom_is_told_soon_when_its_causes_have_been_run_again_and_are_well()
    {
        var world = new IncidentSimulation(policy => policy with { Period = TimeSpan.FromMinutes(5) }, ("root", []), ("d", ["root"]));
        world.RunFor(10 * Minute);
        world.Is("d", Unhealthy);
        world.RunFor(5 * Minute + 2 * Period);
        Assert.Equal(["Opened d"], world.Told);

        // The cause was run for it, not when it was due.
        Assert.InRange(world.Notices.Single().At - world.Of("d").OpenedAt.Subtract(EngineSimulation.Epoch), TimeSpan.Zero, TimeSpan.FromSeconds(16));
    }

    [Fact]
    public void A_cause_that_is_only_degraded_does_not_hide_that_something_is_down()
    {
        var world = new IncidentSimulation(("root", []), ("d", ["root"]));
        world.RunFor(Minute);
        world.Is("root", Degraded);
        world.Is("d", Degraded);
        world.RunFor(Minute);
        Assert.Equal(["Opened root"], world.Told);
        world.Is("d", Unhealthy);
        world.RunFor(Minute);
        Assert.Equal(["Opened root", "Opened d"], world.Told);
    }

    [Fact]
    public void A_stale_cause_suppresses_nothing()
    {
        var hangs = false;
        var world = new IncidentSimulation(("root", []), ("d", ["root"]));
        world.Takes = name => name == "root" && hangs ? TimeSpan.FromDays(1) : TimeSpan.Zero;
        world.RunFor(Minute);
        hangs = true;
        world.RunFor(2 * Minute);
        Assert.Equal(CheckCondition.Stale, world.Engine["root"].Condition);
        world.Is("d", Unhealthy);
        world.RunFor(Minute);

        Assert.Equal(["Opened root", "Opened d"], world.Told);
    }

    [Theory]
    [InlineData(IncidentSilence.Muted)]
    [InlineData(IncidentSilence.Maintenance)]
    public void What_is_silenced_covers_its_dependents_and_is_told_when_that_ends(IncidentSilence kind)
    {
        var world = new IncidentSimulation(("root", []), ("d", ["root"]));
        world.RunFor(Minute);
        world.Silenced["root"] = (kind, "we know");
        world.Is("root", Unhealthy);
        world.Is("d", Unhealthy);
        world.RunFor(Minute);
        Assert.Empty(world.Told);
        Assert.Equal((kind, "we know", "root"), (world.Of("d").Silence, world.Of("d").SilenceReason, world.Of("d").Cause));
        Assert.Equal((kind, "we know"), (world.Of("root").Silence, world.Of("root").SilenceReason));

        world.Silenced.Clear();
        world.Tracker.Advance(world.Now, all: true);
        Assert.Equal(["Opened root"], world.Told);
        world.RunFor(Minute);
        Assert.Equal(["Opened root"], world.Told);
    }

    [Fact]
    public void A_resolve_is_told_in_maintenance_too()
    {
        var world = new IncidentSimulation(("a", []));
        world.Is("a", Unhealthy);
        world.RunFor(Minute);
        world.Silenced["a"] = (IncidentSilence.Maintenance, null);
        world.Is("a", Healthy);
        world.RunFor(Minute);
        Assert.Equal(["Opened a", "Resolved a"], world.Told);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(15)]
    public void Twenty_flips_in_five_minutes_are_one_incident_and_two_messages_and_then_one_that_it_flaps(int period)
    {
        var world = new IncidentSimulation(policy => policy with { Period = TimeSpan.FromSeconds(period) }, ("a", []));
        world.RunFor(TimeSpan.FromSeconds(60));
        var began = world.Time;
        for (var flip = 0; flip < 20; flip++)
        {
            world.Is("a", flip % 2 == 0 ? Unhealthy : Healthy);
            world.RunFor(TimeSpan.FromSeconds(15));
        }

        Assert.InRange(world.Told.Count, 1, 2);
        var incident = Assert.Single(world.Incidents);
        Assert.True(incident.IsFlapping);
        Assert.InRange(incident.Occurrences, 8, 10);

        // It goes on: somebody must know, and not of each change.
        for (var flip = 0; flip < 120; flip++)
        {
            world.Is("a", flip % 2 == 0 ? Unhealthy : Healthy);
            world.RunFor(TimeSpan.FromSeconds(15));
        }

        var told = world.Notices.Where(n => !n.Notice.IsSilent).ToList();
        Assert.InRange(told.Count, 2, 3);
        Assert.True(told[^1].Incident.IsFlapping);
        Assert.InRange(told[^1].At - began, 4 * Minute, 7 * Minute);

        // Steady again.
        world.RunFor(TimeSpan.FromMinutes(30));
        Assert.Equal("Resolved a", world.Told[^1]);
        Assert.Equal(told.Count + 1, world.Told.Count);
        Assert.False(Assert.Single(world.Incidents).IsOpen);
    }

    [Fact]
    public void A_check_that_fails_again_and_again_is_told_later_each_time_and_at_once_when_it_was_well_for_long()
    {
        var world = new IncidentSimulation(("a", []));
        world.RunFor(Minute);
        List<double> waited = [];
        void FailAndRecover(TimeSpan well)
        {
            var before = world.Told.Count;
            var began = world.Time;
            world.Is("a", Unhealthy);
            world.RunFor(TimeSpan.FromMinutes(9));
            if (world.Told.Count > before)
            {
                waited.Add(Math.Round((world.Notices.Last(n => !n.Notice.IsSilent).At - began).TotalMinutes));
            }

            world.Is("a", Healthy);
            world.RunFor(well);
        }

        for (var i = 0; i < 4; i++)
        {
            FailAndRecover(9 * Minute);
        }

        Assert.Equal([0, 1, 2, 4], waited);
        Assert.Equal(4, Assert.Single(world.Incidents).Occurrences);
        world.RunFor(20 * Minute);
        FailAndRecover(Minute);
        Assert.Equal([0, 1, 2, 4, 0], waited);
        Assert.Equal(2, world.Incidents.Count);
    }

    [Fact]
    public void An_incident_that_is_reopened_for_another_reason_keeps_the_first_one_first()
    {
        var world = new IncidentSimulation(("a", []));
        world.Is("a", Unhealthy, "test.first");
        world.RunFor(Minute);
        world.Is("a", Healthy);
        world.RunFor(Minute);
        world.Is("a", Unhealthy, "test.second");
        world.RunFor(Minute);
        Assert.Equal(["test.first", "test.second"], Assert.Single(world.Incidents).Reasons);
    }

    [Fact]
    public void A_check_that_goes_down_for_good_after_flapping_is_told()
    {
        var world = new IncidentSimulation(("a", []));
        world.RunFor(Minute);
        for (var flip = 0; flip < 21; flip++)
        {
            world.Is("a", flip % 2 == 0 ? Unhealthy : Healthy);
            world.RunFor(TimeSpan.FromSeconds(15));
        }

        world.RunFor(15 * Minute);
        var last = world.Notices.Last(n => !n.Notice.IsSilent);
        Assert.Equal((false, true), (last.Incident.IsFlapping, last.Incident.IsOpen));
        Assert.True(Assert.Single(world.Incidents).IsAnnounced);
    }

    [Fact]
    public void A_check_that_is_turned_off_ends_its_incident()
    {
        var world = new IncidentSimulation(("a", []));
        world.Is("a", Unhealthy);
        world.RunFor(Minute);
        world.Engine.Update(new() { ["a"] = new CheckPolicy { Enabled = false } });
        world.RunFor(Minute);
        Assert.Equal(IncidentResolution.CheckRemoved, Assert.Single(world.Incidents).Resolution);
        Assert.Equal(["Opened a", "Resolved a"], world.Told);
    }

    [Theory]
    [InlineData(Unhealthy)]
    [InlineData(Degraded)]
    [InlineData(Healthy)]
    public void A_restart_opens_nothing_twice_and_loses_no_resolve(HealthStatus after)
    {
        var world = new IncidentSimulation(("a", []));
        world.RunFor(Minute);
        world.Is("a", Unhealthy);
        world.RunFor(Minute);
        var id = world.Of("a").Id;
        world.Restart();
        world.Is("a", after);
        world.RunFor(Minute);

        Assert.Equal(id, world.Of("a").Id);
        Assert.Equal(EngineSimulation.Epoch, world.Of("a").Gap!.From);
        Assert.Equal(after != Healthy, world.Of("a").IsOpen);
        world.Is("a", Healthy);
        world.RunFor(Minute);
        Assert.Equal(["Opened a", "Resolved a"], world.Told);
    }

    [Fact]
    public void An_incident_of_a_check_that_is_not_registered_any_more_ends_at_the_restart()
    {
        var world = new IncidentSimulation(("a", []));
        world.Is("a", Unhealthy);
        world.RunFor(Minute);
        world.Restart();
        world.Tracker.Keep(["b"], world.Now);
        Assert.Equal(IncidentResolution.CheckRemoved, world.Of("a").Resolution);
        Assert.Equal(["Opened a", "Resolved a"], world.Told);
    }

    [Fact]
    public void At_a_restart_a_symptom_waits_for_the_first_result_of_its_cause()
    {
        var world = new IncidentSimulation(("root", []), ("d", ["root"]));
        world.Takes = name => TimeSpan.FromSeconds(name == "root" ? 3 : 0);
        world.Is("root", Unhealthy);
        world.Is("d", Unhealthy);
        world.RunFor(Minute);
        Assert.Equal(["Opened root"], world.Told);
        Assert.Equal(IncidentSilence.Cause, world.Of("d").Silence);
    }

    [Fact]
    public void Silent_incidents_are_told_to_those_who_include_them()
    {
        var world = new IncidentSimulation(("root", []), ("d", ["root"]));
        world.RunFor(Minute);
        world.Is("root", Unhealthy);
        world.Is("d", Unhealthy);
        world.RunFor(Minute);
        world.Is("root", Healthy);
        world.Is("d", Healthy);
        world.RunFor(Minute);
        Assert.Equal(
            ["Opened d", "Resolved d"], world.Notices.Where(n => n.Notice.IsSilent).Select(n => $"{n.Notice.Kind} {n.Incident.Check}"));
        Assert.Equal([1, 2], world.Notices.Where(n => n.Incident.Check == "d").Select(n => n.Incident.Messages));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_two_open_incidents_of_one_check_the_earlier_one_is_resolved_and_told(bool laterFirst)
    {
        var world = new IncidentSimulation(("a", []));
        Incident[] open =
        [
            .. new[] { 1, 2 }.Select(minute => new Incident
            {
                Id = "id" + minute,
                Check = "a",
                Status = Unhealthy,
                WorstStatus = Unhealthy,
                OpenedAt = world.Now.Utc.AddMinutes(minute),
                UpdatedAt = world.Now.Utc,
                IsAnnounced = true,
                Messages = 1,
            }),
        ];
        foreach (var incident in laterFirst ? open.Reverse() : open)
        {
            world.Tracker.Restore(incident, Unhealthy, world.Now);
        }

        var (_, notice, resolved) = Assert.Single(world.Notices);
        Assert.Equal((IncidentMessageKind.Resolved, false, (HealthStatus?)Unhealthy), (notice.Kind, notice.IsSilent, notice.ToldBefore));
        Assert.Equal(("id1", IncidentResolution.Superseded, open[1].OpenedAt), (resolved.Id, resolved.Resolution, resolved.ResolvedAt));
        world.RunFor(Minute);
        Assert.Equal(["Resolved a", "Resolved a"], world.Told); // the later one, when the check is seen to be well
    }

    [Fact]
    public void What_was_resolved_while_the_clock_was_ahead_supersedes_nothing_that_is_open()
    {
        var world = new IncidentSimulation(("a", []));
        world.Is("a", Unhealthy);
        world.RunFor(2 * Minute);
        var open = Assert.Single(world.Incidents);
        var ahead = world.Now.Utc.AddHours(5);
        world.Commit(open with { Id = "old", OpenedAt = ahead, UpdatedAt = ahead, ResolvedAt = ahead, Resolution = IncidentResolution.Recovered }, null, Unhealthy);
        world.Commit(open, null, Unhealthy);
        world.Restart();
        world.RunFor(5 * Minute);
        Assert.Equal(["Opened a"], world.Told);
        Assert.Null(world.Incidents.Single(incident => incident.Id == open.Id).ResolvedAt);
    }

    [Fact]
    public void What_waits_for_nothing_is_not_looked_at()
    {
        var world = new IncidentSimulation(("a", []));
        world.RunFor(Minute);
        Assert.Equal(long.MaxValue, world.Tracker.NextLook);
        world.Is("a", Unhealthy);
        world.RunFor(Minute);
        Assert.Equal(long.MaxValue, world.Tracker.NextLook);
    }
}
