using System.Diagnostics;
using System.Globalization;

namespace HealthKit.IntegrationTests.Dependencies;

/// <summary>A process with checks of dependencies, in a network, with name servers or authorities of its own.</summary>
internal sealed class NetworkChild : IDisposable
{
    private readonly ChildProcess _process;
    private readonly int _checks;

    private NetworkChild(ProcessStartInfo start, int checks)
    {
        _checks = checks;
        _process = ChildProcess.Start(start);
        Assert.Equal("ready", _process.ReadLine(TimeSpan.FromSeconds(30)));
    }

    /// <summary>Starts it.</summary>
    /// <param name="prefix">What stands before its command: <c>unshare -n</c>.</param>
    /// <param name="checks">The checks: their names, and their keys in the configuration.</param>
    /// <param name="environment">Variables of its environment.</param>
    public static NetworkChild Start(
        string[] prefix, (string Name, string[] Settings)[] checks, params (string Name, string Value)[] environment)
    {
        var start = ChildProcess.HelperCommand(prefix, "network", checks.SelectMany(check => check.Settings.Select(setting => $"{check.Name}:{setting}")));
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new NetworkChild(start, checks.Length);
    }

    /// <summary>Starts it with a file of its own in the place of one of the system's.</summary>
    public static string[] WithFile(string file, string place) => ["unshare", "-m", "sh", "-ec", $"mount --bind '{file}' {place}; exec \"$@\"", "sh"];

    /// <summary>Runs all checks once.</summary>
    public NetworkRun Run()
    {
        _process.WriteLine("run");
        Dictionary<string, (string Status, string Reason, string Text)> states = [];
        for (var i = 0; i < _checks; i++)
        {
            var parts = _process.ReadLine(TimeSpan.FromSeconds(20)).Split('\t');
            states[parts[0]] = (parts[1], parts[2], parts[3]);
        }

        var threads = _process.ReadLine().Split('\t');
        return new NetworkRun(states, int.Parse(threads[1], CultureInfo.InvariantCulture), int.Parse(threads[2], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        using (_process)
        {
            // So that it leaves nothing behind.
            _process.EndInput();
            _process.WaitForExit();
        }
    }
}

/// <summary>What a run of all checks gave.</summary>
internal sealed record NetworkRun(IReadOnlyDictionary<string, (string Status, string Reason, string Text)> States, int Threads, int Lookups)
{
    public (string Status, string Reason, string Text) this[string name] => States[name];
}
