using System.Text.Json;

namespace HealthKit.IntegrationTests.Incidents;

/// <summary>An app in a process of its own, with a check <c>a</c> to turn bad, two webhooks and its endpoints open to all.</summary>
internal sealed class AlertApp : IDisposable
{
    private readonly HttpClient _client;

    public AlertApp(Func<string, IEnumerable<string>, ChildProcess> start, string state, Receiver receiver)
    {
        Process = start(
            "alerts",
            [
                "HealthKit:StateDirectory=" + state,
                "HealthKit:Defaults:Period=00:00:00.2",
                "HealthKit:Endpoints:AnonymousDetail=Full",
                "HealthKit:Endpoints:DrainDelay=00:00:00",
                "HealthKit:Checks:self:Type=HealthKit",
                "HealthKit:Sinks:sentry:Dsn=" + receiver.Dsn,
                "HealthKit:Sinks:ops:Type=Webhook",
                "HealthKit:Sinks:ops:Checks=a",
                "HealthKit:Sinks:ops:Url=" + receiver.Url + "/ops",
                "HealthKit:Sinks:chat:Type=Webhook",
                "HealthKit:Sinks:chat:Checks=a",
                "HealthKit:Sinks:chat:Url=" + receiver.Url + "/chat",
            ]);
        _client = new HttpClient { BaseAddress = new Uri(Process.ReadLine(TimeSpan.FromSeconds(30))), Timeout = TimeSpan.FromSeconds(30) };
    }

    public ChildProcess Process { get; }

    /// <summary>Whether its main thread is gone. Another that hangs in the kernel keeps the process's entry until that thread is gone too.</summary>
    public bool HasEnded
    {
        get
        {
            try
            {
                var stat = File.ReadAllText($"/proc/{Process.Id}/stat");
                return stat[(stat.LastIndexOf(')') + 2)..][0] is 'Z' or 'X';
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException)
            {
                return true;
            }
        }
    }

    /// <summary>An entry of /health.</summary>
    public async Task<JsonElement> CheckAsync(string name)
    {
        using var document = JsonDocument.Parse(await GetAsync("/health"));
        return document.RootElement.GetProperty("entries").GetProperty(name).Clone();
    }

    /// <summary>The reason of a check; null when it has none.</summary>
    public async Task<string?> ReasonAsync(string check) =>
        (await CheckAsync(check)).GetProperty("data").TryGetProperty("reason", out var reason) ? reason.GetString() : null;

    /// <summary>The open incidents of check a, as /health/incidents has them.</summary>
    public async Task<IReadOnlyList<JsonElement>> OpenAsync()
    {
        using var document = JsonDocument.Parse(await GetAsync("/health/incidents"));
        return [.. document.RootElement.GetProperty("open").EnumerateArray().Where(incident => incident.GetProperty("check").GetString() == "a").Select(incident => incident.Clone())];
    }

    /// <summary>Waits until every check has had a result.</summary>
    public Task CurrentAsync() => Eventually.TrueAsync(
        async () => (await GetAsync("/health/startup?format=text")).Length > 0 && (await CheckAsync("a")).GetProperty("status").GetString() == "Healthy", "check a is healthy", TimeSpan.FromSeconds(30));

    public void Dispose()
    {
        _client.Dispose();
        Process.Dispose();
    }

    private async Task<string> GetAsync(string path)
    {
        using var response = await _client.GetAsync(new Uri(path, UriKind.Relative));
        return await response.Content.ReadAsStringAsync();
    }
}
