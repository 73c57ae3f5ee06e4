using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HealthKit.IntegrationTests.Dependencies;

/// <summary>What stands behind a gateway, and does what a test says with each connection.</summary>
internal sealed class Upstream : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<Socket, CancellationToken, Task> _serve;

    private Upstream(Func<Socket, CancellationToken, Task> serve)
    {
        _serve = serve;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Answers each request so and closes.</summary>
    public static Upstream Saying(string answer) => new(async (socket, token) =>
    {
        await ReadAsync(socket, token);
        await socket.SendAsync(Encoding.ASCII.GetBytes(answer.ReplaceLineEndings("\r\n")), token);
    });

    /// <summary>Takes requests and never answers.</summary>
    public static Upstream Hanging() => new(async (socket, token) =>
    {
        await ReadAsync(socket, token);
        await Task.Delay(Timeout.Infinite, token);
    });

    /// <summary>Takes a request and closes.</summary>
    public static Upstream Closing() => new(static (socket, token) => ReadAsync(socket, token));

    /// <summary>Says half of its answer and resets the connection, as the kernel does for a process that was killed.</summary>
    public static Upstream KilledInBody() => new(async (socket, token) =>
    {
        await ReadAsync(socket, token);
        await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nthe first half"u8.ToArray(), token);
        await Task.Delay(1_000, token); // what was sent is to arrive before the reset
        socket.LingerState = new LingerOption(true, 0);
    });

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private static async Task ReadAsync(Socket socket, CancellationToken token)
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), token);
            if (read == 0)
            {
                return;
            }

            length += read;
        }
    }

    private async Task AcceptAsync()
    {
        var token = _end.Token;
        while (true)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(token), token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return; // stopped
            }
        }
    }

    private async Task ServeAsync(Socket socket, CancellationToken token)
    {
        using (socket)
        {
            try
            {
                socket.NoDelay = true;
                await _serve(socket, token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // The gateway left, or the test is over.
            }
        }
    }
}
