using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.IntegrationTests.Child;

/// <summary>A monitor in a process of its own, which may be stopped, starved or killed.</summary>
internal static class MonitorModes
{
    /// <summary>
    /// Watches its own picture without pause from a thread of its own and prints every change of it: <c>name status reason</c>, and on
    /// request (a line of input) <c>runs N</c>.
    /// </summary>
    public static int Watch()
    {
        using var host = Start(period: "00:00:01", timeout: "00:00:02");
        var monitor = host.Services.GetRequiredService<HealthMonitor>();
        new Thread(() => Report(monitor)) { IsBackground = true }.Start();
        while (Console.ReadLine() is not null)
        {
            Print($"checkedAt {monitor.Current.Checks[0].CheckedAt:O}");
        }

        return 0;
    }

    /// <summary>As <see cref="Watch"/>; a line of input blocks every thread of the pool, the next one lets go of them.</summary>
    public static int Starve()
    {
        ThreadPool.SetMinThreads(2, 2);
        ThreadPool.SetMaxThreads(4, 4);
        using var host = Start(period: "00:00:01", timeout: "00:00:02");
        new Thread(() => Report(host.Services.GetRequiredService<HealthMonitor>())) { IsBackground = true }.Start();
        using var release = new ManualResetEventSlim();
        while (Console.ReadLine() is not null)
        {
            release.Reset();
            for (var i = 0; i < 100; i++)
            {
                ThreadPool.QueueUserWorkItem(_ => release.Wait());
            }

            if (Console.ReadLine() is null)
            {
                break;
            }

            release.Set();
        }

        release.Set();
        return 0;
    }

    private static IHost Start(string period, string timeout)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["HealthKit:Defaults:Period"] = period;
        builder.Configuration["HealthKit:Defaults:Timeout"] = timeout;
        builder.Configuration["HealthKit:StateDirectory"] = Path.Combine(Path.GetTempPath(), "hk-child");
        builder.AddHealthKit(options => options.AddDefaultChecks = false)
            .AddDelegateCheck("sync", _ => new(HealthCheckResult.Healthy()))
            .AddDelegateCheck("async", async token =>
            {
                await Task.Delay(10, token);
                return HealthCheckResult.Healthy();
            });
        var host = builder.Build();
        host.Start();
        return host;
    }

    private static void Report(HealthMonitor monitor)
    {
        var seen = new Dictionary<string, string>();
        var pause = new ManualResetEventSlim();
        while (!pause.Wait(TimeSpan.FromMilliseconds(5)))
        {
            foreach (var check in monitor.Current.Checks)
            {
                var now = string.Create(CultureInfo.InvariantCulture, $"{check.Name} {check.Status} {check.Reason}").TrimEnd();
                if (check.Reason != "check.pending" && seen.GetValueOrDefault(check.Name) != now)
                {
                    seen[check.Name] = now;
                    Print(now);
                }
            }
        }
    }

    private static void Print(string line)
    {
        lock (Console.Out)
        {
            Console.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
