using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HealthKit;

/// <summary>One connection to a Redis server, logged in. Commands go out in one write and replies are read in their order.</summary>
internal sealed class RedisConnection : IDisposable
{
    /// <summary>How long it is waited for the rest of a greeting that is not Redis's.</summary>
    private static readonly TimeSpan Listening = TimeSpan.FromMilliseconds(250);

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly RespReader _reader;
    private readonly Network _network;
    private readonly IPEndPoint? _remote;
    private readonly ShownCertificate? _certificate;
    private readonly string? _tlsProtocol;
    private volatile bool _disposed;

    private RedisConnection(StageRun run, Socket socket, Stream stream, RespLimits limits)
    {
        _socket = socket;
        _stream = stream;
        _reader = new RespReader(limits);
        _network = run.Network;
        (_remote, _certificate, _tlsProtocol) = (run.Remote, run.Certificate, run.TlsProtocol);
        OpenedAt = run.Network.Time.GetTimestamp();
    }

    /// <summary>When it was opened, on the clock of the network.</summary>
    public long OpenedAt { get; }

    /// <summary>Whether anything came since the last commands went out.</summary>
    public bool HasHeard { get; private set; }

    /// <summary>Whether it was used by an earlier run.</summary>
    public bool IsOld { get; private set; }

    public bool IsDisposed => _disposed;

    /// <summary>Whether all that came was asked for: what is left over would be taken for the next answer.</summary>
    public bool IsClean => !_reader.IsWithin;

    /// <summary>Resolves, connects, goes through TLS, logs in, and chooses the database. It is closed with the run unless it is let go.</summary>
    /// <param name="run">The run.</param>
    /// <param name="endpoint">The server.</param>
    /// <param name="pins">Fingerprints of which the certificate must have one.</param>
    /// <param name="limits">How much of a reply is read.</param>
    /// <exception cref="StageException">A stage failed.</exception>
    public static async Task<RedisConnection> OpenAsync(StageRun run, RedisEndpoint endpoint, IReadOnlyCollection<string>? pins = null, RespLimits? limits = null)
    {
        var socket = endpoint.SocketPath is { } path
            ? await ConnectAsync(run, path).ConfigureAwait(false)
            : await Connector.ConnectAsync(run, endpoint.Host!, endpoint.Port).ConfigureAwait(false);
        Stream stream = run.Own(new NetworkStream(socket, ownsSocket: true));
        if (endpoint.Tls)
        {
            stream = await TlsClient.AuthenticateAsync(run, stream, endpoint.TlsHost, pins ?? []).ConfigureAwait(false);
        }

        var connection = run.Own(new RedisConnection(run, socket, stream, limits ?? RespLimits.Default));
        run.Leave(socket);
        run.Leave(stream);
        await connection.LogInAsync(run, endpoint).ConfigureAwait(false);
        return connection;
    }

    /// <summary>A run goes on with it: it is closed with that run unless it is let go.</summary>
    public void Join(StageRun run)
    {
        run.Own(this);
        IsOld = true;
        (run.Remote, run.Certificate, run.TlsProtocol) = (_remote, _certificate, _tlsProtocol);
    }

    /// <summary>Sends commands and reads their replies, errors among them.</summary>
    /// <exception cref="StageException">The connection broke, what came is no reply of Redis, or the server said goodbye with an error.</exception>
    public Task<RespValue[]> SendAsync(StageRun run, RespRequest request, Stage stage = Stage.Use) =>
        run.DoAsync(stage, token => ExchangeAsync(request, stage, token));

    public void Dispose()
    {
        _disposed = true;
        _stream.Dispose();
        _socket.Dispose();
    }

    private static Task<Socket> ConnectAsync(StageRun run, string path) => run.DoAsync(Stage.Connect, async token =>
    {
        var socket = run.Own(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token).ConfigureAwait(false);
            return socket;
        }
        catch (SocketException e)
        {
            var (reason, text) = e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => ("tcp.refused", "nothing listens at the socket"),
                SocketError.AccessDenied => ("tcp.denied", "this process may not write to the socket"),
                _ => ("redis.noSocket", $"there is no such socket: {e.Message}"),
            };
            throw new StageException(Stage.Connect, reason, text, e);
        }
    });

    private async Task LogInAsync(StageRun run, RedisEndpoint endpoint)
    {
        List<string[]> commands = [];
        if (endpoint.Password is { } password)
        {
            commands.Add(endpoint.User is { } user ? ["AUTH", user, password] : ["AUTH", password]);
        }

        if (endpoint.Database > 0)
        {
            commands.Add(["SELECT", endpoint.Database.ToString(CultureInfo.InvariantCulture)]);
        }

        if (commands.Count == 0)
        {
            return;
        }

        var replies = await SendAsync(run, new RespRequest([.. commands]), Stage.Authenticate).ConfigureAwait(false);
        for (var i = 0; i < replies.Length; i++)
        {
            if (replies[i].IsError)
            {
                var error = RedisError.Of(replies[i].Text!);
                throw commands[i][0] == "AUTH" ? error.AtAuth() : error.At(Stage.Authenticate, commands[i][0]);
            }

            if (!replies[i].Is("OK"))
            {
                throw new StageException(Stage.Authenticate, RespException.NotRedis, $"what answers there is not Redis: it answered {commands[i][0]} by something else than OK")
                {
                    Answered = true,
                };
            }
        }
    }

    /// <summary>A reply that Redis does not give.</summary>
    public static StageException Unlike(Stage stage, string command, RespValue reply) =>
        new(stage, RespException.NotRedis, $"what answers there is not Redis: it answered {command} by '{ForeignText.Shown(reply.ToString(), 120)}'") { Answered = true };

    private async Task<RespValue[]> ExchangeAsync(RespRequest request, Stage stage, CancellationToken token)
    {
        HasHeard = false;
        var replies = new RespValue[request.Commands];
        var read = 0;
        try
        {
            Exception? unsent = null;
            try
            {
                await _stream.WriteAsync(request.Bytes, token).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                // A server that is full says so, and closes before it is asked: what it said may be here.
                unsent = e;
            }

            for (; read < replies.Length; read++)
            {
                RespValue reply;
                while (!_reader.TryRead(out reply))
                {
                    var count = await _stream.ReadAsync(_reader.Room(), token).ConfigureAwait(false);
                    if (count == 0)
                    {
                        throw Closed(stage, replies.AsSpan(0, read), "the connection was closed", unsent);
                    }

                    HasHeard = true;
                    _reader.Came(count);
                }

                replies[read] = reply;
            }

            return replies;
        }
        catch (RespException e) when (e.Reason == RespException.NotRedis)
        {
            throw new StageException(stage, e.Reason, await NameAsync(stage, token).ConfigureAwait(false), e) { Answered = true };
        }
        catch (RespException e)
        {
            throw new StageException(stage, e.Reason, MayEcho(stage) ? "what it answered is no reply of Redis, or too large" : e.Message, e) { Answered = true };
        }
        catch (ObjectDisposedException e) when (!token.IsCancellationRequested)
        {
            throw Closed(stage, replies.AsSpan(0, read), "the connection was closed", e);
        }
        catch (Exception e) when (e is IOException or SocketException && !token.IsCancellationRequested)
        {
            throw Closed(stage, replies.AsSpan(0, read), WireStream.IsReset(e) ? "the connection was reset" : $"the connection broke ({e.Message})", e);
        }
    }

    private StageException Closed(Stage stage, ReadOnlySpan<RespValue> replies, string how, Exception? error)
    {
        if (replies is [.., { IsError: true } last])
        {
            var goodbye = RedisError.Of(last.Text!);
            return MayEcho(stage) ? goodbye.AtAuth() : goodbye.At(stage, "the connection, before it was closed,");
        }

        var when = _reader.IsWithin ? "within a reply" : replies.Length > 0 ? "before all was answered" : "without an answer";
        return new StageException(stage, ClosedReason, $"{how} {when}", error) { Answered = HasHeard };
    }

    /// <summary>The connection ended before all was answered.</summary>
    public const string ClosedReason = "redis.closed";

    /// <summary>Who answers there, by his first words.</summary>
    private async Task<string> NameAsync(Stage stage, CancellationToken token)
    {
        using var enough = new CancellationTokenSource(Listening, _network.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, token);
        try
        {
            while (_reader.Unread.Length < Greeting.MostBytes && !Greeting.IsWhole(_reader.Unread))
            {
                var count = await _stream.ReadAsync(_reader.Room(), either.Token).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                _reader.Came(count);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // What there is must do.
        }

        var bytes = _reader.Unread[..Math.Min(_reader.Unread.Length, Greeting.MostBytes)];
        var greeting = Greeting.Read(bytes);
        var protocol = greeting.Protocol
            ?? (bytes.StartsWith("HTTP/"u8) ? "HTTP"
            : bytes is [>= 0x14 and <= 0x17, 3, <= 4, ..] ? "TLS (use rediss:// or ssl=true)" // the header of a record (RFC 8446, section 5.1)
            : null);
        return $"what answers there does not speak Redis's protocol{(protocol is null ? "" : $" but {protocol}")}{(MayEcho(stage) ? "" : ": " + greeting.Text)}";
    }

    /// <summary>Whether an answer may hold the password, whole or in part, which was just sent: then it is not shown.</summary>
    private static bool MayEcho(Stage stage) => stage == Stage.Authenticate;
}
