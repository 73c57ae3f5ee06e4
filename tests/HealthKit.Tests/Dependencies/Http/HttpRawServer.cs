using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HealthKit.Tests.Dependencies.Http;

/// <summary>A server on loopback that says what a test tells it, byte for byte.</summary>
internal sealed class HttpRawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<RawExchange, Task> _answer;
    private readonly X509Certificate2? _certificate;
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly Task _accepting;

    public HttpRawServer(Func<RawExchange, Task> answer, X509Certificate2? certificate = null)
    {
        _answer = answer;
        _certificate = certificate;
        _listener.Start(1024);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>The heads of the requests, in the order they came.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public Uri Url(string path = "/", string host = "127.0.0.1") =>
        new(string.Create(CultureInfo.InvariantCulture, $"{(_certificate is null ? "http" : "https")}://{host}:{Port}{path}"));

    /// <summary>Answers every request with one text.</summary>
    public static HttpRawServer Saying(string answer) => new(exchange => exchange.SayAsync(answer));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        foreach (var socket in _open.Keys)
        {
            socket.Dispose();
        }

        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(_stop.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return; // stopped
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        socket.NoDelay = true;
        _open.TryAdd(socket, true);
        try
        {
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (_certificate is not null)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                stream = tls;
            }

            await using (stream)
            {
                while (await ReadHeadAsync(stream) is { } head)
                {
                    Requests.Enqueue(head);
                    var exchange = new RawExchange(socket, stream, head, _stop.Token);
                    await _answer(exchange);
                    if (!exchange.KeepsOpen)
                    {
                        return;
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The other side went away, or the test is over.
        }
        finally
        {
            _open.TryRemove(socket, out _);
            socket.Dispose();
        }
    }

    private async Task<string?> ReadHeadAsync(Stream stream)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), _stop.Token);
            if (read == 0)
            {
                return null;
            }

            length += read;
        }

        return Encoding.Latin1.GetString(buffer, 0, length);
    }
}

/// <summary>One request and the connection it came on.</summary>
internal sealed class RawExchange(Socket socket, Stream stream, string head, CancellationToken token)
{
    public string Head => head;

    /// <summary>What is asked for: <c>/path?query</c>.</summary>
    public string Path => head.Split(' ')[1];

    public CancellationToken Token => token;

    /// <summary>Whether the connection stays open for another request.</summary>
    public bool KeepsOpen { get; set; }

    /// <summary>Sends a text in Latin-1; \n is sent as \r\n up to the end of the head.</summary>
    public Task SayAsync(string answer)
    {
        var end = answer.IndexOf("\n\n", StringComparison.Ordinal);
        var text = end < 0 ? answer : answer[..end].Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n\r\n" + answer[(end + 2)..];
        return SendAsync(Encoding.Latin1.GetBytes(text));
    }

    /// <summary>Sends an answer with the right length.</summary>
    public async Task AnswerAsync(string status, string body, params string[] headers)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        await SayAsync($"HTTP/1.1 {status}\n{string.Concat(headers.Select(header => header + "\n"))}Content-Length: {bytes.Length}\n\n");
        await SendAsync(bytes);
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes, token);
        await stream.FlushAsync(token);
    }

    /// <summary>Closes with RST instead of FIN.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    /// <summary>Says nothing more, and does not close.</summary>
    public Task HangAsync() => Task.Delay(Timeout.Infinite, token);
}
