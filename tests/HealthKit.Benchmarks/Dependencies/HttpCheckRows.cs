using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit;

/// <summary>The HTTP check against a bare client, both with a connection of its own for each call; and what 200 checks of dependencies cost.</summary>
internal static class HttpCheckRows
{
    private const double Factor = 1.3;
    private const int Checks = 200;
    private const double BudgetPercent = 2;
    private const double PeriodSeconds = 10;

    /// <summary>tcp(7): how long a closed connection is remembered.</summary>
    private const double TimeWaitSeconds = 60;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(12);

    public static async IAsyncEnumerable<Row> Measure(BenchmarkOptions options)
    {
        using var server = new Child("serve", "microsoft");
        var port = await server.ReadPortAsync();
        yield return Row.OfTime("HTTP check / bare HttpClient, a fresh connection each", Compare(options, port, out var allocated), Factor);
        yield return allocated;

        using var checks = new Child("dependencies", $"{Checks}", $"{port}");
        using var idle = new Child("engine", "0");
        await checks.ReadLineAsync();
        await idle.ReadLineAsync();
        await Task.Delay(Settling);

        // The comparison above left connections of its own behind.
        var started = Stopwatch.GetTimestamp();
        var (before, idleBefore) = (checks.Cpu, idle.Cpu);
        await Task.Delay(options.Window);
        var elapsed = Stopwatch.GetElapsedTime(started);
        var share = 100 * (checks.Cpu - before) / elapsed;
        var idleShare = 100 * (idle.Cpu - idleBefore) / elapsed;
        yield return new Row(
            $"{Checks} checks, HTTP and TCP by halves, at 10 s / no checks, CPU of one core over {elapsed.TotalSeconds:0} s",
            Text.Percent(share), Text.Percent(idleShare), "", $"< {BudgetPercent:0} %", share < BudgetPercent);
        if (elapsed.TotalSeconds >= TimeWaitSeconds - Settling.TotalSeconds)
        {
            var waiting = TimeWaits(port);
            var most = Checks / PeriodSeconds * TimeWaitSeconds;
            yield return new Row(
                "their sockets in TIME_WAIT", $"{waiting}", "", "", string.Create(CultureInfo.InvariantCulture, $"<= {1.2 * most:0}: those of a minute"), waiting <= 1.2 * most);
        }
    }

    /// <summary>A host with checks of one server.</summary>
    public static async Task RunChildAsync(int checks, int port, Func<Task> end)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var health = builder.AddHealthKit(options => options.AddDefaultChecks = false);
        for (var i = 0; i < checks; i++)
        {
            if (i % 2 == 0)
            {
                health.AddHttpCheck(new Uri($"http://127.0.0.1:{port}/empty"), name: $"http_{i}");
            }
            else
            {
                health.AddTcpCheck("127.0.0.1", port, name: $"tcp_{i}");
            }
        }

        using var host = builder.Build();
        await host.StartAsync();
        Console.WriteLine("started");
        await end();
    }

    private static Comparison Compare(BenchmarkOptions options, int port, out Row allocated)
    {
        var url = new Uri($"http://127.0.0.1:{port}/empty");
        var checkOptions = new HttpCheckOptions { Url = url };
        using var check = new HttpCheck(new Network(TimeProvider.System), () => checkOptions, new Redactor());
        var context = Contexts.Of(check);
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = TimeSpan.Zero,
            UseCookies = false,
            UseProxy = false,
        });

        // Much code runs through for each call: the JIT has not settled after the usual warming.
        _ = new Interleaved(quick: true).Compare(Check, Client);
        var result = new Interleaved(options.Quick).Compare(Check, Client);
        allocated = Row.OfBytes("HTTP check, allocated", result.Measured, result.Baseline);
        return result;

        void Check()
        {
            var result = check.CheckHealthAsync(context).GetAwaiter().GetResult();
            if (result.Status != HealthStatus.Healthy)
            {
                throw new InvalidOperationException(result.Description);
            }
        }

        void Client()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.ConnectionClose = true;
            using var response = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).GetAwaiter().GetResult();
            response.EnsureSuccessStatusCode();
            response.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult();
        }
    }

    /// <summary>Sockets of a port on either end that are in TIME_WAIT (proc_net_tcp(5): state 06).</summary>
    private static int TimeWaits(int port)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        return File.ReadLines("/proc/net/tcp").Skip(1)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields[3] == "06" && (fields[1].EndsWith(end, StringComparison.Ordinal) || fields[2].EndsWith(end, StringComparison.Ordinal)));
    }
}
