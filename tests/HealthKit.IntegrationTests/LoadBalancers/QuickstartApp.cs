using System.Diagnostics;

namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>samples/Quickstart as a process of its own, as it was built beside these tests, on a port of the loopback interface.</summary>
internal sealed class QuickstartApp : IDisposable
{
    /// <summary>The checkout that these tests were built from.</summary>
    public static readonly string Repository = FindRepository();

    private static readonly string Folder = FolderOf("Quickstart");

    public static string Dll => Path.Combine(Folder, "Quickstart.dll");

    private readonly ChildProcess _process;
    private readonly string _state;

    private QuickstartApp(ChildProcess process, int port, string state)
    {
        _process = process;
        _state = state;
        Port = port;
    }

    public int Port { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>Starts it and waits until every check has had a result.</summary>
    /// <param name="port">Its port; a free one when null.</param>
    /// <param name="settings">Configuration, keys with colons.</param>
    public static async Task<QuickstartApp> StartAsync(int? port = null, params (string Key, string Value)[] settings)
    {
        var chosen = port ?? LoopbackPort.Free();
        var state = Directory.CreateTempSubdirectory("hk-quickstart-").FullName;
        var start = new ProcessStartInfo(
            ChildProcess.DotNet,
            [
                Path.Combine(Folder, "Quickstart.dll"),
                $"--urls=http://127.0.0.1:{chosen}",
                $"--HealthKit:StateDirectory={state}",
                .. settings.Select(setting => $"--{setting.Key}={setting.Value}"),
            ])
        {
            WorkingDirectory = Folder,
            Environment = { ["DOTNET_ENVIRONMENT"] = "Production", ["ASPNETCORE_ENVIRONMENT"] = "Production" },
        };
        var app = new QuickstartApp(ChildProcess.Start(start), chosen, state);
        try
        {
            await Eventually.TrueAsync(
                async () => await Prober.CurlAsync(chosen, "/health/startup") is { Code: 200 }, "Quickstart has started", seen: () => app._process.Errors);
            return app;
        }
        catch
        {
            app.Dispose();
            throw;
        }
    }

    /// <summary>SIGTERM, as systemd, Docker and kubelets send it.</summary>
    public void Terminate() => _process.Terminate();

    /// <summary>SIGSTOP: its port still takes connections, and nothing answers. Returns when all its threads stand still.</summary>
    public Task StopAsync()
    {
        _process.Stop();
        return Eventually.TrueAsync(
            () => Directory.EnumerateDirectories($"/proc/{_process.Id}/task").All(thread => File.ReadAllText($"{thread}/stat").Contains(") T ", StringComparison.Ordinal)),
            "every thread of Quickstart stands still");
    }

    public void Continue() => _process.Continue();

    public int WaitForExit() => _process.WaitForExit(TimeSpan.FromSeconds(20));

    public void Dispose()
    {
        _process.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    /// <summary>Where a sample was built beside these tests.</summary>
    public static string FolderOf(string sample)
    {
        // …/tests/HealthKit.IntegrationTests/bin/Release/net10.0/ -> …/samples/Quickstart/bin/Release/net10.0/
        var built = Path.GetRelativePath(Path.Combine(Repository, "tests", "HealthKit.IntegrationTests"), AppContext.BaseDirectory);
        var folder = Path.Combine(Repository, "samples", sample, built);
        return File.Exists(Path.Combine(folder, $"{sample}.dll"))
            ? folder
            : throw new InvalidOperationException($"{sample}.dll is not in {folder}: it is built with these tests.");
    }

    private static string FindRepository()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "HealthKit.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"No HealthKit.sln above {AppContext.BaseDirectory}.");
    }
}
