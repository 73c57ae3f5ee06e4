using System.Net.Sockets;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace HealthKit;

/// <summary>
/// A connection to a broker that has been logged in, with one channel. It is used by one run at a time, and may outlive it. It does not recover by
/// itself: what happened to it is what a check wants to know.
/// </summary>
internal sealed class BrokerLink : IDisposable
{
    /// <summary>
    /// RabbitMQ closes a connection after two intervals without a sign of life (https://www.rabbitmq.com/docs/heartbeats): what is left behind by a process
    /// that was killed is gone then.
    /// </summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(30);

    /// <summary>How long a close may take until the socket is closed without the other side's consent.</summary>
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(2);

    /// <summary>A message of a check is small, and so is what a broker says of itself.</summary>
    private const uint MostBytes = 256 * 1024;

    private readonly BrokerStream _stream;
    private readonly IConnection _connection;
    private readonly TaskCompletionSource _whenBlocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IChannel _channel;
    private volatile string? _blocked;
    private int _closed;

    private BrokerLink(BrokerStream stream, IConnection connection, IChannel channel, bool publishes, long openedAt)
    {
        _stream = stream;
        _connection = connection;
        _channel = channel;
        Publishes = publishes;
        OpenedAt = openedAt;
    }

    /// <summary>When it was opened, as the clock's timestamp.</summary>
    public long OpenedAt { get; }

    /// <summary>Whether it publishes, with confirms. A broker with an alarm stops to read from those that do, and from no others.</summary>
    public bool Publishes { get; }

    /// <summary>Whether it stands, as far as this side knows.</summary>
    public bool IsOpen => _connection.IsOpen;

    /// <summary>Why the broker reads nothing from it; null when it does.</summary>
    public string? Blocked => _blocked;

    /// <summary>Ends when the broker first says that it reads nothing from it.</summary>
    public Task WhenBlocked => _whenBlocked.Task;

    /// <summary>Whether it was ever blocked: then something of an earlier run may still be under way in it.</summary>
    public bool WasBlocked => _whenBlocked.Task.IsCompleted;

    /// <summary>The broker's version as it says itself; null when it does not.</summary>
    public string? Version => _connection.ServerProperties?.TryGetValue("version", out var version) == true && version is byte[] { Length: <= 40 } bytes
        ? ForeignText.Shown(System.Text.Encoding.UTF8.GetString(bytes), 40)
        : null;

    /// <summary>Resolves, connects, goes through TLS where it is asked for, and logs in.</summary>
    /// <exception cref="StageException">A stage failed.</exception>
    public static async Task<BrokerLink> OpenAsync(StageRun run, RabbitMqAddress address, IReadOnlyCollection<string> pins, bool publishes)
    {
        var socket = await Connector.ConnectAsync(run, address.Host, address.Port).ConfigureAwait(false);
        Stream? encrypted = null;
        if (address.Tls)
        {
            encrypted = await TlsClient.AuthenticateAsync(run, new NetworkStream(socket, ownsSocket: false), HostRules.TlsName(address.Host), pins).ConfigureAwait(false);
        }

        var stream = run.Own(new BrokerStream(socket, encrypted));
        var link = await run.DoAsync(Stage.Authenticate, async token =>
        {
            try
            {
                return await LogInAsync(run, address, socket, stream, publishes, token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not (StageException or OperationCanceledException))
            {
                throw BrokerFaults.InLogin(e, address);
            }
        }).ConfigureAwait(false);

        // From here on it is closed by whoever has the link.
        run.Leave(socket);
        run.Leave(stream);
        if (encrypted is not null)
        {
            run.Leave(encrypted);
        }

        return run.Own(link);
    }

    private static async Task<BrokerLink> LogInAsync(StageRun run, RabbitMqAddress address, Socket socket, BrokerStream stream, bool publishes, CancellationToken token)
    {
        var factory = new ConnectionFactory
        {
            // The address that was connected to: nothing is left to be looked up.
            HostName = run.Remote!.Address.ToString(),
            Port = address.Port,
            UserName = address.User,
            Password = address.Password,
            VirtualHost = address.VirtualHost,
            ClientProvidedName = "HealthKit",
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = Heartbeat,
            RequestedChannelMax = 8,
            MaxInboundMessageBodySize = MostBytes,
            RequestedConnectionTimeout = run.Deadline,
            HandshakeContinuationTimeout = run.Deadline,
            ContinuationTimeout = run.Deadline,
            SocketReadTimeout = run.Deadline,
            SocketWriteTimeout = run.Deadline,
            SocketFactory = _ => stream,
        };

        // It outlives the run: it must not hold on to what flows with that.
        Task<IConnection> opening;
        using (ExecutionContext.SuppressFlow())
        {
            opening = Task.Run(() => factory.CreateConnectionAsync(token), CancellationToken.None);
        }

        IConnection connection;
        try
        {
            connection = await opening.ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Its main loop ends with the socket.
            socket.Dispose();
            throw;
        }

        try
        {
            // RabbitMQ.Client 7.1 does not wait for the virtual host to be opened: only the first channel tells.
            var channel = await FirstChannelAsync(connection, publishes, token).ConfigureAwait(false);
            var link = new BrokerLink(stream, connection, channel, publishes, run.Network.Time.GetTimestamp());
            connection.ConnectionBlockedAsync += link.OnBlockedAsync;
            connection.ConnectionUnblockedAsync += link.OnUnblockedAsync;
            return link;
        }
        catch (Exception)
        {
            _ = CloseAsync(connection, stream);
            throw;
        }
    }

    /// <summary>The broker may close the connection instead of opening a channel, at a moment at which the client waits on for the channel.</summary>
    private static async Task<IChannel> FirstChannelAsync(IConnection connection, bool publishes, CancellationToken token)
    {
        var closed = new TaskCompletionSource<ShutdownEventArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += OnShutdownAsync;
        try
        {
            if (connection.CloseReason is { } reason)
            {
                closed.TrySetResult(reason);
            }

            var opening = OpenChannelAsync(connection, publishes, token);
            if (await Task.WhenAny(opening, closed.Task).ConfigureAwait(false) == opening)
            {
                return await opening.ConfigureAwait(false);
            }

            LeftBehind.Forget(opening);
            var why = await closed.Task.ConfigureAwait(false);
            throw why is { Initiator: not ShutdownInitiator.Peer, Exception: { } cause } ? cause : new OperationInterruptedException(why);
        }
        finally
        {
            connection.ConnectionShutdownAsync -= OnShutdownAsync;
        }

        Task OnShutdownAsync(object sender, ShutdownEventArgs e)
        {
            closed.TrySetResult(e);
            return Task.CompletedTask;
        }
    }

    /// <summary>The channel; another one when the broker closed the last, as it does where it refuses something.</summary>
    public async Task<IChannel> ChannelAsync(CancellationToken token)
    {
        if (!_channel.IsOpen)
        {
            var old = _channel;
            _channel = await OpenChannelAsync(_connection, Publishes, token).ConfigureAwait(false);
            await old.DisposeAsync().ConfigureAwait(false);
        }

        return _channel;
    }

    /// <summary>Another channel, which ends with the connection.</summary>
    public Task<IChannel> OpenChannelAsync(CancellationToken token) => OpenChannelAsync(_connection, Publishes, token);

    /// <summary>Says something to which the broker has to answer, and which changes nothing: it opens a channel and closes it.</summary>
    public async Task ExchangeAsync(CancellationToken token)
    {
        var channel = await OpenChannelAsync(token).ConfigureAwait(false);
        await using (channel.ConfigureAwait(false))
        {
            await channel.CloseAsync(token).ConfigureAwait(false);
        }
    }

    /// <summary>Closes it, politely where the other side takes part, and without waiting.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _ = CloseAsync(_connection, _stream);
        }
    }

    private static Task<IChannel> OpenChannelAsync(IConnection connection, bool publishes, CancellationToken token) => connection.CreateChannelAsync(
        new CreateChannelOptions(publishes, publishes, outstandingPublisherConfirmationsRateLimiter: null, consumerDispatchConcurrency: 1), token);

    private static async Task CloseAsync(IConnection connection, BrokerStream stream)
    {
        try
        {
            // The client waits for much longer than it is told, and an alarm keeps the broker from reading the farewell.
            await Task.Run(() => connection.CloseAsync(Constants.ReplySuccess, "Goodbye", ClosingTime, abort: true)).WaitAsync(ClosingTime).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It is closed below, whatever became of the farewell.
        }

        try
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Nobody is left to be told.
        }
    }

    private Task OnBlockedAsync(object sender, ConnectionBlockedEventArgs e)
    {
        _blocked = ForeignText.Shown(e.Reason, 100);
        _whenBlocked.TrySetResult();
        return Task.CompletedTask;
    }

    private Task OnUnblockedAsync(object sender, AsyncEventArgs e)
    {
        _blocked = null;
        return Task.CompletedTask;
    }
}
