using System.Text;
using HealthKit.Tests.Support;
using static HealthKit.Tests.AspNetCore.PictureMonitor;
using Health = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;

namespace HealthKit.Tests.AspNetCore;

public sealed class BodyCacheTests
{
    private readonly ManualTime _time = new(Noon);
    private int _renders;

    private BodyCache Cache() => new(
        _time,
        (verdict, detail) =>
        {
            _renders++;
            return Encoding.UTF8.GetBytes($"{verdict.Snapshot.Version} {verdict.Status} {detail}");
        });

    private static RouteVerdict Verdict(long version, Health status = Health.Healthy, bool draining = false) =>
        HealthRoute.Overview.Judge(Picture(version, State("a", status)), draining);

    private static string Text(RenderedBody body) => Encoding.UTF8.GetString(body.Bytes);

    [Fact]
    public void A_body_of_the_current_snapshot_is_served_for_a_second_at_most()
    {
        var cache = Cache();
        var verdict = Verdict(1);
        cache.Get(verdict, HealthDetail.Full);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        cache.Get(verdict, HealthDetail.Full);
        Assert.Equal(1, _renders);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        cache.Get(verdict, HealthDetail.Full);
        Assert.Equal(2, _renders);
    }

    [Fact]
    public void A_body_of_an_earlier_snapshot_is_served_for_a_second_at_most()
    {
        var cache = Cache();
        cache.Get(Verdict(1), HealthDetail.Full);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal("1 Healthy Full", Text(cache.Get(Verdict(2), HealthDetail.Full)));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("2 Healthy Full", Text(cache.Get(Verdict(2), HealthDetail.Full)));
    }

    [Fact]
    public void A_body_never_contradicts_the_status_line()
    {
        var cache = Cache();
        cache.Get(Verdict(1), HealthDetail.Full);
        Assert.Equal("2 Unhealthy Full", Text(cache.Get(Verdict(2, Health.Unhealthy), HealthDetail.Full)));
        Assert.Equal("3 Degraded Full", Text(cache.Get(Verdict(3, Health.Degraded), HealthDetail.Full)));
        Assert.True(cache.Get(Verdict(3, Health.Degraded, draining: true), HealthDetail.Full).Verdict.Draining);
    }

    [Fact]
    public void Each_detail_has_a_body_of_its_own()
    {
        var cache = Cache();
        var verdict = Verdict(1);
        foreach (var detail in Enum.GetValues<HealthDetail>())
        {
            Assert.Equal($"1 Healthy {detail}", Text(cache.Get(verdict, detail)));
        }
    }

    [Fact]
    public void Many_readers_at_once_render_once()
    {
        var cache = Cache();
        var verdict = Verdict(1);
        Parallel.For(0, 200, _ => cache.Get(verdict, HealthDetail.Full));
        Assert.Equal(1, _renders);
    }
}
