using HealthKit.Tests.Incidents.Sinks;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Sentry;

/// <summary>The outbox is what keeps events while Sentry is away.</summary>
public sealed class SentryOutboxTests
{
    [Fact]
    public async Task After_Sentry_was_off_for_an_hour_all_events_arrive_once_in_order_with_their_own_times()
    {
        var port = LoopbackPort.Free();
        using var outboxes = new DeliveryBench();
        using var sink = Sink(outboxes, $"http://{SentryReceiver.Key}@127.0.0.1:{port}/{SentryReceiver.Project}");
        using var gated = new Gated(sink);
        var delivery = outboxes.Start(("sentry", gated));
        for (var minute = 0; minute < 60; minute++)
        {
            delivery.Enqueue(DeliveryMessages.Of(minute) with { At = outboxes.Time.GetUtcNow() });
            await Idle(delivery);
            await gated.Between(() => outboxes.Time.Advance(TimeSpan.FromMinutes(1)));
        }

        Assert.Equal(60, delivery.States[0].Waiting);
        Assert.NotNull(delivery.States[0].FailingSince);

        await using var receiver = await SentryReceiver.StartAsync(port: port);
        var back = outboxes.Time.GetUtcNow();
        await Wait.For(
            () =>
            {
                if (delivery.States[0].Waiting > 0 && delivery.Workers[0].SleepsForAWhile)
                {
                    gated.Between(() => outboxes.Time.Advance(TimeSpan.FromMinutes(1))).Wait();
                }

                return delivery.States[0] is { Waiting: 0, Delivered: 60 };
            },
            40);

        Assert.Empty(receiver.Violations);
        Assert.Equal(60, receiver.Requests);
        var events = receiver.Accepted.Select(envelope => envelope["event"]).ToList();
        Assert.Equal(DeliveryMessages.Ids(0, 60).Select(SentryEvents.IdOf), events.Select(json => json.Text("event_id")));
        Assert.Equal(
            Enumerable.Range(0, 60).Select(minute => DeliveryMessages.Start.AddMinutes(minute)),
            events.Select(json => json.At("timestamp").GetDateTimeOffset()));
        Assert.All(receiver.Accepted, envelope => Assert.InRange(envelope.SentAt, back, outboxes.Time.GetUtcNow()));
    }

    [Fact]
    public async Task A_limited_event_waits_in_the_outbox_for_as_long_as_Sentry_asked()
    {
        await using var receiver = await SentryReceiver.StartAsync();
        using var outboxes = new DeliveryBench();
        using var sink = Sink(outboxes, receiver.Dsn);
        var delivery = outboxes.Start(("sentry", sink));
        receiver.Answer(SentryAnswer.TooMany("120:error"));
        delivery.Enqueue(DeliveryMessages.Of(1));
        await Wait.For(() => delivery.States[0].Problem is not null);
        await Idle(delivery);
        outboxes.Time.Advance(TimeSpan.FromSeconds(119));
        await Idle(delivery);
        Assert.Equal(1, receiver.Requests);
        outboxes.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(SentryEvents.IdOf(DeliveryMessages.Of(1).Id), (await receiver.NextAsync())["event"].Text("event_id"));
    }

    private static SentrySink Sink(DeliveryBench outboxes, string dsn)
    {
        Assert.True(SentryDsn.TryParse(dsn, out var parsed, out _));
        var client = new SentryClient(
            "sentry",
            new SentrySettings { Dsn = parsed },
            new SentryTransport(parsed, new SentryTransportOptions(), outboxes.Redactor, outboxes.Time),
            sender: null,
            outboxes.Redactor,
            new SentryTrail(),
            new SentryApp("test", null, "here"));

        // There is no evidence here, and nobody waits for any: the clock stands still.
        return new SentrySink(new SentryClients(), client, _ => "{}", check => check, outboxes.Time);
    }

    private static Task Idle(IncidentDelivery delivery) => Wait.For(() => delivery.Workers.All(worker => worker.Sleeps || worker.SleepsForAWhile), 40);

    /// <summary>Keeps the clock from being turned while an attempt is under way, which would time out then.</summary>
    private sealed class Gated(SentrySink sink) : IIncidentSink, IDisposable
    {
        private readonly SemaphoreSlim _gate = new(1);

        public async Task Between(Action turn)
        {
            await _gate.WaitAsync();
            turn();
            _gate.Release();
        }

        public async Task<SinkResult> SendAsync(IncidentMessage message, CancellationToken cancellationToken)
        {
            await _gate.WaitAsync(cancellationToken);
            try
            {
                return await sink.SendAsync(message, cancellationToken);
            }
            finally
            {
                _gate.Release();
            }
        }

        public void Dispose() => _gate.Dispose();
    }
}
