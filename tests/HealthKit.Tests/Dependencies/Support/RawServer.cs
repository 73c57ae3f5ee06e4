using System.Net;
using System.Net.Sockets;

namespace HealthKit.Tests.Dependencies;

/// <summary>A listener on a loopback address that does with each connection what a test says.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly Socket _listener;
    private readonly CancellationTokenSource _end = new();
    private readonly Func<Socket, CancellationToken, Task> _serve;
    private int _accepted;

    public RawServer(Func<Socket, CancellationToken, Task> serve, IPAddress? address = null, int port = 0)
    {
        _serve = serve;
        address ??= IPAddress.Loopback;
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, port));
        _listener.Listen(512);
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>How many connections it took.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>One that says nothing, and keeps the connection until the other side leaves.</summary>
    public static RawServer Silent(IPAddress? address = null, int port = 0) => new(static (socket, token) => DrainAsync(socket, token), address, port);

    /// <summary>One that speaks first.</summary>
    public static RawServer Greeting(byte[] greeting) => new(async (socket, token) =>
    {
        await socket.SendAsync(greeting, token);
        await DrainAsync(socket, token);
    });

    /// <summary>Something at a port that another thing has at another address. Somebody else may have taken it: then both are made anew.</summary>
    public static (TFirst First, TSecond Second) Pair<TFirst, TSecond>(Func<TFirst> first, Func<TFirst, TSecond> second)
        where TFirst : IDisposable
    {
        for (var attempt = 1; ; attempt++)
        {
            var one = first();
            try
            {
                return (one, second(one));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < 20)
            {
                one.Dispose();
            }
        }
    }

    public static async Task DrainAsync(Socket socket, CancellationToken token)
    {
        var bytes = new byte[4096];
        while (await socket.ReceiveAsync(bytes, token) > 0)
        {
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_end.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            // Small answers one after another: Nagle would hold each back for the delayed acknowledgment of the one before.
            socket.NoDelay = true;
            Interlocked.Increment(ref _accepted);
            _ = ServeAsync(socket);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                await _serve(socket, _end.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or System.Security.Authentication.AuthenticationException)
            {
                // The client left, as checks do.
            }
        }
    }
}
