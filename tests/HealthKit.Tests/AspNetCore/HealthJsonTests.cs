using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static HealthKit.Tests.AspNetCore.PictureMonitor;

namespace HealthKit.Tests.AspNetCore;

public sealed class HealthJsonTests
{
    private static readonly AppIdentity Identity = new("shop", "1.4.2", "3f2c1ab", Noon.AddDays(-1), "web-1");

    private static string Render(HealthDetail detail, bool draining, params CheckState[] checks) =>
        Encoding.UTF8.GetString(HealthJson.Render(HealthRoute.Overview.Judge(Picture(1, checks), draining), detail, Identity, []));

    private static CheckState Bad() => State("disk", HealthStatus.Unhealthy, "ready") with
    {
        Description = "/ is full",
        Reason = "disk.space.low",
        Descriptor = PictureMonitor.Descriptor,
        Data = new Dictionary<string, object?> { ["freeBytes"] = 12L },
        Exception = new ExceptionInfo("System.IO.IOException", "No space left", "System.IO.IOException: No space left\n   at A.B()"),
        LatestStatus = HealthStatus.Healthy,
        RunningSince = Noon.AddSeconds(1),
        Policy = new CheckPolicy { Remedy = "make room" },
    };

    [Fact]
    public void Full_detail_shows_everything_in_the_contracts_order_and_our_own_members_behind() =>
        Assert.Equal(
            """
            {"status":"Unhealthy","totalDuration":"00:00:00.0001578","entries":{"disk":{"data":{"freeBytes":12},"description":"/ is full",
            "duration":"00:00:00.0001578","exception":"System.IO.IOException: No space left\n   at A.B()","status":"Unhealthy","tags":["ready"],
            "checkedAt":"2026-05-04T12:00:00\u002B00:00","since":"2026-05-04T11:55:00\u002B00:00","runningSince":"2026-05-04T12:00:01\u002B00:00",
            "condition":"Current","latestStatus":"Healthy","reason":"disk.space.low","remedy":"make room"}},"draining":true,
            "version":"1.4.2","commit":"3f2c1ab","startedAt":"2026-05-03T12:00:00\u002B00:00","host":"web-1","incidents":[]}
            """.Replace("\n", "", StringComparison.Ordinal).Replace("\\u002B", "+", StringComparison.Ordinal),
            Render(HealthDetail.Full, draining: true, Bad()));

    [Fact]
    public void A_summary_shows_names_statuses_times_tags_and_reason_codes() =>
        Assert.Equal(
            """
            {"status":"Unhealthy","totalDuration":"00:00:00.0001578","entries":{"disk":{"data":{},
            "duration":"00:00:00.0001578","status":"Unhealthy","tags":["ready"],
            "checkedAt":"2026-05-04T12:00:00+00:00","since":"2026-05-04T11:55:00+00:00","runningSince":"2026-05-04T12:00:01+00:00",
            "condition":"Current","latestStatus":"Healthy","reason":"disk.space.low"}}}
            """.Replace("\n", "", StringComparison.Ordinal),
            Render(HealthDetail.Summary, draining: false, Bad()));

    [Fact]
    public void The_status_alone_tells_nothing_else() =>
        Assert.Equal("""{"status":"Unhealthy","totalDuration":"00:00:00","entries":{}}""", Render(HealthDetail.Status, draining: false, Bad()));

    [Fact]
    public void A_pending_check_has_no_times_that_are_not_known() =>
        Assert.Equal(
            """{"data":{},"duration":"00:00:00.0001578","status":"Unhealthy","tags":[],"since":"2026-05-04T11:55:00+00:00","condition":"Pending","reason":"check.pending"}""",
            JsonDocument.Parse(Render(HealthDetail.Full, false, Pending("a"))).RootElement.GetProperty("entries").GetProperty("a").GetRawText());

    [Fact]
    public void An_exception_stands_in_for_a_missing_description_as_in_the_contract()
    {
        var entry = JsonDocument.Parse(Render(HealthDetail.Full, false, Bad() with { Description = null })).RootElement.GetProperty("entries").GetProperty("disk");
        Assert.Equal("No space left", entry.GetProperty("description").GetString());
    }

    [Theory]
    [InlineData("disk.space.low", true, false)]
    [InlineData("redis.write-oom_2", true, false)]
    [InlineData("db-prod-01.corp.example.com", true, false)]
    [InlineData("10.0.0.5", true, false)]
    [InlineData("checks.low", true, false)]
    [InlineData("check.timeout", true, true)]
    [InlineData("monitor.stopped", true, true)]
    [InlineData("runtime.threadPoolStarved", true, true)]
    [InlineData("check.Password=hunter2", false, false)]
    [InlineData("Password=hunter2", false, false)]
    [InlineData("a b", false, false)]
    [InlineData("disk..low", false, false)]
    [InlineData("disk.low\n", false, false)]
    [InlineData("", false, false)]
    [InlineData(null, false, false)]
    public void Everyone_is_shown_reason_codes_of_healthkits_own_checks_and_of_the_engine_alone(string? reason, bool typed, bool foreign)
    {
        foreach (var (descriptor, shown) in new[] { (PictureMonitor.Descriptor, typed), (null, foreign) })
        {
            var check = Bad() with { Reason = reason, Descriptor = descriptor };
            Assert.Equal(shown, HealthJson.IsReasonForAll(check));
            Assert.Equal(shown, Render(HealthDetail.Summary, false, check).Contains("\"reason\":", StringComparison.Ordinal));
            Assert.Equal(reason is not null, Render(HealthDetail.Full, false, check).Contains("\"reason\":", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Markup_and_control_characters_are_escaped_and_other_scripts_stay_readable()
    {
        var json = Render(HealthDetail.Full, false, State("</script><b>\u001b[31m", HealthStatus.Unhealthy) with { Description = "Фестплатте \u0007 满了" });
        Assert.DoesNotContain("<", json, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", json, StringComparison.Ordinal);
        Assert.Contains("Фестплатте", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_in_any_place_makes_a_document_that_parses() =>
        Prop.ForAll<string, string, char>((a, b, c) =>
        {
            a ??= "";
            var check = State(a + c, HealthStatus.Unhealthy, b ?? "") with
            {
                Description = b + c,
                Reason = a,
                Data = new Dictionary<string, object?>
                {
                    [a] = new Dictionary<string, object?> { [c + a] = new object?[] { b, double.NaN, null, true, 1.5m, Noon, TimeSpan.MaxValue } },
                    [a + "2"] = double.NegativeInfinity,
                },
                Exception = new ExceptionInfo(a, b ?? "", a + b),
                Policy = new CheckPolicy { Remedy = b },
            };
            foreach (var detail in Enum.GetValues<HealthDetail>())
            {
                JsonDocument.Parse(Render(detail, true, check)).Dispose();
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Lone_surrogates_are_replaced_and_harm_nothing() =>
        JsonDocument.Parse(Render(HealthDetail.Full, false, State("a\ud800", HealthStatus.Unhealthy, "\udc00") with
        {
            Description = "\ud800x",
            Data = new Dictionary<string, object?> { ["\udfff"] = "\ud83d" },
        })).Dispose();

    [Theory]
    [InlineData("1.2.3+4f2c", "1.2.3", "4f2c")]
    [InlineData("1.2.3", "1.2.3", null)]
    [InlineData("1.2.3+", "1.2.3", null)]
    [InlineData("", null, null)]
    [InlineData(null, null, null)]
    public void The_informational_version_holds_version_and_commit(string? informational, string? version, string? commit) =>
        Assert.Equal((version, commit), AppIdentity.Split(informational));
}
