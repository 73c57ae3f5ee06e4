using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static HealthKit.Tests.AspNetCore.PictureMonitor;

namespace HealthKit.Tests.AspNetCore;

public sealed class HealthTableTests
{
    private static readonly AppIdentity Identity = new("shop", "1.4.2", "3f2c1ab", Noon.AddDays(-1), "web-1");

    private static string Render(HealthDetail detail, bool draining, params CheckState[] checks) => Encoding.UTF8.GetString(
        HealthTable.Render(HealthRoute.Overview.Judge(Picture(1, checks), draining), detail, Identity, [], Noon.AddSeconds(12)));

    private static CheckState Disk() => State("root_disk", HealthStatus.Unhealthy) with
    {
        Description = "/ has 1.2 GiB of 40 GiB free (3.0 %), which is below the 5 % that are wanted; it is full in about 2 h at this rate",
        Reason = "disk.space.low",
        Descriptor = PictureMonitor.Descriptor,
        Policy = new CheckPolicy { Remedy = "docs/runbook.md#disk" },
    };

    [Fact]
    public void It_shows_what_is_bad_first_and_explains_it() =>
        Assert.Equal(
            """
            Unhealthy shop 1.4.2 on web-1 since 2026-05-03 12:00:00Z
            Draining: the app was asked to stop, readiness is 503.

            NAME       STATUS        AGE
            root_disk  Unhealthy    12 s
              disk.space.low
              / has 1.2 GiB of 40 GiB free (3.0 %), which is below the 5 % that are wanted;
              it is full in about 2 h at this rate
              Remedy: docs/runbook.md#disk
            queue      Unhealthy       -
              pending
              check.pending
            redis      Degraded    2 min
              stale, latest result: Healthy, running for 42 s
              System.TimeoutException: no answer
            memory     Healthy      12 s

            """,
            Render(
                HealthDetail.Full,
                draining: true,
                State("memory"),
                Disk(),
                State("redis", HealthStatus.Degraded) with
                {
                    CheckedAt = Noon.AddMinutes(-2),
                    Condition = CheckCondition.Stale,
                    LatestStatus = HealthStatus.Healthy,
                    RunningSince = Noon.AddSeconds(-30),
                    Description = "no answer",
                    Exception = new ExceptionInfo("System.TimeoutException", "no answer", "…"),
                },
                Pending("queue"))
            .Replace("  no answer\n  System.TimeoutException\n", "  System.TimeoutException: no answer\n", StringComparison.Ordinal));

    [Fact]
    public void A_summary_tells_no_texts_but_reason_codes()
    {
        var table = Render(HealthDetail.Summary, false, Disk());
        Assert.Equal("Unhealthy\n\nNAME       STATUS        AGE\nroot_disk  Unhealthy    12 s\n  disk.space.low\n", table);
    }

    [Fact]
    public void A_summary_keeps_the_reasons_of_foreign_checks_to_itself()
    {
        var check = Disk() with { Descriptor = null, Reason = "db-prod-01.corp.example.com" };
        Assert.DoesNotContain("db-prod-01", Render(HealthDetail.Summary, false, check), StringComparison.Ordinal);
        Assert.Contains("db-prod-01", Render(HealthDetail.Full, false, check), StringComparison.Ordinal);
    }

    [Fact]
    public void The_status_alone_is_one_line() => Assert.Equal("Unhealthy\n", Render(HealthDetail.Status, false, Disk()));

    [Fact]
    public void A_healthy_check_whose_latest_result_is_bad_says_so()
    {
        var table = Render(HealthDetail.Full, false, State("a") with { LatestStatus = HealthStatus.Unhealthy, Reason = "a.b" });
        Assert.Contains("a     Healthy      12 s\n  latest result: Unhealthy\n  a.b\n", table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-5, "0 s")]
    [InlineData(0, "0 s")]
    [InlineData(99.9, "99 s")]
    [InlineData(100, "1 min")]
    [InlineData(5999, "99 min")]
    [InlineData(6000, "1 h")]
    [InlineData(172_799, "47 h")]
    [InlineData(172_800, "2 d")]
    public void Ages_are_short(double seconds, string expected) => Assert.Equal(expected, HealthTable.Age(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Escape_sequences_line_breaks_and_reading_directions_of_foreign_text_are_neutralised()
    {
        var table = Render(HealthDetail.Full, false, Disk() with { Name = "a\u001b[31mb\nc\u202ed", Description = "x\r\ny\t\u009b2Jz\u2028w\u0000" });
        Assert.Contains("a\ufffd[31mb c\ufffdd", table, StringComparison.Ordinal);
        Assert.Contains("  x y \ufffd2Jz w\ufffd\n", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Wide_characters_take_two_columns() => Assert.Equal(8, PlainText.Width("磁盘e\u0301 ok"));

    [Fact]
    public void No_text_makes_a_line_of_80_columns_or_leaves_a_control_character() =>
        Prop.ForAll<string, int>((text, length) =>
        {
            text ??= "";
            var longer = string.Concat(Enumerable.Repeat(text + "磁a ", Math.Abs(length % 50) + 1));
            var check = State(longer, HealthStatus.Unhealthy) with
            {
                Description = longer,
                Reason = longer,
                Exception = new ExceptionInfo(text, longer, text),
                Policy = new CheckPolicy { Remedy = longer },
            };
            var table = Render(HealthDetail.Full, true, check, State(text), State(longer.Replace(" ", "", StringComparison.Ordinal)));
            foreach (var line in table.Split('\n'))
            {
                Assert.True(PlainText.Width(line) < 80, line);
                Assert.DoesNotContain(line, char.IsControl);
            }
        }).QuickCheckThrowOnFailure();
}
