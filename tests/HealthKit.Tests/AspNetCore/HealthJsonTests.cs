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

    /// <summary>Two checks with names that may be, and everything else that a check may say, frozen as the monitor freezes it.</summary>
    private static readonly Arbitrary<(string First, string Second, string Text, char Letter)> Hostile =
        (from first in Texts() from second in Texts() from text in Texts() from letter in ArbMap.Default.GeneratorFor<char>()
            select (Allowed("1" + first), Allowed("2" + second), text, letter)).ToArbitrary();

    private static string Allowed(string name)
    {
        var allowed = string.Concat(name.EnumerateRunes().Where(rune => !ForeignText.IsHidden(rune)).Take(100));
        Assert.Empty(NameRules.Mistakes(allowed));
        return allowed;
    }

    private static Gen<string> Texts() => Gen.Elements("a", "b", "\"", "\\", "</script>", "\ud800", "\ud801", "\udc00", "\ufffd", "😀", "\u202e", "\n", "磁", "\u0000")
        .Or(ArbMap.Default.GeneratorFor<char>().Select(c => c.ToString())).ArrayOf().Select(string.Concat);

    [Fact]
    public void Any_text_in_any_place_makes_a_document_that_the_collector_reads_with_every_check_in_it() =>
        Prop.ForAll(Hostile, x =>
        {
            var (a, b, text, letter) = x;
            var frozen = new ResultFreezer(new Redactor()).Freeze(new HealthCheckResult(HealthStatus.Unhealthy, text + letter, new InvalidOperationException(text), new Dictionary<string, object>
            {
                ["a\ud800"] = 1,
                ["a\ud801"] = 2,
                [a + text] = new Dictionary<string, object> { [letter + text] = new object?[] { b, double.NaN, null, true, 1.5m, Noon, TimeSpan.MaxValue }, ["x" + a] = text },
                [text + "2"] = double.NegativeInfinity,
            }));
            CheckState[] checks =
            [
                State(a, HealthStatus.Unhealthy, text) with
                {
                    Description = frozen.Description, Reason = frozen.Reason, Data = frozen.Data, Exception = frozen.Exception, Policy = new CheckPolicy { Remedy = text },
                },
                State(b),
            ];
            foreach (var detail in Enum.GetValues<HealthDetail>())
            {
                AssertReadWhole(Render(detail, true, checks), detail == HealthDetail.Status ? [] : checks);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Long_texts_and_lone_surrogates_are_read_by_the_collector()
    {
        CheckState[] checks =
        [
            State("long", HealthStatus.Unhealthy, new string('t', 100)) with
            {
                Description = new string('磁', 1_000_000),
                Data = new Dictionary<string, object?> { [new string('k', 1_000_000)] = new string('"', 1_000_000) },
                Exception = new ExceptionInfo("E", new string('\u001b', 1_000_000), new string('\ud800', 1_000_000)),
            },
            State("lone", HealthStatus.Degraded, "\udc00") with { Description = "\ud800x", Data = new Dictionary<string, object?> { ["\udfff"] = "\ud83d" } },
        ];
        AssertReadWhole(Render(HealthDetail.Full, false, checks), checks);
    }

    private static void AssertReadWhole(string json, IReadOnlyList<CheckState> checks)
    {
        // Of two members with one name a reader keeps the last and says nothing.
        JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false }).Dispose();
        var report = DashboardReader.Read(Encoding.UTF8.GetBytes(json));
        Assert.Equal(checks.Select(check => (check.Name, check.Status.ToString())), report.Entries.Select(entry => (entry.Key, entry.Value.Status.ToString())));
    }

    [Theory]
    [InlineData("1.2.3+4f2c", "1.2.3", "4f2c")]
    [InlineData("1.2.3", "1.2.3", null)]
    [InlineData("1.2.3+", "1.2.3", null)]
    [InlineData("", null, null)]
    [InlineData(null, null, null)]
    public void The_informational_version_holds_version_and_commit(string? informational, string? version, string? commit) =>
        Assert.Equal((version, commit), AppIdentity.Split(informational));
}
