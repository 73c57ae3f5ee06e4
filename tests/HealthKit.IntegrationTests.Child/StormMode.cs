using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit.IntegrationTests.Child;

/// <summary>
/// A web app with 50 checks every second, of which 5 block their thread for ever and 5 await for ever, and an empty endpoint to compare
/// with. It prints its address. The line <c>runs</c> is answered by how many runs began; after <c>hang 3</c> the next
/// runs of three more checks await for ever.
/// </summary>
internal static class StormMode
{
    private const int Quick = 40;
    private const int Hung = 5;

    public static int Run(string stateDirectory)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["HealthKit:Defaults:Period"] = "00:00:01",
            ["HealthKit:Defaults:Timeout"] = "00:00:02",
            ["HealthKit:StateDirectory"] = stateDirectory,
            ["HealthKit:Endpoints:DrainDelay"] = "00:00:00",
        });
        var kit = builder.AddHealthKit(options => options.AddDefaultChecks = false);
        var quickRuns = 0;
        var hungRuns = 0;
        var hanging = 0;
        for (var i = 0; i < Quick; i++)
        {
            var number = i;
            kit.AddDelegateCheck(
                Name("quick", i),
                async _ =>
                {
                    Interlocked.Increment(ref quickRuns);
                    await Task.Yield();
                    if (number < Volatile.Read(ref hanging))
                    {
                        await Never();
                    }

                    return HealthCheckResult.Healthy("done");
                },
                tags: ["ready"]);
            kit.Configure(Name("quick", i), policy => policy with { StaleAfter = TimeSpan.FromSeconds(15) });
        }

        for (var i = 0; i < Hung; i++)
        {
            kit.AddDelegateCheck(Name("blocks", i), _ =>
            {
                Interlocked.Increment(ref hungRuns);
                new ManualResetEventSlim().Wait(CancellationToken.None);
                return default;
            });
            kit.AddDelegateCheck(Name("awaits", i), async _ =>
            {
                Interlocked.Increment(ref hungRuns);
                await Never();
                return HealthCheckResult.Healthy();
            });
        }

        using var app = builder.Build();
        app.MapHealthKit();
        app.Map("/empty", (RequestDelegate)(context =>
        {
            context.Response.ContentLength = 0;
            return Task.CompletedTask;
        }));
        app.Start();
        Console.WriteLine(app.Urls.Single());
        while (Console.ReadLine() is { } line)
        {
            if (line.Split(' ') is ["hang", var count])
            {
                Volatile.Write(ref hanging, int.Parse(count, CultureInfo.InvariantCulture));
            }
            else
            {
                Console.WriteLine($"{Volatile.Read(ref quickRuns)} {Volatile.Read(ref hungRuns)}");
            }
        }

        app.StopAsync().Wait();
        return 0;
    }

    private static string Name(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}_{number:00}");

    private static Task Never() => new TaskCompletionSource().Task;
}
