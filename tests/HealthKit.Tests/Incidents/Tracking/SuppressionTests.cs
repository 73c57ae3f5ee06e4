using Microsoft.Extensions.Diagnostics.HealthChecks;
using static Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;

namespace HealthKit.Tests.Incidents.Tracking;

/// <summary>What is held back is told when it must be, and only then.</summary>
public sealed class SuppressionTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void What_got_worse_while_it_was_muted_is_told_when_that_ends()
    {
        var world = new IncidentSimulation(("a", []));
        world.Is("a", Degraded);
        world.RunFor(Minute);
        world.Silenced["a"] = (IncidentSilence.Muted, "we know");
        world.Is("a", Unhealthy);
        world.RunFor(Minute);
        Assert.Equal(["Opened a"], world.Told);
        world.Silenced.Clear();
        world.RunFor(10 * Minute);
        Assert.Equal(["Opened a", "Updated a"], world.Told);
        Assert.Equal(Degraded, world.Notices[^1].Notice.ToldBefore);
    }

    [Theory]
    [InlineData(Unhealthy)]
    [InlineData(Healthy)]
    public void What_got_worse_with_its_cause_is_told_when_it_does_not_follow_that(HealthStatus after)
    {
        var world = new IncidentSimulation(("root", []), ("a", ["root"]));
        world.RunFor(Minute);
        world.Is("a", Degraded);
        world.RunFor(Minute);
        world.Is("root", Unhealthy);
        world.RunFor(Minute);
        world.Is("a", Unhealthy);
        world.RunFor(Minute);
        world.Is("root", Healthy);
        world.RunFor(TimeSpan.FromSeconds(10));
        world.Is("a", after);
        world.RunFor(10 * Minute);
        Assert.Equal(["Opened a", "Opened root", "Resolved root", after == Healthy ? "Resolved a" : "Updated a"], world.Told);
    }

    [Fact]
    public void What_gets_worse_while_it_flaps_is_told()
    {
        var world = new IncidentSimulation(("a", []));
        world.RunFor(Minute);
        for (var flip = 0; flip < 200; flip++)
        {
            world.Is("a", flip % 2 != 0 ? Healthy : flip > 80 ? Unhealthy : Degraded);
            world.RunFor(TimeSpan.FromSeconds(15));
        }

        var last = world.Notices.Last(n => !n.Notice.IsSilent);
        Assert.Equal((IncidentMessageKind.Updated, (HealthStatus?)Degraded, Unhealthy), (last.Notice.Kind, last.Notice.ToldBefore, last.Incident.Status));
        Assert.Single(world.Notices, n => !n.Notice.IsSilent && n.Incident.WorstStatus == Unhealthy);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(25)]
    [InlineData(70)]
    public void A_symptom_that_fails_with_its_cause_every_so_often_is_never_told(int minutes)
    {
        var world = new IncidentSimulation(("root", []), ("d", ["root"]));
        world.RunFor(Minute);
        for (var i = 0; i < 24 * 60 / minutes; i++)
        {
            world.Is("d", Unhealthy);
            world.RunFor(TimeSpan.FromSeconds(13));
            world.Is("root", Unhealthy);
            world.RunFor(2 * Minute);
            world.Is("root", Healthy);
            world.RunFor(TimeSpan.FromSeconds(3));
            world.Is("d", Healthy);
            world.RunFor(TimeSpan.FromMinutes(minutes - 2) - TimeSpan.FromSeconds(16));
        }

        Assert.DoesNotContain("Opened d", world.Told);

        // By itself it is told, however often it failed before.
        world.Is("d", Unhealthy);
        world.RunFor(Minute);
        Assert.Equal("Opened d", world.Told[^1]);
    }

    [Fact]
    public void A_cause_that_recovers_by_way_of_degraded_leaves_its_dependents_the_time_to_follow()
    {
        var world = new IncidentSimulation(("root", []), ("d", ["root"]));
        world.RunFor(Minute);
        world.Is("root", Unhealthy);
        world.Is("d", Unhealthy);
        world.RunFor(Minute);
        world.Is("root", Degraded);
        world.RunFor(TimeSpan.FromSeconds(9));
        world.Is("d", Healthy);
        world.RunFor(TimeSpan.FromSeconds(10));
        world.Is("root", Healthy);
        world.RunFor(5 * Minute);
        Assert.Equal(["Opened root", "Resolved root"], world.Told);
    }

    [Fact]
    public void A_cause_without_news_is_not_waited_for_all_day()
    {
        var world = new IncidentSimulation(policy => policy with { Period = TimeSpan.FromDays(1) }, ("root", []), ("d", ["root"]));
        world.RunFor(Minute);
        world.HasNoNews.Add("root");
        world.Is("d", Unhealthy);
        world.RunNow("d");
        world.RunFor(Minute);
        Assert.Equal(["Opened d"], world.Told);
    }

    [Theory]
    [InlineData(Healthy)]
    [InlineData(Unhealthy)]
    public void A_restart_makes_no_check_flap(HealthStatus after)
    {
        var world = new IncidentSimulation(("a", []));
        world.RunFor(Minute);
        for (var flip = 0; flip < 21; flip++)
        {
            world.Is("a", flip % 2 == 0 ? Unhealthy : Healthy);
            world.RunFor(TimeSpan.FromSeconds(15));
        }

        world.RunFor(60 * Minute);
        Assert.Equal((true, true, false), (world.Of("a").IsOpen, world.Of("a").IsAnnounced, world.Of("a").IsFlapping));
        var before = world.Told.Count;
        for (var restart = 0; restart < 3; restart++)
        {
            world.Restart();
            world.RunFor(Minute);
        }

        Assert.Equal(before, world.Told.Count);
        world.Restart();
        world.Is("a", after);
        world.RunFor(Minute);
        Assert.Equal(before + (after == Healthy ? 1 : 0), world.Told.Count);
        Assert.Equal(after != Healthy, world.Of("a").IsOpen);
    }

    [Fact]
    public void A_restart_tells_nobody_once_more_of_a_silent_incident()
    {
        var world = new IncidentSimulation(("root", []), ("d", ["root"]));
        world.RunFor(Minute);
        world.Is("root", Unhealthy);
        world.Is("d", Unhealthy);
        world.RunFor(Minute);
        world.Restart();
        world.RunFor(Minute);
        Assert.Equal(["root", "d"], world.Notices.Select(n => n.Incident.Check).OrderDescending());
    }

    [Fact]
    public void A_pause_of_the_whole_process_makes_no_cause_stale()
    {
        var world = new IncidentSimulation(("root", []), ("d", ["root"]));
        world.RunFor(Minute);
        world.Is("root", Unhealthy);
        world.Is("d", Unhealthy);
        world.RunFor(Minute);
        world.Engine.Pause(10 * Minute);
        world.Tracker.Advance(world.Now);
        world.RunFor(Minute);
        Assert.Equal(["Opened root"], world.Told);
    }
}
