using Microsoft.Extensions.Diagnostics.HealthChecks;
using static HealthKit.Tests.AspNetCore.PictureMonitor;

namespace HealthKit.Tests.AspNetCore;

public sealed class HealthRouteTests
{
    private static readonly CheckPolicy Delayed = new() { Delay = TimeSpan.FromMinutes(1) };

    private static HealthStatus Judge(HealthRoute route, bool draining, params CheckState[] checks) =>
        route.Judge(Picture(1, checks), draining).Status;

    [Fact]
    public void Routes_without_checks_are_healthy()
    {
        foreach (var route in HealthRoute.Every)
        {
            Assert.Equal(HealthStatus.Healthy, Judge(route, false));
            Assert.Equal(HealthStatus.Healthy, Judge(route, false, State("other")));
        }
    }

    [Theory]
    [InlineData("live")]
    [InlineData("ready")]
    [InlineData("startup")]
    public void A_route_takes_the_worst_of_the_checks_with_its_tag(string tag)
    {
        var route = HealthRoute.Every.Single(r => r.Path == "/" + tag);
        Assert.Equal(HealthStatus.Healthy, Judge(route, false, State("a", HealthStatus.Unhealthy), State("b", HealthStatus.Healthy, tag)));
        Assert.Equal(HealthStatus.Degraded, Judge(route, false, State("a", HealthStatus.Degraded, tag), State("b", HealthStatus.Healthy, tag)));
        Assert.Equal(HealthStatus.Unhealthy, Judge(route, false, State("a", HealthStatus.Degraded, tag), State("b", HealthStatus.Unhealthy, tag)));
        Assert.Equal(HealthStatus.Unhealthy, Judge(route, false, State("a", HealthStatus.Unhealthy, "x", tag.ToUpperInvariant())));
    }

    [Fact]
    public void The_overview_takes_the_snapshots_status() =>
        Assert.Equal(HealthStatus.Unhealthy, Judge(HealthRoute.Overview, false, State("a"), State("b", HealthStatus.Unhealthy)));

    [Fact]
    public void Draining_fails_readiness_and_nothing_else()
    {
        Assert.Equal(HealthStatus.Unhealthy, Judge(HealthRoute.Ready, true, State("a", HealthStatus.Healthy, "ready")));
        Assert.Equal(HealthStatus.Unhealthy, Judge(HealthRoute.Ready, true));
        Assert.Equal(HealthStatus.Healthy, Judge(HealthRoute.Live, true));
        Assert.Equal(HealthStatus.Healthy, Judge(HealthRoute.Startup, true));
        Assert.Equal(HealthStatus.Healthy, Judge(HealthRoute.Overview, true));
    }

    [Fact]
    public void A_pending_check_fails_readiness_also_when_its_failures_only_degrade()
    {
        Assert.Equal(HealthStatus.Unhealthy, Judge(HealthRoute.Ready, false, Pending("a", HealthStatus.Degraded, "ready")));
        Assert.Equal(HealthStatus.Healthy, Judge(HealthRoute.Ready, false, Pending("a", HealthStatus.Unhealthy, "other")));
    }

    [Fact]
    public void A_pending_check_of_any_tag_fails_startup_and_is_shown_there()
    {
        var verdict = HealthRoute.Startup.Judge(Picture(1, Pending("a", HealthStatus.Degraded), State("b")), draining: false);
        Assert.Equal(HealthStatus.Unhealthy, verdict.Status);
        Assert.Equal("a", Assert.Single(verdict.Checks).Name);
    }

    [Fact]
    public void A_pending_check_does_not_fail_liveness() =>
        Assert.Equal(HealthStatus.Healthy, Judge(HealthRoute.Live, false, Pending("a", HealthStatus.Unhealthy, "live")));

    [Fact]
    public void A_check_that_waits_for_its_delay_holds_nothing_up()
    {
        var waiting = Pending("a", HealthStatus.Unhealthy, "live", "ready", "startup") with { Policy = Delayed };
        foreach (var route in HealthRoute.Every)
        {
            Assert.Equal(HealthStatus.Healthy, Judge(route, false, waiting));
        }
    }

    [Fact]
    public void A_monitor_that_stopped_before_the_first_results_does_not_end_startup()
    {
        var unknown = Pending("a") with { Condition = CheckCondition.Stale, Reason = HealthMonitor.StoppedReason };
        Assert.Equal(HealthStatus.Unhealthy, Judge(HealthRoute.Startup, false, unknown));
        Assert.Equal(HealthStatus.Healthy, Judge(HealthRoute.Startup, false, unknown with { CheckedAt = Noon }));
    }

    [Fact]
    public void A_stopped_monitor_fails_readiness_also_where_no_check_carries_its_tag()
    {
        var stopped = new HealthSnapshot { Version = 3, At = DateTimeOffset.UnixEpoch, Status = HealthStatus.Unhealthy, Checks = [], IsStopped = true };
        Assert.Equal(HealthStatus.Unhealthy, HealthRoute.Ready.Judge(stopped, draining: false).Status);
        Assert.Equal(HealthStatus.Healthy, HealthRoute.Live.Judge(stopped, draining: false).Status);
    }

    [Fact]
    public void The_age_is_that_of_the_oldest_result()
    {
        var verdict = HealthRoute.Overview.Judge(
            Picture(1, State("a"), State("b") with { CheckedAt = Noon.AddSeconds(-30) }, Pending("c")), draining: false);
        Assert.Equal(Noon.AddSeconds(-30), verdict.OldestResult);
        Assert.Null(HealthRoute.Live.Judge(verdict.Snapshot, draining: false).OldestResult);
    }
}
