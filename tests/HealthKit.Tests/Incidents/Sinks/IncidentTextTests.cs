using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Incidents.Sinks;

public sealed class IncidentTextTests
{
    [Fact]
    public void The_title_says_what_where_and_why()
    {
        Assert.Equal("Unhealthy: disk on web-1 (disk.space.low)", IncidentText.Title(Messages.Message()));
        Assert.Equal("Resolved after 12 min: disk on web-1 (disk.space.low)", IncidentText.Title(Messages.Resolved()));
        Assert.Equal(
            "Closed, check removed, after 12 min: disk on web-1 (disk.space.low)",
            IncidentText.Title(Messages.Resolved(IncidentResolution.CheckRemoved)));
        Assert.Equal(
            "Closed, superseded, after 12 min: disk on web-1 (disk.space.low)", IncidentText.Title(Messages.Resolved(IncidentResolution.Superseded)));
        Assert.Equal("Test: alerts of shop on web-1", IncidentText.Title(Messages.Message(IncidentMessageKind.Test)));
    }

    [Fact]
    public void The_title_of_an_update_says_what_was_told_before()
    {
        var message = Messages.Message(IncidentMessageKind.Updated);

        Assert.Equal(
            "Unhealthy, was degraded: disk on web-1 (disk.space.low)", IncidentText.Title(message with { ToldBefore = HealthStatus.Degraded }));
        Assert.Equal(
            "Still unhealthy: disk on web-1 (disk.space.low)", IncidentText.Title(message with { ToldBefore = HealthStatus.Unhealthy }));
        Assert.Equal(
            "Flapping: disk on web-1 (disk.space.low)",
            IncidentText.Title(message with { Incident = message.Incident with { IsFlapping = true } }));
    }

    [Fact]
    public void The_title_names_the_item_and_does_without_a_reason() => Assert.Equal(
        "Degraded: disks '/data' on web-1",
        IncidentText.Title(Messages.Message(
            incident: Messages.Incident() with { Check = "disks", Item = "/data", Reason = null, Status = HealthStatus.Degraded })));

    [Fact]
    public void The_body_of_an_open_incident_stands_in_full() => Assert.Equal(
        """
        /data: free space 1.2 %, unhealthy below 5 %
        Exception: System.IO.IOException: No space left on device
        Cause: volume is bad too (incident 42)
        Readings: before → at
          free: 41.3 GiB → 1.5 GiB
          free: 42.1 % → 1.2 %
        Since: 2026-11-22 10:00:05 UTC (12 min)
        Occurrences: 3
        Flapping: it changes so often that single changes are not told
        Gap: from 2026-11-22 10:01:05 UTC to 2026-11-22 10:05:05 UTC the app did not run; what the check did then is unknown
        Remedy: Free space on /data.
        Not announced: muted, as check 'volume' is, which it depends on and which is bad too (moving house)
        App: shop 1.2.3 on web-1
        Incident: 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e
        """,
        IncidentText.Body(Messages.Message(incident: Messages.Incident() with
        {
            Exception = new("System.IO.IOException", "No space left on device", "details"),
            Cause = "volume",
            CauseIncidentId = "42",
            Occurrences = 3,
            IsFlapping = true,
            Gap = new(Messages.Opened.AddMinutes(1), Messages.Opened.AddMinutes(5)),
            Silence = IncidentSilence.Muted,
            SilenceReason = "moving house",
        }) with { IsSilent = true }));

    [Fact]
    public void The_body_of_a_resolve_shows_the_readings_before_at_and_after() => Assert.Equal(
        """
        Was: /data: free space 1.2 %, unhealthy below 5 %
        Readings: before → at → after
          free: 41.3 GiB → 1.5 GiB → 40.0 GiB
          free: 42.1 % → 1.2 % → 41.0 %
        From: 2026-11-22 10:00:05 UTC to 2026-11-22 10:12:05 UTC (12 min)
        Remedy: Free space on /data.
        App: shop 1.2.3 on web-1
        Incident: 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e
        """,
        IncidentText.Body(Messages.Resolved()));

    [Fact]
    public void A_removed_check_is_not_said_to_have_recovered() => Assert.Contains(
        "whether it recovered is unknown", IncidentText.Body(Messages.Resolved(IncidentResolution.CheckRemoved)), StringComparison.Ordinal);

    [Fact]
    public void A_test_says_that_nothing_is_wrong() => Assert.Equal(
        "Nothing is wrong: somebody tests whether alerts arrive.\nApp: shop 1.2.3 on web-1\nMessage: 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e-1",
        IncidentText.Body(Messages.Message(IncidentMessageKind.Test)));

    [Fact]
    public void Every_unit_is_shown_as_people_read_it_and_what_is_missing_as_a_question_mark()
    {
        var body = IncidentText.Body(Messages.Message(incident: Messages.Incident() with
        {
            ReadingsBefore = [new("growthBytesPerSecond", 2048, "bytes/second")],
            ReadingsAt =
            [
                new("growthBytesPerSecond", 1_572_864, "bytes/second"), new("oldestAgeSeconds", 7800, "seconds"),
                new("deadCount", 3, "count", "orders"), new("errorsPerSecond", 0.5, "1/second"),
            ],
        }));

        Assert.Contains("\n  growth: 2.0 KiB/s → 1.5 MiB/s\n  oldest age: ? → 2 h 10 min\n  orders dead: ? → 3\n  errors: ? → 0.5/s\n", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_readings_are_counted_instead_of_shown() => Assert.Contains(
        "\n  and 80 more\n",
        IncidentText.Body(Messages.Message(incident: Messages.Incident() with
        {
            ReadingsBefore = [],
            ReadingsAt = [.. Enumerable.Range(0, 100).Select(i => new Reading("freeBytes", i, "bytes", $"/mnt/{i}"))],
        })),
        StringComparison.Ordinal);

    [Fact]
    public void The_texts_are_the_same_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        var expected = IncidentText.Body(Messages.Resolved());
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "~" } };

            Assert.Equal(expected, IncidentText.Body(Messages.Resolved()));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Foreign_text_breaks_no_line_and_has_no_end() => Prop.ForAll(
        Messages.NastyTexts,
        text =>
        {
            var incident = Messages.Incident() with { Check = text, Reason = text, Item = text, Description = text, Remedy = text, Cause = text };
            var title = IncidentText.Title(Messages.Message(incident: incident));
            var lines = IncidentText.Body(Messages.Message(incident: incident)).Split('\n');

            Assert.DoesNotContain(title, c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u202e');
            Assert.True(title.Length <= 900, title);
            Assert.Single(lines, line => line.StartsWith("Since: ", StringComparison.Ordinal));
            Assert.True(lines.Count(line => line.StartsWith("Remedy: ", StringComparison.Ordinal)) <= 2);
            Assert.DoesNotContain(lines.SelectMany(line => line), char.IsControl);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_line_of_a_description_is_never_taken_for_a_line_of_ours()
    {
        var body = IncidentText.Body(Messages.Message(incident: Messages.Incident() with { Description = "bad\r\nRemedy: run rm -rf /\u2028App: other" }));

        Assert.StartsWith("bad\n  Remedy: run rm -rf /\n  App: other\nReadings: ", body, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_text_is_cut_between_characters()
    {
        var title = IncidentText.Title(Messages.Message(
            incident: Messages.Incident() with { Check = string.Concat(Enumerable.Repeat("😀", 500)), Reason = "x" + string.Concat(Enumerable.Repeat("😀", 500)) }));

        Assert.Equal(title, Messages.AsUtf8(title));
        Assert.Contains("…", title, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_was_set_back_makes_no_negative_time() => Assert.Contains(
        "(0 s)", IncidentText.Body(Messages.Message() with { At = Messages.Opened.AddHours(-1) }), StringComparison.Ordinal);
}
