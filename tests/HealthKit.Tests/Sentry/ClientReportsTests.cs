using System.Text.Json;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Sentry;

public class ClientReportsTests
{
    private readonly ClientReports _reports = new(new ManualTime(new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero)));

    [Fact]
    public void What_was_lost_is_added_up_and_taken_once()
    {
        _reports.Add(DiscardReason.QueueOverflow, SentryCategory.Error, 2);
        _reports.Add(DiscardReason.QueueOverflow, SentryCategory.Error);
        _reports.Add(DiscardReason.NetworkError, SentryItem.CheckIn("{}"u8.ToArray()));
        _reports.Add(DiscardReason.RateLimitBackoff, SentryItem.Attachment("a", new byte[10], "text/plain"));
        _reports.Add(DiscardReason.SendError, SentryItem.ClientReport("{}"u8.ToArray()));
        var item = _reports.Take()!.ToItem();
        Assert.Equal(
            """{"timestamp":"2026-11-22T12:00:00Z","discarded_events":[{"reason":"ratelimit_backoff","category":"attachment","quantity":10},{"reason":"network_error","category":"monitor","quantity":1},{"reason":"queue_overflow","category":"error","quantity":3}]}""",
            System.Text.Encoding.UTF8.GetString(item.Payload.Span));
        Assert.Null(_reports.Take());
    }

    [Fact]
    public void What_did_not_get_through_is_added_to_what_was_lost_meanwhile()
    {
        _reports.Add(DiscardReason.NetworkError, SentryCategory.Monitor, 4);
        var report = _reports.Take()!;
        _reports.Add(DiscardReason.NetworkError, SentryCategory.Monitor);
        _reports.Return(report);
        Assert.Equal([new(DiscardReason.NetworkError, SentryCategory.Monitor, 5)], _reports.Take()!.Losses);
    }

    [Fact]
    public void The_largest_report_there_can_be_is_one_that_Sentry_takes()
    {
        foreach (var reason in Enum.GetValues<DiscardReason>())
        {
            foreach (var category in Enum.GetValues<SentryCategory>())
            {
                _reports.Add(reason, category, long.MaxValue);
                _reports.Add(reason, category, long.MaxValue);
            }
        }

        var payload = _reports.Take()!.ToItem().Payload;
        Assert.True(payload.Length <= SentryLimits.ClientReportBytes, $"{payload.Length} bytes");
        PayloadRules.ClientReport.Check(JsonDocument.Parse(payload).RootElement);
    }

    [Fact]
    public async Task Threads_that_count_and_take_at_once_lose_nothing()
    {
        var taken = 0L;
        var counting = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                _reports.Add(DiscardReason.QueueOverflow, SentryCategory.Error);
                if (i % 10 == 0 && _reports.Take() is { } report)
                {
                    if (i % 20 == 0)
                    {
                        _reports.Return(report);
                    }
                    else
                    {
                        Interlocked.Add(ref taken, report.Losses.Sum(loss => loss.Quantity));
                    }
                }
            }
        }));
        await Task.WhenAll(counting);
        Assert.Equal(20_000, taken + (_reports.Take()?.Losses.Sum(loss => loss.Quantity) ?? 0));
    }
}
