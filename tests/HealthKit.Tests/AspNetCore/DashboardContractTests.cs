using Microsoft.Extensions.Diagnostics.HealthChecks;
using static HealthKit.Tests.AspNetCore.PictureMonitor;

namespace HealthKit.Tests.AspNetCore;

public sealed class DashboardContractTests
{
    private static readonly string[] Tags = ["live", "ready", "startup"];

    public static TheoryData<HealthStatus, HealthDetail, int> Cases()
    {
        var cases = new TheoryData<HealthStatus, HealthDetail, int>();
        foreach (var status in Enum.GetValues<HealthStatus>())
        {
            foreach (var detail in Enum.GetValues<HealthDetail>())
            {
                cases.Add(status, detail, 200);
                cases.Add(status, detail, 503);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_collector_reads_every_route_in_every_state_and_detail(HealthStatus status, HealthDetail detail, int degradedStatusCode)
    {
        var monitor = new PictureMonitor(
            State("Redis:write", status, Tags) with
            {
                Description = "it \"said\" </script>",
                Data = new Dictionary<string, object?> { ["FreeBytes"] = 12L, ["ratio"] = double.NaN, ["none"] = null },
                Exception = new ExceptionInfo("System.Exception", "broken", "System.Exception: broken\n   at X.Y()"),
                Reason = "redis.write.oom",
            },
            State("redis:WRITE", HealthStatus.Healthy, Tags) with { Duration = TimeSpan.FromDays(1.5) });
        await using var app = await TestApp.Start(
            monitor, ("AnonymousDetail", detail.ToString()), ("DegradedStatusCode", degradedStatusCode.ToString(null as IFormatProvider)));
        foreach (var path in new[] { "/health", "/health/live?format=json", "/health/ready?format=json", "/health/startup?format=json" })
        {
            var report = await DashboardReader.Read(app.Client, path);
            Assert.Equal(status.ToString(), report.Status.ToString());
            if (detail == HealthDetail.Status)
            {
                Assert.Empty(report.Entries);
                continue;
            }

            Assert.Equal(TimeSpan.FromDays(1.5), report.TotalDuration);
            Assert.Equal(["Redis:write", "redis:WRITE"], report.Entries.Keys);
            var entry = report.Entries["Redis:write"];
            Assert.Equal(status.ToString(), entry.Status.ToString());
            Assert.Equal(TimeSpan.FromMicroseconds(157.8), entry.Duration);
            Assert.Equal(Tags, entry.Tags);
            Assert.Equal(detail == HealthDetail.Full ? ["FreeBytes", "ratio", "none"] : [], entry.Data.Keys);
            Assert.Equal(detail == HealthDetail.Full ? "it \"said\" </script>" : null, entry.Description);
            Assert.Equal(detail == HealthDetail.Full, entry.Exception is not null);
        }
    }

    [Fact]
    public async Task The_collector_reads_pending_stale_and_draining_pictures()
    {
        var monitor = new PictureMonitor(
            Pending("a", HealthStatus.Unhealthy, Tags),
            State("b", HealthStatus.Degraded, Tags) with { Condition = CheckCondition.Stale, RunningSince = Noon, LatestStatus = HealthStatus.Healthy });
        await using var app = await TestApp.Start(monitor, ("DrainDelay", "00:00:00"));
        app.App.Lifetime.StopApplication();
        foreach (var path in new[] { "/health", "/health/live?format=json", "/health/ready?format=json", "/health/startup?format=json" })
        {
            Assert.Equal(["a", "b"], (await DashboardReader.Read(app.Client, path)).Entries.Keys);
        }
    }
}
