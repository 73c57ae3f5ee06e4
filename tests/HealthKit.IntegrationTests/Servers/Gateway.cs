namespace HealthKit.IntegrationTests.Servers;

/// <summary>A real nginx or HAProxy with a configuration of the test's own, and everything it writes in a temporary directory.</summary>
internal sealed class Gateway : IDisposable
{
    private Gateway(string directory, ChildProcess process, int port)
    {
        Directory = directory;
        Process = process;
        Port = port;
    }

    public int Port { get; }

    public string Directory { get; }

    public ChildProcess Process { get; }

    /// <summary>What nginx has written.</summary>
    public string Log => $"{Process.Errors} {File.ReadAllText(Path.Combine(Directory, "error.log"))}";

    public Uri Url(string path = "/", string host = "127.0.0.1", string scheme = "http") => new($"{scheme}://{host}:{Port}{path}");

    /// <param name="http">Lines of the http block.</param>
    /// <param name="server">Lines of its one server, the certificate's files being <c>cert.pem</c> and <c>key.pem</c>.</param>
    /// <param name="certificate">PEM of a certificate and of its key: then it speaks TLS.</param>
    /// <param name="upstream">Lines of the upstream <c>app</c>, which stand in a file <c>upstream</c> of their own.</param>
    public static Task<Gateway> NginxAsync(string http, string server, (string Certificate, string Key)? certificate = null, string upstream = "server 127.0.0.1:1;") => StartAsync(
        directory =>
        {
            var port = LoopbackPort.Free();
            var tls = "";
            File.WriteAllText(Path.Combine(directory, "upstream"), upstream);
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
                error_log {{directory}}/error.log warn;
                events { worker_connections 1024; }
                http {
                    access_log off;
                    client_body_temp_path {{directory}}/body;
                    proxy_temp_path {{directory}}/proxy;
                    fastcgi_temp_path {{directory}}/fastcgi;
                    uwsgi_temp_path {{directory}}/uwsgi;
                    scgi_temp_path {{directory}}/scgi;
                    upstream app { include {{directory}}/upstream; }
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

    /// <summary>HAProxy, with its admin socket <c>admin</c>.</summary>
    /// <param name="backend">Lines of the backend <c>app</c>.</param>
    /// <param name="frontend">More lines of the frontend.</param>
    /// <param name="patience">How long a server is waited for.</param>
    public static Task<Gateway> HaProxyAsync(string backend, string frontend = "", string patience = "500ms") => StartAsync(directory =>
    {
        var port = LoopbackPort.Free();
        var configuration = Path.Combine(directory, "haproxy.cfg");
        File.WriteAllText(
            configuration,
            $"""
            global
                stats socket {directory}/admin
            defaults
                mode http
                timeout connect 1s
                timeout client 10s
                timeout server {patience}
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
        Process.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static async Task<Gateway> StartAsync(Func<string, (int, ChildProcess)> start)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("hk-gateway-").FullName;
        var (port, process) = start(directory);
        var gateway = new Gateway(directory, process, port);
        try
        {
            await Eventually.TrueAsync(() => process.HasExited || LoopbackPort.Accepts(port), "the gateway listens", seen: () => process.Errors);
            Assert.False(process.HasExited, $"The gateway has ended: {process.Errors}");
            return gateway;
        }
        catch
        {
            gateway.Dispose();
            throw;
        }
    }
}
