using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.IntegrationTests.Child;

/// <summary>
/// A monitor with incidents and a webhook, which may be killed at any moment. In round N the checks of round N turn bad one after
/// another and some recover; those of the round before are well, so that what the kill left open is resolved. Without a round all are well.
/// </summary>
internal static class IncidentMode
{
    private const int Checks = 6;

    public static int Run(string stateDirectory, string url, int? round)
    {
        var random = new Random(round ?? 0);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "killed" }); // the test opens its state under that name
        builder.Configuration["HealthKit:Defaults:Period"] = "00:00:00.1";
        builder.Configuration["HealthKit:StateDirectory"] = stateDirectory;
        builder.Configuration["HealthKit:Sinks:ops:Type"] = "Webhook";
        builder.Configuration["HealthKit:Sinks:ops:Url"] = url;
        builder.Configuration["HealthKit:Sinks:ops:Checks:0"] = "r*";
        var kit = builder.AddHealthKit(options => options.AddDefaultChecks = false);
        var started = TimeProvider.System.GetTimestamp();
        foreach (var of in round is { } now ? (int[])[now - 1, now] : [])
        {
            for (var i = 0; i < Checks; i++)
            {
                var bad = of == round ? random.Next(300) : int.MaxValue;
                var well = random.Next(2) == 0 ? int.MaxValue : bad + random.Next(300);
                kit.AddDelegateCheck(string.Create(CultureInfo.InvariantCulture, $"r{of}_{i}"), _ =>
                {
                    var at = TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
                    return new(at >= bad && at < well
                        ? HealthCheckResult.Unhealthy("down", data: new Dictionary<string, object> { ["reason"] = "test.down" })
                        : HealthCheckResult.Healthy());
                });
            }
        }

        using var host = builder.Build();
        host.Start();
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            Console.WriteLine(host.Services.GetRequiredService<HealthIncidents>().Sinks.Single(sink => sink.Name == "ops").Waiting);
        }

        host.StopAsync().Wait();
        return 0;
    }
}
