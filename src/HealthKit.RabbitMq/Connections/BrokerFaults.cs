using System.Net.Sockets;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace HealthKit;

/// <summary>What it means when a broker refuses, or the driver gives up. Of the broker's own words only those are shown that name no user.</summary>
internal static class BrokerFaults
{
    /// <summary>AMQP 0-9-1, "Reply codes".</summary>
    private const ushort ConnectionForced = 320, AccessRefused = 403, NotFound = 404, ResourceLocked = 405, NotAllowed = 530;

    /// <summary>While logging in.</summary>
    public static StageException InLogin(Exception error, RabbitMqAddress address)
    {
        var virtualHost = $"virtual host {ForeignText.Shown(address.VirtualHost, 255)}";
        if (Find<AuthenticationFailureException>(error) is not null)
        {
            return Refused("auth.rejected", "the broker does not accept the user and password", error);
        }

        if (ReasonOf(error) is { Initiator: ShutdownInitiator.Peer } reason)
        {
            var text = reason.ReplyText ?? "";
            return reason.ReplyCode switch
            {
                AccessRefused => Refused("auth.rejected", "the broker does not accept the user and password", error),
                NotAllowed when Has(text, "limit") => Refused("rabbitmq.connectionLimit", $"the limit of connections is reached, that of the user or of {virtualHost}", error),
                NotAllowed when Has(text, "not found") => Refused("rabbitmq.noVhost", $"there is no {virtualHost}", error),
                NotAllowed when Has(text, "is down") => Refused("rabbitmq.vhostDown", $"{virtualHost} is down", error),
                NotAllowed when Has(text, "refused") => Refused("rabbitmq.vhostDenied", $"the user has no access to {virtualHost}", error),
                ConnectionForced => Refused("rabbitmq.closed", "the broker closed the connection: it is shutting down, or somebody closed it there", error),
                _ => Refused("rabbitmq.refused", $"the broker closed the connection with code {reason.ReplyCode}", error),
            };
        }

        if (Find<EndOfStreamException>(error) is not null)
        {
            return Refused(
                "rabbitmq.closed", "the connection was closed during the login: by a proxy without a backend, a broker that is full, or something that speaks no AMQP", error);
        }

        if (Find<SocketException>(error) is not null || Find<ChannelClosedException>(error) is not null || Find<ObjectDisposedException>(error) is not null)
        {
            return Refused("rabbitmq.closed", $"the connection was cut during the login{(Find<SocketException>(error) is { } cut ? $" ({cut.SocketErrorCode})" : "")}", error);
        }

        if (Find<BrokerUnreachableException>(error)?.InnerException is IOException io && Has(io.Message, "authentication mechanism"))
        {
            return Refused("auth.mechanism", "the broker offers no login by user and password (PLAIN)", error);
        }

        return IsForeign(error)
            ? Refused("rabbitmq.protocol", "what answers there does not speak AMQP 0-9-1", error)
            : Refused("rabbitmq.failed", $"the login failed ({Name(error)})", error);
    }

    /// <summary>When a connection that stood was lost, or what came was none.</summary>
    public static StageException InUse(Exception error) => ReasonOf(error) switch
    {
        { Initiator: ShutdownInitiator.Peer, ReplyCode: ConnectionForced } =>
            new StageException(Stage.Use, "rabbitmq.closed", "the broker closed the connection: it is shutting down, or somebody closed it there", error) { Answered = true },
        { Initiator: ShutdownInitiator.Peer, ReplyCode: var code } =>
            new StageException(Stage.Use, "rabbitmq.refused", $"the broker refused with code {code}", error) { Answered = true },
        _ when IsForeign(error) => new StageException(Stage.Use, "rabbitmq.protocol", "what answers there does not keep to AMQP 0-9-1", error),
        _ => new StageException(Stage.Use, "rabbitmq.closed", $"the connection broke ({Name(error)})", error),
    };

    /// <summary>Whether the broker said that something is not there.</summary>
    public static bool IsNotFound(Exception error) => ReasonOf(error) is { Initiator: ShutdownInitiator.Peer, ReplyCode: NotFound };

    /// <summary>Whether the broker said that it is not for this user.</summary>
    public static bool IsDenied(Exception error) => ReasonOf(error) is { Initiator: ShutdownInitiator.Peer, ReplyCode: AccessRefused };

    /// <summary>Whether the broker said that it belongs to another connection: it is there.</summary>
    public static bool IsExclusive(Exception error) => ReasonOf(error) is { Initiator: ShutdownInitiator.Peer, ReplyCode: ResourceLocked };

    /// <summary>Whether a connection ended, or the driver gave up on it.</summary>
    public static bool IsOne(Exception error) =>
        error is RabbitMQClientException or ChannelClosedException or IOException or SocketException or ObjectDisposedException or TimeoutException;

    private static StageException Refused(string reason, string text, Exception error) => new(Stage.Authenticate, reason, text, error) { Answered = true };

    private static ShutdownEventArgs? ReasonOf(Exception error) => Find<OperationInterruptedException>(error)?.ShutdownReason;

    private static bool IsForeign(Exception error) =>
        Find<ProtocolException>(error) is not null || Find<ProtocolViolationException>(error) is not null || Find<PacketNotRecognizedException>(error) is not null
        || Find<WireFormattingException>(error) is not null || Find<BrokerUnreachableException>(error) is { InnerException: not (OperationCanceledException or TimeoutException) }
        || ReasonOf(error) is { Initiator: ShutdownInitiator.Library };

    private static T? Find<T>(Exception? error)
        where T : Exception
    {
        for (var (e, depth) = (error, 0); e is not null && depth < 16; (e, depth) = (e.InnerException, depth + 1))
        {
            if (e is T found)
            {
                return found;
            }

            if (e is AggregateException { InnerExceptions: var all } && all.Select(Find<T>).FirstOrDefault(one => one is not null) is { } inner)
            {
                return inner;
            }
        }

        return null;
    }

    /// <summary>What kind of error it is: its text may hold addresses and names.</summary>
    private static string Name(Exception error) => (error.InnerException ?? error) switch
    {
        SocketException e => e.SocketErrorCode.ToString(),
        var e => e.GetType().Name,
    };

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
}
