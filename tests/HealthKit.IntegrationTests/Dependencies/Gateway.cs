using System.Net;
using System.Net.Sockets;

namespace HealthKit.IntegrationTests.Dependencies;

/// <summary>A real nginx or HAProxy with a configuration of the test's own, and everything it writes in a temporary directory.</summary>
internal sealed class Gateway : IDisposable
{
    private readonly string _directory;
    private readonly ChildProcess _process;

    private Gateway(string directory, ChildProcess process, int port)
    {
        _directory = directory;
        _process = process;
        Port = port;
    }

    public int Port { get; }

    public Uri Url(string path = "/", string host = "127.0.0.1", string scheme = "http") => new($"{scheme}://{host}:{Port}{path}");

    /// <param name="http">Lines of the http block.</param>
    /// <param name="server">Lines of its one server, the certificate's files being <c>cert.pem</c> and <c>key.pem</c>.</param>
    /// <param name="certificate">PEM of a certificate and of its key: then it speaks TLS.</param>
    public static Task<Gateway> NginxAsync(string http, string server, (string Certificate, string Key)? certificate = null) => StartAsync(
        directory =>
        {
            var port = LoopbackPort.Free();
            var tls = "";
            if (certificate is var (pem, key))
            {
                File.WriteAllText(Path.Combine(directory, "cert.pem"), pem);
                File.WriteAllText(Path.Combine(directory, "key.pem"), key);
                tls = $"ssl_certificate {directory}/cert.pem; ssl_certificate_key {directory}/key.pem;";
            }

            File.WriteAllText(
                Path.Combine(directory, "nginx.conf"),
                $$"""
                daemon off;
                user root;
                worker_processes 1;
                pid {{directory}}/pid;
                error_log {{directory}}/error.log crit;
                events { worker_connections 256; }
                http {
                    access_log off;
                    client_body_temp_path {{directory}}/body;
                    proxy_temp_path {{directory}}/proxy;
                    fastcgi_temp_path {{directory}}/fastcgi;
                    uwsgi_temp_path {{directory}}/uwsgi;
                    scgi_temp_path {{directory}}/scgi;
                    {{http}}
                    server {
                        listen 127.0.0.1:{{port}} {{(tls.Length > 0 ? "ssl" : "")}};
                        {{tls}}
                        {{server}}
                    }
                }

                """);
            return (port, ChildProcess.Start("nginx", "-p", directory, "-c", Path.Combine(directory, "nginx.conf"), "-e", Path.Combine(directory, "error.log")));
        });

    /// <param name="backend">Lines of the backend.</param>
    /// <param name="frontend">More lines of the frontend.</param>
    public static Task<Gateway> HaProxyAsync(string backend, string frontend = "") => StartAsync(directory =>
    {
        var port = LoopbackPort.Free();
        var configuration = Path.Combine(directory, "haproxy.cfg");
        File.WriteAllText(
            configuration,
            $"""
            defaults
                mode http
                timeout connect 500ms
                timeout client 5s
                timeout server 500ms
            frontend web
                bind 127.0.0.1:{port}
                {frontend}
                default_backend app
            backend app
                {backend}

            """);
        return (port, ChildProcess.Start("haproxy", "-db", "-f", configuration));
    });

    public void Dispose()
    {
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<Gateway> StartAsync(Func<string, (int, ChildProcess)> start)
    {
        var directory = Directory.CreateTempSubdirectory("hk-gateway-").FullName;
        var (port, process) = start(directory);
        var gateway = new Gateway(directory, process, port);
        try
        {
            await Eventually.TrueAsync(() => process.HasExited || Listens(port), "the gateway listens", seen: () => process.Errors);
            Assert.False(process.HasExited, $"The gateway has ended: {process.Errors}");
            return gateway;
        }
        catch
        {
            gateway.Dispose();
            throw;
        }
    }

    private static bool Listens(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
