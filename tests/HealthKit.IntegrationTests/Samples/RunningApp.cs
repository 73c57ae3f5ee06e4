using System.Diagnostics;
using System.Net;
using HealthKit.IntegrationTests.LoadBalancers;

namespace HealthKit.IntegrationTests.Samples;

/// <summary>The Quickstart sample as an operator runs it: configured by its environment alone.</summary>
internal sealed class RunningApp : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("hk-quickstart-").FullName;
    private readonly int _port = LoopbackPort.Free();
    private readonly HttpClient _client = new();

    private RunningApp(IEnumerable<(string Key, string Value)> environment)
    {
        var start = new ProcessStartInfo(ChildProcess.DotNet, [QuickstartApp.Dll, $"--urls=http://127.0.0.1:{_port}"])
        {
            WorkingDirectory = Path.GetDirectoryName(QuickstartApp.Dll),
        };
        start.Environment["HealthKit__StateDirectory"] = _state; // the environment may name another
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        Process = ChildProcess.Start(start);
    }

    public ChildProcess Process { get; }

    public static RunningApp Launch(IEnumerable<(string Key, string Value)> environment) => new(environment);

    /// <summary>Starts it and waits until every check has had a result.</summary>
    public static async Task<RunningApp> StartAsync(params (string Key, string Value)[] environment)
    {
        var app = new RunningApp(environment);
        await Eventually.TrueAsync(
            async () => await app.TryGetAsync("/health/startup") == HttpStatusCode.OK, "Quickstart has started", TimeSpan.FromSeconds(30), () => app.Process.Errors);
        return app;
    }

    public async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
    {
        using var response = await _client.GetAsync(new Uri($"http://127.0.0.1:{_port}{path}"));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public void Dispose()
    {
        Process.Dispose();
        _client.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    private async Task<HttpStatusCode?> TryGetAsync(string path)
    {
        try
        {
            return (await GetAsync(path)).Status;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return null;
        }
    }
}
