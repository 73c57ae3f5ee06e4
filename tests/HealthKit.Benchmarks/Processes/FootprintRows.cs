using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HealthKit.Tests.Support;

namespace HealthKit;

/// <summary>The same web app with and without HealthKit and 20 checks at their defaults: memory, CPU, start.</summary>
internal static class FootprintRows
{
    private const double BudgetMegabytes = 30;
    private const double BudgetPercent = 1;
    private const double BudgetMilliseconds = 50;

    /// <summary>What a load balancer does.</summary>
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);

    public static async IAsyncEnumerable<Row> Measure(BenchmarkOptions options)
    {
        List<double> with = [];
        List<double> without = [];
        List<double> health = [];
        List<double> withCpu = [];
        List<double> withoutCpu = [];
        for (var i = 0; i < (options.Quick ? 5 : 21); i++)
        {
            // In turns, and in changing order.
            foreach (var healthKit in i % 2 == 0 ? new[] { true, false } : [false, true])
            {
                using var app = App.Start(healthKit);
                var answered = await app.FirstAnswerAsync("/");
                (healthKit ? with : without).Add(answered.TotalMilliseconds);
                (healthKit ? withCpu : withoutCpu).Add(app.Process.Cpu.TotalMilliseconds);
                if (healthKit)
                {
                    health.Add((await app.FirstAnswerAsync("/health/ready")).TotalMilliseconds);
                }
            }
        }

        yield return OfDifference("start of the process to the first answer of the app, 20 checks / no HealthKit", with, without, BudgetMilliseconds);
        yield return OfDifference("CPU time of all threads until then", withCpu, withoutCpu);
        yield return new Row("start of the process to the first 200 of /health/ready", Milliseconds(Interleaved.Median(health)), Milliseconds(Interleaved.Median(without)), "", "", null);

        using var loaded = App.Start(healthKit: true);
        using var plain = App.Start(healthKit: false);
        await loaded.FirstAnswerAsync("/");
        await plain.FirstAnswerAsync("/");

        // The first minute holds the first runs and the JIT's work on them; the second is what goes on for ever.
        List<double> rss = [];
        List<double> plainRss = [];
        foreach (var which in new[] { "first", "next" })
        {
            var started = Stopwatch.GetTimestamp();
            var (cpu, plainCpu) = (loaded.Process.Cpu, plain.Process.Cpu);
            while (Stopwatch.GetElapsedTime(started) is var sofar && sofar < options.Window)
            {
                var left = options.Window - sofar;
                await Task.Delay(left < ProbeEvery ? left : ProbeEvery);

                // As many requests to either.
                await loaded.FirstAnswerAsync("/health/ready");
                await loaded.FirstAnswerAsync("/health");
                await plain.FirstAnswerAsync("/");
                await plain.FirstAnswerAsync("/");
                rss.Add(loaded.Process.RssBytes);
                plainRss.Add(plain.Process.RssBytes);
            }

            var elapsed = Stopwatch.GetElapsedTime(started);
            var share = 100 * (loaded.Process.Cpu - cpu) / elapsed;
            var plainShare = 100 * (plain.Process.Cpu - plainCpu) / elapsed;
            yield return new Row(
                string.Create(CultureInfo.InvariantCulture, $"CPU of one core in the {which} {elapsed.TotalSeconds:0} s, 20 checks / no HealthKit"),
                Text.Percent(share), Text.Percent(plainShare), $"+{Text.Percent(share - plainShare)}", $"< +{BudgetPercent:0} %", share - plainShare < BudgetPercent);
        }

        var added = rss.Max() - plainRss.Max();
        yield return new Row(
            "RSS at its highest in that time, 20 checks / no HealthKit",
            Text.Bytes(rss.Max()), Text.Bytes(plainRss.Max()), $"+{Text.Bytes(added)}", $"< +{BudgetMegabytes:0} MB", added < BudgetMegabytes * (1 << 20));
    }

    private static Row OfDifference(string name, List<double> with, List<double> without, double? budget = null)
    {
        var added = Interleaved.Median(with.Zip(without, (w, wo) => w - wo));
        return new Row(
            name,
            Milliseconds(Interleaved.Median(with)),
            Milliseconds(Interleaved.Median(without)),
            $"+{Milliseconds(added)}",
            budget is { } limit ? $"< +{Milliseconds(limit)}" : "",
            budget is { } most ? added < most : null);
    }

    private static string Milliseconds(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0} ms");

    private sealed class App : IDisposable
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private readonly int _port;

        private App(Child process, int port)
        {
            Process = process;
            _port = port;
        }

        public Child Process { get; }

        public static App Start(bool healthKit)
        {
            var port = LoopbackPort.Free();
            return new App(new Child("app", healthKit ? "with" : "without", $"{port}"), port);
        }

        /// <summary>Asks until the answer is 200, and returns how long after the start of the process that was.</summary>
        public async Task<TimeSpan> FirstAnswerAsync(string path)
        {
            var request = System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{_port}\r\nConnection: close\r\n\r\n");
            var asked = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(asked) < StartPatience)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, _port);
                    await socket.SendAsync(request);
                    var length = await socket.ReceiveAsync(_buffer);
                    if (_buffer.AsSpan(0, length).StartsWith("HTTP/1.1 200"u8))
                    {
                        return Stopwatch.GetElapsedTime(Process.StartedAt);
                    }
                }
                catch (SocketException)
                {
                    // Not listening yet.
                }

                await Task.Delay(1);
            }

            throw new TimeoutException($"{path} did not answer 200 within {StartPatience.TotalSeconds} s.");
        }

        public void Dispose() => Process.Dispose();
    }
}
