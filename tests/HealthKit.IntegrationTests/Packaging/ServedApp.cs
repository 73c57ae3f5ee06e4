using System.Diagnostics;
using System.Net;

namespace HealthKit.IntegrationTests;

/// <summary>A web app in a process of its own, on a free loopback port, with a state directory of its own.</summary>
internal sealed class ServedApp : IDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly ChildProcess _process;
    private readonly HttpClient _client = new();

    private ServedApp(ChildProcess process, string address)
    {
        _process = process;
        _client.BaseAddress = new Uri(address);
    }

    /// <summary>Starts it in its directory and waits until it listens. It must log to its standard output, as web apps do by default.</summary>
    public static ServedApp Start(string directory, string stateDirectory, string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, [.. arguments, "--urls", "http://127.0.0.1:0"]) { WorkingDirectory = directory };
        start.Environment["STATE_DIRECTORY"] = stateDirectory;
        var process = ChildProcess.Start(start);
        try
        {
            while (true)
            {
                var line = process.ReadLine();
                var at = line.IndexOf(Listening, StringComparison.Ordinal);
                if (at >= 0)
                {
                    return new ServedApp(process, line[(at + Listening.Length)..].Trim());
                }
            }
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Asks until the answer is 200 and returns its body; fails with the last answer seen.</summary>
    public async Task<string> GetOkAsync(string path)
    {
        var seen = "no answer";
        string? body = null;
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await _client.GetAsync(new Uri(path, UriKind.Relative));
                seen = $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
                body = response.StatusCode == HttpStatusCode.OK ? await response.Content.ReadAsStringAsync() : null;
                return body is not null;
            },
            $"{path} answers 200",
            seen: () => seen);
        return body!;
    }

    public void Dispose()
    {
        _client.Dispose();
        _process.Dispose();
    }
}
