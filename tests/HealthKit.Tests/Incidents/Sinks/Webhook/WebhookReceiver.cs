using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HealthKit.Tests.Incidents.Sinks.Webhook;

/// <summary>A real receiver on a loopback port that does to each connection what its script says; the last step repeats.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    public const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Func<Connection, Task>[] _script;
    private readonly X509Certificate2? _certificate;
    private readonly Task _accepting;

    private WebhookReceiver(Func<Connection, Task>[] script, X509Certificate2? certificate)
    {
        _script = script;
        _certificate = certificate;
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>How many connections there were, whatever came over them.</summary>
    public int Connections => _connections.Count;

    public Uri Url(string pathAndQuery = "/hook") => new($"{(_certificate is null ? "http" : "https")}://127.0.0.1:{Port}{pathAndQuery}");

    public static WebhookReceiver Start(params Func<Connection, Task>[] script) => new(script, null);

    public static WebhookReceiver StartTls(X509Certificate2 certificate, params Func<Connection, Task>[] script) => new(script, certificate);

    /// <summary>Reads the request and answers these bytes.</summary>
    public static Func<Connection, Task> Answer(string response) => async connection =>
    {
        // Until the sender ends the connection: it may use it for several messages.
        while (await connection.ReadRequest())
        {
            await connection.Write(response);
        }
    };

    public static Func<Connection, Task> Answer(int code, string headers = "") =>
        Answer($"HTTP/1.1 {code} Some Reason\r\n{headers}Content-Length: 0\r\n\r\n");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task Accept()
    {
        for (var number = 0; ; number++)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            _connections.Add(Serve(client, _script[Math.Min(number, _script.Length - 1)]));
        }
    }

    private async Task Serve(TcpClient client, Func<Connection, Task> step)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                Stream stream = client.GetStream();
                if (_certificate is not null)
                {
                    var secure = new SslStream(stream);
                    stream = secure;
                    await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                }

                await step(new Connection(client, stream, Requests, _stop.Token));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The sender went away, or the test is over.
            }
        }
    }

    /// <summary>What was received.</summary>
    public sealed record Request(string Line, Dictionary<string, string> Headers, byte[] Body)
    {
        public string Text => Encoding.UTF8.GetString(Body);
    }

    public sealed class Connection(TcpClient client, Stream stream, ConcurrentQueue<Request> requests, CancellationToken stop)
    {
        public CancellationToken Stop => stop;

        /// <summary>Reads one request; false at the end of the connection.</summary>
        public async Task<bool> ReadRequest()
        {
            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await stream.ReadAsync(one, stop) == 0)
                {
                    return false;
                }

                head.Append((char)one[0]);
            }

            var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
            var body = new byte[int.Parse(headers["Content-Length"], System.Globalization.CultureInfo.InvariantCulture)];
            await stream.ReadExactlyAsync(body, stop);
            requests.Enqueue(new Request(lines[0], headers, body));
            return true;
        }

        public async Task Write(string text) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text), stop);

        /// <summary>Ends the connection with RST.</summary>
        public void Reset()
        {
            client.Client.LingerState = new LingerOption(true, 0);
            client.Client.Dispose();
        }
    }
}
