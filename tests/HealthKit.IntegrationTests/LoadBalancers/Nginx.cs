using HealthKit.IntegrationTests.Servers;

namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>A real nginx in front of an upstream <c>app</c> that can change.</summary>
internal sealed class Nginx : IDisposable
{
    private readonly Gateway _gateway;

    private Nginx(Gateway gateway) => _gateway = gateway;

    public int Port => _gateway.Port;

    /// <param name="upstream">The lines of the upstream: its servers.</param>
    /// <param name="location">More lines of the location beside <c>proxy_pass</c>.</param>
    public static async Task<Nginx> StartAsync(string upstream, string location)
    {
        var nginx = new Nginx(await Gateway.NginxAsync("", $"location / {{ proxy_pass http://app; {location} }}", upstream: upstream));
        try
        {
            await Eventually.TrueAsync(async () => await Prober.Only200Async(nginx.Port, "/") is { Success: true }, "nginx answers", seen: nginx.Log);
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
        await File.WriteAllTextAsync(Path.Combine(_gateway.Directory, "upstream"), upstream);
        _gateway.Process.Signal(1); // SIGHUP
        // The old worker ends when its last connection does: it may go on for long as one that is shutting down.
        await Eventually.TrueAsync(
            () => Workers() is { Count: > 0 } now && now.Keys.Except(before.Keys).Any() && before.Keys.All(old => !now.TryGetValue(old, out var title) || title.Contains("shutting down", StringComparison.Ordinal)),
            "nginx has new workers and the old ones shut down",
            seen: () => string.Join(", ", Workers()));
    }

    public string Log() => _gateway.Log;

    public void Dispose() => _gateway.Dispose();

    private Dictionary<int, string> Workers()
    {
        var workers = new Dictionary<int, string>();
        foreach (var id in File.ReadAllText($"/proc/{_gateway.Process.Id}/task/{_gateway.Process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
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
