using System.Net.Sockets;
using System.Text;

namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>What HAProxy says of one server: <c>UP</c>, <c>DOWN</c>, <c>UP 1/3</c>; how its last check ended; the sessions it was given.</summary>
internal sealed record HaProxyServer(string Status, string Check, int Code, int Sessions);

/// <summary>A real HAProxy with one backend, on a free port, with everything it writes in a temporary directory.</summary>
internal sealed class HaProxy : IDisposable
{
    private readonly string _directory;
    private readonly ChildProcess _process;

    private HaProxy(string directory, ChildProcess process, int port)
    {
        _directory = directory;
        _process = process;
        Port = port;
    }

    public int Port { get; }

    /// <param name="backend">The lines of the backend: how it checks, and its servers.</param>
    public static async Task<HaProxy> StartAsync(string backend)
    {
        var directory = Directory.CreateTempSubdirectory("hk-haproxy-").FullName;
        var port = LoopbackPort.Free();
        var configuration = Path.Combine(directory, "haproxy.cfg");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            global
                stats socket {directory}/admin
            defaults
                mode http
                timeout connect 1s
                timeout client 10s
                timeout server 10s
            frontend web
                bind 127.0.0.1:{port}
                default_backend app
            backend app
            {backend}

            """);
        var proxy = new HaProxy(directory, ChildProcess.Start("haproxy", "-db", "-f", configuration), port);
        try
        {
            await Eventually.TrueAsync(
                () => proxy._process.HasExited || File.Exists(Path.Combine(directory, "admin")), "HAProxy listens", seen: () => proxy._process.Errors);
            proxy.Servers();
            return proxy;
        }
        catch
        {
            proxy.Dispose();
            throw;
        }
    }

    /// <summary><c>show stat</c> of the admin socket.</summary>
    public IReadOnlyDictionary<string, HaProxyServer> Servers()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"HAProxy has ended: {_process.Errors}");
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 5_000 };
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(_directory, "admin")));
        socket.Send("show stat\n"u8);
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
        var header = reader.ReadLine()!.TrimStart('#', ' ').Split(',');
        int Column(string name) => Array.IndexOf(header, name);
        var (backend, server, status, check, code, sessions) =
            (Column("pxname"), Column("svname"), Column("status"), Column("check_status"), Column("check_code"), Column("stot"));
        var servers = new Dictionary<string, HaProxyServer>();
        while (reader.ReadLine() is { Length: > 0 } line)
        {
            var values = line.Split(',');
            if (values[backend] == "app" && values[server] != "BACKEND")
            {
                _ = int.TryParse(values[code], out var number);
                servers.Add(values[server], new HaProxyServer(values[status], values[check], number, int.Parse(values[sessions], null)));
            }
        }

        return servers;
    }

    public string StatusOf(string server) => Servers()[server].Status;

    /// <summary>Waits until a check has confirmed that it is up; before its first one HAProxy takes a server as up unseen.</summary>
    public Task IsUpAsync(params string[] servers) =>
        Eventually.TrueAsync(
            () => servers.All(server => Servers()[server] is { Status: "UP", Check: "L7OK" }),
            $"HAProxy takes {string.Join(" and ", servers)} as up",
            seen: Describe);

    public Task IsDownAsync(string server) =>
        Eventually.TrueAsync(() => StatusOf(server).StartsWith("DOWN", StringComparison.Ordinal), $"HAProxy takes {server} as down", seen: Describe);

    public string Describe() => string.Join(", ", Servers().Select(server => $"{server.Key} {server.Value}"));

    public void Dispose()
    {
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
