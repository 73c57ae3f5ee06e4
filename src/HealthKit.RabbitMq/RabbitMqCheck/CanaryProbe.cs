using System.Globalization;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace HealthKit;

/// <summary>
/// Sends a message along the app's route now and then, and waits for the app to acknowledge it. There is at most one on its way. A reply comes to the channel that
/// sent it and to no other, so its connection is kept for as long.
/// </summary>
internal sealed class CanaryProbe(TimeProvider time)
{
    /// <summary>A pseudo-queue of the broker, which needs no permission and leaves nothing behind.</summary>
    private const string ReplyTo = "amq.rabbitmq.reply-to";

    /// <summary>How long a run waits for a reply: most come at once.</summary>
    private static readonly TimeSpan Waiting = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What has expired stays in a queue until all before it is gone, or goes to its dead-letter exchange. So the fewer are sent, the more were lost.
    /// </summary>
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(10);

    private int _busy;
    private string? _route;
    private BrokerLink? _link;
    private IChannel? _channel;
    private volatile Canary? _canary;
    private long _sentAt;
    private bool _everSent;
    private int _lost;
    private (GaugeLevel Level, string Reason, string Text)? _standing;
    private TimeSpan? _took;

    /// <summary>Whether a reply may still come by a connection.</summary>
    public bool Waits(BrokerLink link) => _canary is { } canary && canary.Link == link;

    /// <summary>
    /// Looks for the reply of the one that is on its way, and sends another when it is time. Only the sending is the broker's time: how long the app takes is
    /// the app's.
    /// </summary>
    public async Task GoAsync(StageRun run, BrokerLink publisher, RabbitMqPlan plan, BrokerReport report)
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            return; // another run's business
        }

        try
        {
            if (_route != plan.CanaryRoute)
            {
                (_route, _canary, _standing, _took, _lost, _everSent) = (plan.CanaryRoute, null, null, null, 0, false);
            }

            if (_canary is { Link.IsOpen: false })
            {
                // Its way back is gone: nobody knows.
                _canary = null;
            }

            if (_canary is null && (!_everSent || time.GetElapsedTime(_sentAt) >= Interval(plan.Options)))
            {
                await run.DoAsync(Stage.Use, token => SendAsync(publisher, plan, token)).ConfigureAwait(false);
            }

            if (_canary is { } canary)
            {
                await WaitAsync(run, canary, run.Token).ConfigureAwait(false);
                Judge(canary, plan);
            }

            Tell(report, plan);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private TimeSpan Interval(RabbitMqOptions options)
    {
        var longest = options.CanaryInterval > LongestBackOff ? options.CanaryInterval : LongestBackOff;
        var interval = options.CanaryInterval * Math.Pow(2, Math.Min(_lost, 20));
        return interval < longest ? interval : longest;
    }

    private async Task SendAsync(BrokerLink publisher, RabbitMqPlan plan, CancellationToken token)
    {
        _sentAt = time.GetTimestamp();
        _everSent = true;
        var id = Guid.NewGuid().ToString("N");
        var canary = new Canary(id, publisher, time.GetTimestamp());
        var properties = new BasicProperties
        {
            Headers = new Dictionary<string, object?> { [RabbitMqCanary.HeaderName] = $"{id} {time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ}" },
            Type = "healthkit-canary",
            MessageId = id,
            CorrelationId = id,
            ReplyTo = ReplyTo,
            Expiration = Math.Ceiling(plan.Options.CanaryLostAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
        };
        try
        {
            var channel = await ChannelAsync(publisher, token).ConfigureAwait(false);
            _canary = canary; // a reply may come before the confirm
            await channel.BasicPublishAsync(
                plan.Options.CanaryExchange ?? "", plan.Options.CanaryRoutingKey ?? "", mandatory: true, properties, ReadOnlyMemory<byte>.Empty, token).ConfigureAwait(false);
        }
        catch (PublishException e)
        {
            _canary = null;
            _standing = e.IsReturn
                ? (GaugeLevel.Unhealthy, "rabbitmq.canary.unrouted", $"a canary to {plan.CanaryRoute} reached no queue: nothing is bound there")
                : (GaugeLevel.Unhealthy, "rabbitmq.canary.lost", $"a canary to {plan.CanaryRoute} was not taken (nack): the queue is full, or out of service");
        }
        catch (Exception e) when (publisher.IsOpen && BrokerFaults.IsNotFound(e))
        {
            _canary = null;
            _standing = (GaugeLevel.Unhealthy, "rabbitmq.exchangeMissing", $"there is no exchange for canaries to {plan.CanaryRoute}");
        }
        catch (Exception e) when (publisher.IsOpen && BrokerFaults.IsDenied(e))
        {
            _canary = null;
            var exchange = plan.Options.CanaryExchange is { } name ? $"exchange {ForeignText.Shown(name, 255)}" : "default exchange (amq.default)";
            _standing = (GaugeLevel.Degraded, "rabbitmq.denied", $"whether the app works on messages is not known: the user lacks write on the {exchange} (rabbitmqctl set_permissions)");
        }
        catch (Exception)
        {
            _canary = null;
            throw;
        }
    }

    private async Task<IChannel> ChannelAsync(BrokerLink publisher, CancellationToken token)
    {
        if (_link == publisher && _channel is { IsOpen: true } open)
        {
            return open;
        }

        var channel = await publisher.OpenChannelAsync(token).ConfigureAwait(false);
        await channel.BasicConsumeAsync(
            ReplyTo, autoAck: true, consumerTag: "", noLocal: false, exclusive: false, arguments: null, new Replies(channel, this), token).ConfigureAwait(false);
        (_link, _channel) = (publisher, channel);
        return channel;
    }

    /// <summary>Waits a moment. It must not cost the run its result.</summary>
    private async Task WaitAsync(StageRun run, Canary canary, CancellationToken token)
    {
        var left = (run.Deadline - run.Elapsed) / 2;
        using var enough = new CancellationTokenSource(left < Waiting ? left > TimeSpan.Zero ? left : TimeSpan.Zero : Waiting, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, token);
        try
        {
            await canary.Replied.Task.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // The next run looks again.
        }
    }

    private void Judge(Canary canary, RabbitMqPlan plan)
    {
        var options = plan.Options;
        if (canary.Replied.Task.IsCompletedSuccessfully)
        {
            var took = time.GetElapsedTime(canary.SentAt, canary.Replied.Task.Result);
            _took = took;
            _canary = null;
            _lost = 0;
            _standing = took >= options.CanaryLateAfter
                ? (GaugeLevel.Degraded, "rabbitmq.canary.late", $"the app acknowledged the last canary after {Latency.Text(took)} (late after {Latency.Text(options.CanaryLateAfter)})")
                : null;
            return;
        }

        var age = time.GetElapsedTime(canary.SentAt);
        if (age >= options.CanaryLostAfter)
        {
            _canary = null;
            _took = null;
            _lost++;
            _standing = (
                GaugeLevel.Unhealthy,
                "rabbitmq.canary.lost",
                $"the app did not acknowledge a canary to {plan.CanaryRoute} within {Latency.Text(options.CanaryLostAfter)}: no consumer takes it, none acknowledges canaries, or the consumer's user lacks write on amq.default, by which it replies");
        }
        else if (age >= options.CanaryLateAfter && _standing is not { Level: GaugeLevel.Unhealthy })
        {
            _standing = (
                GaugeLevel.Degraded, "rabbitmq.canary.late", $"the app has not acknowledged a canary to {plan.CanaryRoute} for {Latency.Text(age)} (late after {Latency.Text(options.CanaryLateAfter)})");
        }
    }

    private void Tell(BrokerReport report, RabbitMqPlan plan)
    {
        if (_standing is var (level, reason, text))
        {
            report.Add(level, reason, text);
        }
        else if (_took is null && _canary is not null)
        {
            report.AddFact($"a canary is on its way to {plan.CanaryRoute}");
        }

        if (_took is { } took)
        {
            report.Set("canarySeconds", Math.Round(took.TotalSeconds, 6));
            if (_standing is null)
            {
                report.AddFact($"the app acknowledged a canary in {Latency.Text(took)}");
            }
        }
    }

    private void Replied(string? id)
    {
        if (_canary is { } canary && canary.Id == id)
        {
            canary.Replied.TrySetResult(time.GetTimestamp());
        }
    }

    private sealed class Canary(string id, BrokerLink link, long sentAt)
    {
        public string Id => id;

        public BrokerLink Link => link;

        public long SentAt => sentAt;

        /// <summary>When the reply came.</summary>
        public TaskCompletionSource<long> Replied { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Replies(IChannel channel, CanaryProbe probe) : AsyncDefaultBasicConsumer(channel)
    {
        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body,
            CancellationToken cancellationToken = default)
        {
            probe.Replied(properties.CorrelationId);
            return Task.CompletedTask;
        }
    }
}
