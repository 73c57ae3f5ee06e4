namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>A real nginx in front of an upstream <c>app</c>, on a free port, with everything it writes in a temporary directory.</summary>
internal sealed class Nginx : IDisposable
{
    private readonly string _directory;
    private readonly ChildProcess _process;

    private Nginx(string directory, ChildProcess process, int port)
    {
        _directory = directory;
        _process = process;
        Port = port;
    }

    public int Port { get; }

    /// <param name="upstream">The lines of the upstream: its servers.</param>
    /// <param name="location">More lines of the location beside <c>proxy_pass</c>.</param>
    public static async Task<Nginx> StartAsync(string upstream, string location)
    {
        var directory = Directory.CreateTempSubdirectory("hk-nginx-").FullName;
        var port = LoopbackPort.Free();
        await File.WriteAllTextAsync(
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
                server {
                    listen 127.0.0.1:{{port}};
                    location / {
                        proxy_pass http://app;
                        {{location}}
                    }
                }
            }

            """);
        await WriteUpstreamAsync(directory, upstream);
        var process = ChildProcess.Start("nginx", "-p", directory, "-c", Path.Combine(directory, "nginx.conf"), "-e", Path.Combine(directory, "error.log"));
        var nginx = new Nginx(directory, process, port);
        try
        {
            await Eventually.TrueAsync(
                async () => process.HasExited || await Prober.Only200Async(port, "/") is { Success: true }, "nginx answers", seen: nginx.Log);
            Assert.False(process.HasExited, $"nginx has ended: {process.Errors}");
            return nginx;
        }
        catch
        {
            nginx.Dispose();
            throw;
        }
    }

    /// <summary>Writes the upstream anew and reloads, as <c>nginx -s reload</c> does; returns when the old worker takes nothing more.</summary>
    public async Task ReloadAsync(string upstream)
    {
        var before = Workers();
        await WriteUpstreamAsync(_directory, upstream);
        _process.Signal(1); // SIGHUP
        // The old worker ends when its last connection does: it may go on for long as one that is shutting down.
        await Eventually.TrueAsync(
            () => Workers() is { Count: > 0 } now && now.Keys.Except(before.Keys).Any() && before.Keys.All(old => !now.TryGetValue(old, out var title) || title.Contains("shutting down", StringComparison.Ordinal)),
            "nginx has new workers and the old ones shut down",
            seen: () => string.Join(", ", Workers()));
    }

    public string Log() => $"{_process.Errors} {File.ReadAllText(Path.Combine(_directory, "error.log"))}";

    public void Dispose()
    {
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static Task WriteUpstreamAsync(string directory, string upstream) =>
        File.WriteAllTextAsync(Path.Combine(directory, "upstream"), upstream + "\n");

    private Dictionary<int, string> Workers()
    {
        var workers = new Dictionary<int, string>();
        foreach (var id in File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                workers.Add(int.Parse(id, null), File.ReadAllText($"/proc/{id}/cmdline").TrimEnd('\0'));
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException)
            {
                // It ended meanwhile.
            }
        }

        return workers;
    }
}
