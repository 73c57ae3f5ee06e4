using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace HealthKit;

/// <summary>
/// What the app's consumer needs to acknowledge canaries: messages that the RabbitMQ check sends along the app's own route, to see that they are not just queued
/// but worked on. It works wherever the consumer runs, in this process or in another: the acknowledgement travels by the broker.
/// </summary>
/// <example>
/// <code>
/// consumer.ReceivedAsync += async (_, delivery) =>
/// {
///     if (!await RabbitMqCanary.TryAcknowledgeAsync(connection, delivery.BasicProperties))
///     {
///         await HandleAsync(delivery);
///     }
///
///     await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
/// };
/// </code>
/// </example>
public static class RabbitMqCanary
{
    /// <summary>The header that marks a canary: its id, and the time at which it was sent (ISO 8601). Its body is empty.</summary>
    public const string HeaderName = "x-healthkit-canary";

    /// <summary>
    /// How the broker names the way back to whoever asked (https://www.rabbitmq.com/docs/direct-reply-to). Nothing else is replied to: a message must not
    /// make the app publish to any queue it likes.
    /// </summary>
    private const string WayBack = "amq.rabbitmq.reply-to.";

    /// <summary>How long the acknowledgement may take: the app's consumer has its own work to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Whether a message is a canary, which carries no work.</summary>
    /// <param name="properties">The message's properties.</param>
    /// <exception cref="ArgumentNullException"><paramref name="properties"/> is null.</exception>
    public static bool IsCanary(IReadOnlyBasicProperties properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        return properties.Headers?.ContainsKey(HeaderName) == true;
    }

    /// <summary>
    /// Acknowledges a message if it is a canary: publishes an empty reply by a channel of its own, so that the app's channels stay as they are. The user needs write
    /// permission on the default exchange (<c>amq.default</c>). A canary that could not be acknowledged is no error here: the check tells of it.
    /// </summary>
    /// <param name="connection">The app's connection to the broker.</param>
    /// <param name="properties">The message's properties.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether it was a canary: then there is no work in it. The app acknowledges or rejects the message to the broker as any other.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<bool> TryAcknowledgeAsync(IConnection connection, IReadOnlyBasicProperties properties, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (!IsCanary(properties))
        {
            return false;
        }

        if (properties.ReplyTo is not { } replyTo || !replyTo.StartsWith(WayBack, StringComparison.Ordinal))
        {
            return true;
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(Patience);
        try
        {
            var channel = await connection.CreateChannelAsync(cancellationToken: enough.Token).ConfigureAwait(false);
            await using (channel.ConfigureAwait(false))
            {
                var reply = new BasicProperties { CorrelationId = properties.CorrelationId };
                await channel.BasicPublishAsync("", replyTo, mandatory: false, reply, ReadOnlyMemory<byte>.Empty, enough.Token).ConfigureAwait(false);
                await channel.CloseAsync(enough.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is RabbitMQClientException or ChannelClosedException or IOException or ObjectDisposedException or TimeoutException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The check waits in vain and says so. The app's consumer goes on.
        }

        return true;
    }
}
