using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit.IntegrationTests.Child;

/// <summary>A web app with HealthKit's endpoints on a free port, which it prints. It starves its thread pool on request.</summary>
internal static class WebMode
{
    public static int Run(IEnumerable<string> settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => setting.Split('=', 2)).Select(pair => KeyValuePair.Create<string, string?>(pair[0], pair[1])));
        builder.AddHealthKit(options => options.AddDefaultChecks = false)
            .AddCheck("always", () => HealthCheckResult.Healthy(), ["ready"]);
        using var app = builder.Build();
        app.MapHealthKit();
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine(app.Urls.Single()));
        app.Lifetime.ApplicationStopping.Register(() => Console.WriteLine("stopping"));
        app.Lifetime.ApplicationStopped.Register(() => Console.WriteLine("stopped"));

        using var release = new ManualResetEventSlim();
        var commands = new Thread(() => Obey(release)) { IsBackground = true };
        commands.Start();
        app.Run();
        return 0;
    }

    private static void Obey(ManualResetEventSlim release)
    {
        while (Console.ReadLine() is { } line)
        {
            switch (line)
            {
                case "starve":
                    // Every thread the pool has or will add, and a queue behind them.
                    for (var i = 0; i < 1_000; i++)
                    {
                        ThreadPool.UnsafeQueueUserWorkItem(static release => ((ManualResetEventSlim)release!).Wait(), release);
                    }

                    Console.WriteLine("starving");
                    break;
                case "release":
                    release.Set();
                    break;
            }
        }

        Environment.Exit(3);
    }
}
