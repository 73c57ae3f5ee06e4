using System.Diagnostics;
using System.Globalization;

namespace HealthKit;

/// <summary>Requests per second of the endpoints against an empty one of the same app, and against Microsoft's over the same 20 checks.</summary>
internal static class HttpRows
{
    private const double PlainBudget = 0.90;
    private const double JsonBudget = 0.65;

    public static async IAsyncEnumerable<Row> Measure(BenchmarkOptions options)
    {
        using var healthKit = new Child("serve", "healthkit");
        using var microsoft = new Child("serve", "microsoft");
        var port = await healthKit.ReadPortAsync();
        var microsoftPort = await microsoft.ReadPortAsync();
        using var client = new HttpClient();
        var body = await ReadJsonAsync(client, port);

        using var empty = new Target(healthKit, port, "/empty");
        using var ready = new Target(healthKit, port, "/health/ready");
        using var json = new Target(healthKit, port, "/health");
        using var microsoftEmpty = new Target(microsoft, microsoftPort, "/empty");
        using var microsoftHealth = new Target(microsoft, microsoftPort, "/health");
        Target[] targets = [empty, ready, json, microsoftEmpty, microsoftHealth];

        foreach (var target in targets)
        {
            target.Warm(TimeSpan.FromSeconds(options.Quick ? 1 : 3));
        }

        var runs = await CheckRunsAsync(client, port);
        var started = Stopwatch.GetTimestamp();
        var rounds = options.Quick ? 7 : 25;
        for (var i = 0; i < rounds; i++)
        {
            // In changing order, for a slow moment of the machine may last longer than one target's turn.
            for (var j = 0; j < targets.Length; j++)
            {
                targets[(i + j) % targets.Length].Run(TimeSpan.FromSeconds(options.Quick ? 0.2 : 0.5));
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        runs = await CheckRunsAsync(client, port) - runs;
        yield return Against("/health/ready, plain word / empty endpoint", ready, empty, PlainBudget);
        yield return Against(string.Create(CultureInfo.InvariantCulture, $"/health, JSON of {body:N0} bytes, 20 checks / empty endpoint"), json, empty, JsonBudget);
        yield return Against("Microsoft's MapHealthChecks, plain word, 20 checks / empty endpoint", microsoftHealth, microsoftEmpty);
        yield return Against("/health/ready / Microsoft's MapHealthChecks", ready, microsoftHealth);
        yield return Against("/health, JSON / Microsoft's MapHealthChecks", json, microsoftHealth);
        yield return OfCpu("server CPU a request, /health/ready / empty endpoint", ready, empty);
        yield return OfCpu("server CPU a request, /health / empty endpoint", json, empty);
        yield return OfCpu("server CPU a request, Microsoft's MapHealthChecks / empty endpoint", microsoftHealth, microsoftEmpty);

        var planned = (long)Math.Ceiling((elapsed.TotalSeconds / 10) + 1) * (TwentyChecks.Count - 2);
        yield return new Row(
            "runs of the 18 counted checks during all that load / planned at one in 10 s",
            $"{runs}", $"{planned}", "", "<= planned", runs <= planned);
        yield return new Row("answers that were not 200", $"{targets.Sum(target => target.Failures)}", "", "", "0", targets.All(target => target.Failures == 0));
    }

    private static Row Against(string name, Target measured, Target baseline, double? atLeast = null)
    {
        var ratio = Interleaved.Median(measured.Rates.Zip(baseline.Rates, (m, b) => m / b));
        return new Row(
            name,
            Text.Rate(Interleaved.Median(measured.Rates)),
            Text.Rate(Interleaved.Median(baseline.Rates)),
            Text.Number(ratio),
            atLeast is { } budget ? $">= {Text.Number(budget)} x" : "",
            atLeast is { } least ? ratio >= least : null);
    }

    private static Row OfCpu(string name, Target measured, Target baseline) => new(
        name,
        Text.Time(measured.CpuNanosecondsPerRequest),
        Text.Time(baseline.CpuNanosecondsPerRequest),
        Text.Number(measured.CpuNanosecondsPerRequest / baseline.CpuNanosecondsPerRequest),
        "",
        null);

    private static async Task<int> ReadJsonAsync(HttpClient client, int port)
    {
        var address = new Uri($"http://127.0.0.1:{port}/health");

        // Until the first results are in.
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            using var response = await client.GetAsync(address);
            var body = await response.Content.ReadAsByteArrayAsync();
            if (response.IsSuccessStatusCode)
            {
                return body.Length;
            }

            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(20))
            {
                throw new TimeoutException($"{address} answers {(int)response.StatusCode}: {System.Text.Encoding.UTF8.GetString(body)}");
            }

            await Task.Delay(100);
        }
    }

    private static async Task<long> CheckRunsAsync(HttpClient client, int port) =>
        long.Parse(await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/runs")), CultureInfo.InvariantCulture);

    private sealed class Target(Child server, int port, string path) : IDisposable
    {
        private readonly HttpLoad _load = new(port, path);
        private long _requests;
        private TimeSpan _cpu;

        public List<double> Rates { get; } = [];

        public long Failures { get; private set; }

        public double CpuNanosecondsPerRequest => _cpu.TotalNanoseconds / _requests;

        public void Warm(TimeSpan duration) => _load.Run(duration);

        public void Run(TimeSpan duration)
        {
            var before = server.Cpu;
            var result = _load.Run(duration);
            _cpu += server.Cpu - before;
            _requests += result.Requests;
            Failures += result.Failures;
            Rates.Add(result.PerSecond);
        }

        public void Dispose() => _load.Dispose();
    }
}
