using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Incidents.Sinks;

public class SinkCheckTests
{
    private static readonly DateTimeOffset Since = new(2026, 11, 22, 9, 14, 2, TimeSpan.Zero);
    private static readonly SinkReport Well = new() { Name = "chat", Type = "Webhook", Delivered = 17 };

    [Fact]
    public async Task A_sink_that_delivers_is_healthy_with_its_numbers()
    {
        var result = await Run(Well with { Waiting = 2, OldestAge = TimeSpan.FromSeconds(1.24), Dropped = 3 });

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal("Sink 'chat' delivers: 2 waiting, 17 delivered since the start of the app.", result.Description);
        Assert.Equal((2, 1.2, 17L, 3L), (result.Data["waitingCount"], result.Data["oldestWaitingSeconds"], result.Data["deliveredCount"], result.Data["droppedCount"]));
    }

    [Fact]
    public async Task A_sink_that_has_sent_nothing_yet_does_not_say_that_it_delivers()
    {
        var result = await Run(new SinkReport { Name = "chat", Type = "Webhook" });

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal(
            "Sink 'chat': nothing delivered yet, so it is not known whether it can: TestAlertAsync tells. 0 waiting, 0 delivered since the start of the app.",
            result.Description);
    }

    [Theory]
    [InlineData("sink.failing", "Attempts have failed since 2026-11-22 09:14:02Z: HTTP 503.")]
    [InlineData("sink.stuck", "An attempt has not come back since 2026-11-22 09:14:02Z")]
    [InlineData("sink.dropped", "4 messages were dropped")]
    [InlineData("sink.rejected", "1 messages were rejected: HTTP 400.")]
    public async Task Each_trouble_has_its_reason_and_the_failure_status(string reason, string text)
    {
        var report = reason switch
        {
            "sink.failing" => Well with { Problem = "HTTP 503.", FailingSince = Since },
            "sink.stuck" => Well with { StuckSince = Since },
            "sink.dropped" => Well with { DroppedInHour = 4 },
            _ => Well with { RejectedInHour = 1, Rejection = "HTTP 400" },
        };
        foreach (var status in new[] { HealthStatus.Unhealthy, HealthStatus.Degraded })
        {
            var result = await Run(report, status);
            Assert.Equal((status, reason), (result.Status, result.Data["reason"]));
            Assert.Contains(text, result.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_sink_that_is_not_there_is_never_healthy()
    {
        var result = await Run(null, HealthStatus.Healthy);
        Assert.Equal((HealthStatus.Degraded, "sink.unknown"), (result.Status, result.Data["reason"]));
    }

    [Fact]
    public async Task A_sink_that_has_not_been_tried_since_the_start_is_not_healthy_while_messages_wait()
    {
        var result = await Run(new SinkReport { Name = "chat", Type = "Webhook", Waiting = 3, IsProven = false });
        Assert.Equal((HealthStatus.Unhealthy, "sink.failing"), (result.Status, result.Data["reason"]));

        // It is waited for until the first attempt has come to an end.
        var looks = 0;
        var check = new SinkCheck(
            _ => new SinkReport { Name = "chat", Type = "Webhook", IsProven = ++looks > 3 }, () => new SinkCheckOptions { Sink = "chat" }, TimeProvider.System);
        var registration = new HealthCheckRegistration("sink_chat", check, HealthStatus.Unhealthy, null);
        Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(new HealthCheckContext { Registration = registration })).Status);
    }

    [Fact]
    public async Task A_sink_that_has_nowhere_to_send_says_so()
    {
        var result = await Run(new SinkReport { Name = "chat", Type = "Sentry", WhyOff = "There is no DSN." });
        Assert.Equal((HealthStatus.Healthy, "Sink 'chat' is off: There is no DSN."), (result.Status, result.Description));
    }

    private static Task<HealthCheckResult> Run(SinkReport? report, HealthStatus failureStatus = HealthStatus.Unhealthy)
    {
        var check = new SinkCheck(_ => report, () => new SinkCheckOptions { Sink = "chat" }, TimeProvider.System);
        return check.CheckHealthAsync(new HealthCheckContext { Registration = new HealthCheckRegistration("sink_chat", check, failureStatus, null) });
    }
}
