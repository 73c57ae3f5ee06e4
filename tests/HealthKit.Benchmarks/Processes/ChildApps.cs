using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>The apps that are measured from outside. Each runs until its standard input closes.</summary>
internal static class ChildApps
{
    public static Task<int> RunAsync(string[] arguments) => arguments switch
    {
        ["serve", "healthkit"] => ServeAsync(healthKit: true),
        ["serve", "microsoft"] => ServeAsync(healthKit: false),
        ["app", "with", var port] => AppAsync(healthKit: true, int.Parse(port, CultureInfo.InvariantCulture)),
        ["app", "without", var port] => AppAsync(healthKit: false, int.Parse(port, CultureInfo.InvariantCulture)),
        ["engine", var checks] => EngineAsync(int.Parse(checks, CultureInfo.InvariantCulture)),
        ["dependencies", var checks, var port] => DependenciesAsync(int.Parse(checks, CultureInfo.InvariantCulture), int.Parse(port, CultureInfo.InvariantCulture)),
        ["incidents", var place, var count] => Incidents(place, int.Parse(count, CultureInfo.InvariantCulture)),
        ["summary", var path] => SummaryRows.ChildAsync(path),
        _ => throw new ArgumentException($"No such child: {string.Join(' ', arguments)}"),
    };

    /// <summary>A restart that finds open incidents: prints how long that took, in milliseconds, and how many there were.</summary>
    private static Task<int> Incidents(string place, int checks)
    {
        using var services = IncidentBenchmark.Provider(place, TimeProvider.System, checks);
        var incidents = services.GetRequiredService<IncidentService>();
        var started = Stopwatch.GetTimestamp();
        incidents.Begin();
        var took = Stopwatch.GetElapsedTime(started);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{took.TotalMilliseconds} {incidents.Open.Count}"));
        return Task.FromResult(0);
    }

    /// <summary>An empty endpoint, and the health endpoints of one side over the same 20 checks. For the load.</summary>
    private static async Task<int> ServeAsync(bool healthKit)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        var checks = new TwentyChecks();
        if (healthKit)
        {
            // Full is the larger body of the two that anyone may be given.
            builder.AddHealthKit(options => options.AddDefaultChecks = false).AddEndpoints(options => options.AnonymousDetail = HealthDetail.Full);
        }

        checks.AddTo(builder.Services.AddHealthChecks());
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/empty", static context => Task.CompletedTask);
        app.MapGet("/runs", context => context.Response.WriteAsync(checks.Runs.ToString(CultureInfo.InvariantCulture)));
        if (healthKit)
        {
            app.MapHealthKit();
        }
        else
        {
            app.MapHealthChecks("/health");
        }

        await app.StartAsync();
        Console.WriteLine(new Uri(app.Urls.Single()).Port);
        await InputClosedAsync();
        return 0;
    }

    /// <summary>An app as a user writes it, logging to the console as it does by default, with and without HealthKit and 20 checks. For the footprint.</summary>
    private static async Task<int> AppAsync(bool healthKit, int port)
    {
        var builder = WebApplication.CreateBuilder();
        if (healthKit)
        {
            // disk, temp_disk, memory and healthkit are there; 16 more make 20.
            var health = builder.AddHealthKit();
            foreach (var path in new[] { "/usr", "/var", "/etc", "/home" })
            {
                health.AddDiskSpaceCheck(path);
            }

            for (var i = 0; i < 12; i++)
            {
                health.AddDelegateCheck($"queue_{i}", static _ => ValueTask.FromResult<HealthCheckResult?>(HealthCheckResult.Healthy(
                    "12 waiting, the oldest for 3 s, 0 dead",
                    new Dictionary<string, object>(3) { ["waitingCount"] = 12L, ["oldestAgeSeconds"] = 3.2, ["deadCount"] = 0L })));
            }
        }

        await using var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{port}");
        app.MapGet("/", () => "Hello World!");
        if (healthKit)
        {
            app.MapHealthKit();
        }

        await app.StartAsync();
        if (app.Services.GetService<HealthMonitor>() is { } monitor && monitor.Current.Checks.Count != TwentyChecks.Count)
        {
            throw new InvalidOperationException($"These are {monitor.Current.Checks.Count} checks, not {TwentyChecks.Count}.");
        }

        await InputClosedAsync();
        return 0;
    }

    /// <summary>A host with nothing but the monitor and checks that do nothing.</summary>
    private static async Task<int> EngineAsync(int checks)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var health = builder.AddHealthKit(options => options.AddDefaultChecks = false);
        for (var i = 0; i < checks; i++)
        {
            health.AddCheck($"nothing_{i}", static () => HealthCheckResult.Healthy());
        }

        using var host = builder.Build();
        await host.StartAsync();
        Console.WriteLine("started");
        await InputClosedAsync();
        return 0;
    }

    private static async Task<int> DependenciesAsync(int checks, int port)
    {
        await HttpCheckRows.RunChildAsync(checks, port, InputClosedAsync);
        return 0;
    }

    private static async Task InputClosedAsync()
    {
        while (await Console.In.ReadLineAsync() is not null)
        {
        }
    }
}
