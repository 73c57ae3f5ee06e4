using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit.Abstractions;

namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>
/// Probes as fast as the machine sends them, at an app with 50 checks of which 10 hang for ever. Its long form, 5 minutes, is run by hand:
/// <c>HEALTHKIT_STORM_SECONDS=300 dotnet test … --filter ProbeStormTests --logger "console;verbosity=detailed"</c>; its figures stand in
/// docs/deployment.md.
/// </summary>
[Collection(nameof(AloneTests))]
public sealed class ProbeStormTests(ITestOutputHelper output)
{
    private const int QuickChecks = 40;
    private const int HungChecks = 10;
    private const int LateHungChecks = 3;
    private const string Seconds = "HEALTHKIT_STORM_SECONDS";
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether times and memory are judged, not only shown. By hand they are; a short storm on a machine that others use too says nothing of them.
    /// </summary>
    private static readonly bool Judged = Environment.GetEnvironmentVariable(Seconds) is { Length: > 0 };

    /// <summary>A tick comes up to 100 ms late by design; the rest is for a machine that has no time.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(Judged ? 1 : 8);

    [Fact]
    public async Task A_storm_of_probes_changes_neither_runs_nor_threads_nor_memory_nor_what_is_reported()
    {
        var storm = TimeSpan.FromSeconds(
            Environment.GetEnvironmentVariable(Seconds) is { Length: > 0 } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : 10);
        var state = Directory.CreateTempSubdirectory("hk-storm-");
        try
        {
            using var app = ChildProcess.StartHelper("storm", state.FullName);
            await StormAsync(app, storm);
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    private async Task StormAsync(ChildProcess app, TimeSpan storm)
    {
        var port = new Uri(app.ReadLine()).Port;
        await Eventually.TrueAsync(
            async () => (await ReadAsync(port)).Count(check => check.Reason == "check.timeout") == HungChecks, "the hung checks are reported");

        // Warm: code is compiled, buffers are there. The empty endpoint alone, at the storm's load, to compare with.
        (string, int)[] mix = [("/health/ready", 7), ("/health", 7), ("/empty", 2)];
        await StormLoad.RunAsync(port, TimeSpan.FromSeconds(2), mix);
        var alone = TimeSpan.FromSeconds(Math.Clamp(storm.TotalSeconds / 10, 2, 30));
        var empty = (await StormLoad.RunAsync(port, alone, ("/empty", 16)))["/empty"];
        output.WriteLine($"/empty alone    {empty.Describe(alone)}");

        var quietRuns = await RunsPerSecondAsync(app, () => Task.Delay(Quiet));

        var start = Footprint.Of(app.Id);
        using var watching = new CancellationTokenSource();
        var watch = WatchAsync(app, port, storm, watching.Token);
        IReadOnlyDictionary<string, Latencies>? answers = null;
        var stormRuns = await RunsPerSecondAsync(app, async () => answers = await StormLoad.RunAsync(port, storm, mix));
        await watching.CancelAsync();
        var (footprints, lateness) = await watch;

        foreach (var (path, latencies) in answers!)
        {
            output.WriteLine($"{path,-15} {latencies.Describe(storm)}");
        }

        var half = footprints.Count / 2;
        var (first, second) = (Footprint.Most(footprints.Take(half)), Footprint.Most(footprints.Skip(half)));
        output.WriteLine($"threads at most: {first.Threads} in the first half, {second.Threads} in the second; before: {start.Threads}, at the end: {footprints[^1].Threads}");
        output.WriteLine($"RSS at most: {first.MiB} MiB in the first half, {second.MiB} MiB in the second; before: {start.MiB}, at the end: {footprints[^1].MiB}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"runs of the quick checks: {quietRuns:0.0}/s quiet, {stormRuns:0.0}/s in the storm"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a check that began to hang in the storm: reported {lateness.TotalMilliseconds:0} ms after its timeout"));

        // Runs follow the clock, whatever is asked: 40 a second less what ticks come late, and never more.
        Assert.InRange(quietRuns, Judged ? QuickChecks * 0.75 : 1, QuickChecks * 1.1);
        Assert.InRange(stormRuns, Judged ? quietRuns * 0.75 : 1, QuickChecks * 1.1);

        // As many as hang, and no second run of theirs.
        Assert.Equal(HungChecks, Runs(app).Hung);
        Assert.InRange(second.Threads, 1, first.Threads + 3);
        Assert.InRange(lateness, TimeSpan.Zero, Late);

        // Three checks tagged ready began to hang in it: 200 until then, 503 after, and nothing else.
        Assert.Equal([200, 503], answers["/health/ready"].Codes.Keys.Order());
        Assert.Equal([503], answers["/health"].Codes.Keys);
        if (!Judged)
        {
            return;
        }

        Assert.InRange(second.MiB, 1, (first.MiB * 1.1) + 10);
        foreach (var path in new[] { "/health/ready", "/health" })
        {
            Assert.InRange(answers[path].Milliseconds(0.99), 0, answers["/empty"].Milliseconds(0.99) + 5);
        }
    }

    /// <summary>
    /// Looks at the app while the storm is on. From the first look to the last every hung check must read check.timeout and every other be
    /// healthy and fresh. After a quarter of it, three more begin to hang.
    /// </summary>
    private static async Task<(IReadOnlyList<Footprint> Footprints, TimeSpan Lateness)> WatchAsync(
        ChildProcess app, int port, TimeSpan storm, CancellationToken end)
    {
        var clock = Stopwatch.StartNew();
        List<Footprint> footprints = [];
        var hanging = false;
        var lateness = TimeSpan.Zero;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (!end.IsCancellationRequested)
        {
            footprints.Add(Footprint.Of(app.Id));
            var seenAt = DateTimeOffset.UtcNow;
            var checks = await ReadAsync(port);
            Assert.Equal(QuickChecks + HungChecks, checks.Count);
            foreach (var check in checks)
            {
                if (!check.IsQuick)
                {
                    Assert.Equal((check.Name, "Unhealthy", "check.timeout"), (check.Name, check.Status, check.Reason));
                }
                else if (check.IsLate && hanging && check.Reason == "check.timeout")
                {
                    var late = check.CheckedAt - check.RunningSince!.Value - Timeout;
                    lateness = late > lateness ? late : lateness;
                }
                else
                {
                    Assert.Equal((check.Name, "Healthy", null), (check.Name, check.Status, check.Reason));

                    // A period, the time a body is kept, and what is due late; of one that hangs, its last result until its timeout.
                    var age = seenAt - check.CheckedAt;
                    Assert.True(age < TimeSpan.FromSeconds(2) + Late + (check.IsLate && hanging ? Timeout : TimeSpan.Zero), $"{check.Name} is {age} old.");
                }
            }

            if (!hanging && clock.Elapsed > storm / 4)
            {
                hanging = true;
                app.WriteLine($"hang {LateHungChecks}");
            }

            try
            {
                await timer.WaitForNextTickAsync(end);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await Eventually.TrueAsync(
            async () => (await ReadAsync(port)).Count(check => check.IsLate && check.Reason == "check.timeout") == LateHungChecks, "the checks that began to hang are reported");
        return (footprints, lateness);
    }

    private static async Task<double> RunsPerSecondAsync(ChildProcess app, Func<Task> during)
    {
        var before = Runs(app).Quick;
        var watch = Stopwatch.StartNew();
        await during();
        return (Runs(app).Quick - before) / watch.Elapsed.TotalSeconds;
    }

    private static (int Quick, int Hung) Runs(ChildProcess app)
    {
        app.WriteLine("runs");
        return app.ReadLine().Split(' ') is [var quick, var hung]
            ? (int.Parse(quick, CultureInfo.InvariantCulture), int.Parse(hung, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException("The app does not tell its runs.");
    }

    private static async Task<IReadOnlyList<Check>> ReadAsync(int port)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/health"));
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return
        [
            .. json.RootElement.GetProperty("entries").EnumerateObject().Select(entry => new Check(
                entry.Name,
                entry.Value.GetProperty("status").GetString()!,
                entry.Value.TryGetProperty("reason", out var reason) ? reason.GetString() : null,
                entry.Value.TryGetProperty("checkedAt", out var at) ? at.GetDateTimeOffset() : default,
                entry.Value.TryGetProperty("runningSince", out var since) ? since.GetDateTimeOffset() : null)),
        ];
    }

    private sealed record Check(string Name, string Status, string? Reason, DateTimeOffset CheckedAt, DateTimeOffset? RunningSince)
    {
        public bool IsQuick => Name.StartsWith("quick_", StringComparison.Ordinal);

        /// <summary>One of those that begin to hang in the storm.</summary>
        public bool IsLate => IsQuick && int.Parse(Name["quick_".Length..], CultureInfo.InvariantCulture) < LateHungChecks;
    }

    private sealed record Footprint(int Threads, long MiB)
    {
        /// <summary>From /proc/[pid]/status, see proc(5).</summary>
        public static Footprint Of(int process)
        {
            var status = File.ReadAllLines($"/proc/{process}/status");
            long Field(string name) => long.Parse(status.Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split((char[])[':', '\t', ' '], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            return new Footprint((int)Field("Threads"), Field("VmRSS") / 1024);
        }

        public static Footprint Most(IEnumerable<Footprint> footprints) =>
            footprints.Aggregate((a, b) => new Footprint(Math.Max(a.Threads, b.Threads), Math.Max(a.MiB, b.MiB)));
    }
}
