using System.Security.Cryptography;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace HealthKit;

/// <summary>
/// Sends a message through a queue that is the check's own, and takes it back. The queue belongs to one connection and the message is published by another: an
/// alarm stops the one that publishes, and the queue can still be deleted.
/// </summary>
internal static class RoundTrip
{
    private const string Permissions =
        "rabbitmqctl set_permissions sets all three patterns of a user anew, so add to what it has: configure '^amq\\.gen-.*', write '^amq\\.default$', read '^amq\\.gen-.*'";

    private static readonly Dictionary<string, object?> Classic = new() { ["x-queue-type"] = "classic" };

    /// <summary>Goes once round.</summary>
    public static async Task GoAsync(BrokerLink link, BrokerLink publisher, BrokerReport report, TimeProvider time, CancellationToken token)
    {
        var from = time.GetTimestamp();
        string queue;
        try
        {
            var channel = await link.ChannelAsync(token).ConfigureAwait(false);
            queue = (await channel.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, Classic, cancellationToken: token).ConfigureAwait(false)).QueueName;
        }
        catch (Exception e) when (link.IsOpen && BrokerFaults.IsDenied(e))
        {
            Deny(report, "configure on amq.gen-*, to have a queue of its own");
            return;
        }

        try
        {
            var body = RandomNumberGenerator.GetBytes(16);
            if (await PublishAsync(publisher, queue, body, report, token).ConfigureAwait(false) && await TakeAsync(link, queue, body, report, token).ConfigureAwait(false))
            {
                var took = time.GetElapsedTime(from);
                report.Set("roundTripSeconds", Math.Round(took.TotalSeconds, 6));
                report.AddFact($"a message came back in {Latency.Text(took)}");
            }
        }
        finally
        {
            if (link.IsOpen)
            {
                var channel = await link.ChannelAsync(token).ConfigureAwait(false);
                await channel.QueueDeleteAsync(queue, cancellationToken: token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What a broker says that takes no messages.</summary>
    public static void TellAlarm(BrokerReport report, string blocked)
    {
        var memory = blocked.Contains("memory", StringComparison.OrdinalIgnoreCase);
        var disk = blocked.Contains("disk", StringComparison.OrdinalIgnoreCase);
        const string means = "the broker takes no messages from anybody until that is over";
        if (memory)
        {
            report.Add(GaugeLevel.Unhealthy, "rabbitmq.alarm.memory", $"memory alarm ({blocked}): {means}");
        }

        if (disk)
        {
            report.Add(GaugeLevel.Unhealthy, "rabbitmq.alarm.disk", $"disk alarm ({blocked}): {means}");
        }

        if (!memory && !disk)
        {
            report.Add(GaugeLevel.Unhealthy, "rabbitmq.blocked", $"publishing is blocked ({blocked}): {means}");
        }
    }

    private static async Task<bool> PublishAsync(BrokerLink publisher, string queue, byte[] body, BrokerReport report, CancellationToken token)
    {
        try
        {
            var channel = await publisher.ChannelAsync(token).ConfigureAwait(false);
            var properties = new BasicProperties { Type = "healthkit-round-trip", Expiration = "60000" };
            if (await UnlessBlockedAsync(publisher, channel.BasicPublishAsync("", queue, mandatory: true, properties, body, token).AsTask()).ConfigureAwait(false)

                // With an alarm the broker may still take the first message of a connection, and reads nothing after it: an answer tells that there is none.
                && await UnlessBlockedAsync(publisher, channel.BasicQosAsync(0, 1, global: false, token)).ConfigureAwait(false))
            {
                return true;
            }

            TellAlarm(report, publisher.Blocked ?? "no reason given");
            return false;
        }
        catch (PublishException e)
        {
            report.Add(
                GaugeLevel.Unhealthy, "rabbitmq.roundTrip.lost", e.IsReturn ? "a message to a queue that is there came back as unroutable" : "the broker refused to take a message (nack)");
            return false;
        }
        catch (Exception e) when (publisher.IsOpen && BrokerFaults.IsDenied(e))
        {
            Deny(report, "write on amq.default, to send a message to that queue");
            return false;
        }
    }

    /// <summary>Whether something came to its end, and the broker did not stop to read before.</summary>
    private static async Task<bool> UnlessBlockedAsync(BrokerLink publisher, Task doing)
    {
        if (await Task.WhenAny(doing, publisher.WhenBlocked).ConfigureAwait(false) == doing)
        {
            await doing.ConfigureAwait(false);
            return true;
        }

        // It ends when the alarm does, or with the connection.
        LeftBehind.Forget(doing);
        return false;
    }

    private static async Task<bool> TakeAsync(BrokerLink link, string queue, byte[] body, BrokerReport report, CancellationToken token)
    {
        try
        {
            var channel = await link.ChannelAsync(token).ConfigureAwait(false);
            var taken = await channel.BasicGetAsync(queue, autoAck: false, token).ConfigureAwait(false);
            if (taken is null || !taken.Body.Span.SequenceEqual(body))
            {
                report.Add(GaugeLevel.Unhealthy, "rabbitmq.roundTrip.lost", taken is null ? "a message that the broker had confirmed was not in its queue" : "another message came back than was sent");
                return false;
            }

            await channel.BasicAckAsync(taken.DeliveryTag, multiple: false, token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (link.IsOpen && BrokerFaults.IsDenied(e))
        {
            Deny(report, "read on amq.gen-*, to take the message back");
            return false;
        }
    }

    private static void Deny(BrokerReport report, string permission) =>
        report.AddDenied($"whether messages get through is not known: the user lacks the permission {permission} ({Permissions}), or set RoundTrip to false");
}
