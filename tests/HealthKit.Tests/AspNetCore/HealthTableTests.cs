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

    /// <summary>
    /// What a terminal of 2026 gives each: EastAsianWidth.txt, U+FE0F makes an emoji wide, joined ones stand side by side where the terminal does not
    /// join them. Single characters to a reader, or such that hold no place to break at.
    /// </summary>
    private static readonly (string Text, int Columns)[] Known =
    [
        ("a", 1), ("W", 1), ("é", 1), ("e\u0301", 1), ("\u2026", 1), ("\u2500", 1), ("\uFF71", 1), ("\uFF21", 2), ("磁", 2), ("한", 2), ("\u3042", 2), ("\u3099", 0), ("\U00020000", 2),
        ("\u231A", 2), ("\u231B", 2), ("\u23E9", 2), ("\u23EC", 2), ("\u23F0", 2), ("\u23F3", 2), ("\u25FD", 2), ("\u2614", 2), ("\u2630", 2), ("\u2648", 2), ("\u2653", 2), ("\u267F", 2),
        ("\u2693", 2), ("\u26A1", 2), ("\u2705", 2), ("\u274C", 2), ("\u2753", 2), ("\u2757", 2), ("\u2795", 2), ("\u27B0", 2), ("\u27BF", 2), ("\u2B1B", 2), ("\u2B50", 2), ("\u2B55", 2),
        ("\u26A0", 1), ("\u26A0\uFE0F", 2), ("\u2139\uFE0F", 2), ("1\uFE0F\u20E3", 2), ("\u2705\uFE0F", 2), ("\u2713", 1), ("\u2717", 1),
        ("\U0001F004", 2), ("\U0001F0CF", 2), ("\U0001F18E", 2), ("\U0001F201", 2), ("\U0001F21A", 2), ("\U0001F251", 2), ("\U0001F300", 2), ("\U0001F321", 1), ("\U0001F321\uFE0F", 2),
        ("\U0001F600", 2), ("\U0001F6DC", 2), ("\U0001F7F0", 2), ("\U0001FAE0", 2), ("\U0001F1E9\U0001F1EA", 2), ("\U0001F44D\U0001F3FD", 4),
        ("\U0001F469\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466", 8), ("\U0001F3F3\uFE0F\u200D\U0001F308", 4),
    ];

    public static TheoryData<string, int> KnownWidths()
    {
        var widths = new TheoryData<string, int> { { "磁盘e\u0301 ok", 8 }, { "نمی\u200Cخواهم", 8 }, { "", 0 } };
        foreach (var (text, columns) in Known)
        {
            widths.Add(text, columns);
        }

        return widths;
    }

    [Theory]
    [MemberData(nameof(KnownWidths))]
    public void A_text_has_the_width_that_a_terminal_gives_it(string text, int columns) => Assert.Equal(columns, PlainText.Width(text));

    [Fact]
    public void A_description_of_emoji_is_in_lines_of_79_columns_and_so_are_names()
    {
        var emoji = string.Concat(Enumerable.Repeat("\u2705\u231A\u26A0\uFE0F", 40));
        var lines = Render(HealthDetail.Full, false, State(emoji) with { Description = emoji }, State("ok \u2705"), State("plain")).Split('\n');
        Assert.Equal(78, lines.Max(line => Ascii(line).Length));
        Assert.Equal(3, lines.Count(line => line.Contains("Healthy  ", StringComparison.Ordinal)));
        Assert.Single(lines.Where(line => line.Contains("Healthy  ", StringComparison.Ordinal)).Select(line => Ascii(line).IndexOf("Healthy", StringComparison.Ordinal)).Distinct());
    }

    [Fact]
    public void Families_and_joined_words_stay_whole_also_at_the_end_of_a_line()
    {
        const string family = "\U0001F469\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466";
        var table = Render(HealthDetail.Full, false, State("a") with { Description = $"نمی\u200Cخواهم soft\u00ADware {string.Concat(Enumerable.Repeat(family, 30))}" });
        Assert.Contains("  نمی\u200Cخواهم software\n", table, StringComparison.Ordinal);
        Assert.Equal(30, table.Split(family).Length - 1);
        Assert.DoesNotContain('\uFFFD', table);
    }

    [Fact]
    public void A_chain_of_characters_that_belong_together_is_broken_where_the_line_ends()
    {
        var chain = string.Join('\u200D', Enumerable.Repeat("\U0001F469", 5_000)) + string.Concat(Enumerable.Repeat("\u1100", 300)) + "a" + new string('\u0301', 300);
        var table = Render(HealthDetail.Full, false, State("a") with { Description = chain });
        Assert.All(table.Split('\n'), line => Assert.True(line.EnumerateRunes().Sum(rune => rune.Value switch { 0x200D or 0x301 => 0, < 128 => 1, _ => 2 }) < 80));
        Assert.Contains(chain, table.Replace("\n  ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_of_known_widths_makes_a_line_of_80_columns_or_shifts_a_column() =>
        Prop.ForAll(
            Gen.Elements(Known.Select(known => known.Text).ToArray()).ArrayOf().Select(string.Concat).Two().ToArbitrary(),
            Gen.Choose(0, 50).ToArbitrary(),
            (texts, length) =>
            {
                var (text, other) = texts;
                var longer = string.Concat(Enumerable.Repeat(text + "磁a ", length + 1));
                var check = State(longer, HealthStatus.Unhealthy) with { Description = longer, Reason = other, Exception = new ExceptionInfo(text, longer, text) };
                var table = Render(HealthDetail.Full, true, check, State("x" + text), State("y" + other), State(longer.Replace(" ", "", StringComparison.Ordinal)));
                var lines = table.Split('\n').Select(Ascii).ToList();
                Assert.All(lines, line => Assert.True(line.Length < 80, line));
                var header = lines.Single(line => line.StartsWith("NAME ", StringComparison.Ordinal)).IndexOf("STATUS", StringComparison.Ordinal);
                Assert.All(
                    lines.Where(line => line.EndsWith("    12 s", StringComparison.Ordinal)),
                    line => Assert.Equal(header, Math.Max(line.IndexOf("Unhealthy ", StringComparison.Ordinal), line.IndexOf("Healthy ", StringComparison.Ordinal))));
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_text_leaves_a_control_character() =>
        Prop.ForAll<string, string>((text, other) =>
        {
            text ??= "";
            var check = State(text, HealthStatus.Unhealthy) with
            {
                Description = text,
                Reason = other,
                Exception = new ExceptionInfo(text, other ?? "", text),
                Policy = new CheckPolicy { Remedy = text },
            };
            foreach (var line in Render(HealthDetail.Full, true, check, State(other ?? "")).Split('\n'))
            {
                Assert.DoesNotContain(line, char.IsControl);
            }
        }).QuickCheckThrowOnFailure();

    /// <summary>The line with as many letters in the place of each known text as it has columns.</summary>
    private static string Ascii(string line)
    {
        foreach (var (text, columns) in Known.Where(known => known.Text is not [< '\u0080']).OrderByDescending(known => known.Text.Length))
        {
            line = line.Replace(text, new string('x', columns), StringComparison.Ordinal);
        }

        Assert.True(line.All(char.IsAscii), line);
        return line;
    }
}
