using System.Net.Sockets;
using System.Text;
using HealthKit.IntegrationTests.Servers;

namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>What HAProxy says of one server: <c>UP</c>, <c>DOWN</c>, <c>UP 1/3</c>; how its last check ended; the sessions it was given.</summary>
internal sealed record HaProxyServer(string Status, string Check, int Code, int Sessions);

/// <summary>A real HAProxy with one backend.</summary>
internal sealed class HaProxy : IDisposable
{
    private readonly Gateway _gateway;

    private HaProxy(Gateway gateway) => _gateway = gateway;

    public int Port => _gateway.Port;

    /// <param name="backend">The lines of the backend: how it checks, and its servers.</param>
    public static async Task<HaProxy> StartAsync(string backend) => new(await Gateway.HaProxyAsync(backend, patience: "10s"));

    /// <summary><c>show stat</c> of the admin socket.</summary>
    public IReadOnlyDictionary<string, HaProxyServer> Servers()
    {
        if (_gateway.Process.HasExited)
        {
            throw new InvalidOperationException($"HAProxy has ended: {_gateway.Process.Errors}");
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 5_000 };
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(_gateway.Directory, "admin")));
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

    public void Dispose() => _gateway.Dispose();
}
