using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit.IntegrationTests.Child;

/// <summary>
/// A web app with a check <c>a</c> that is bad when told so, and HealthKit's endpoints on a free port, which it prints. Says <c>ended</c> when
/// nothing of it is left to do.
/// </summary>
internal static class AlertMode
{
    public static int Run(IEnumerable<string> settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => setting.Split('=', 2)).Select(pair => KeyValuePair.Create<string, string?>(pair[0], pair[1])));
        var bad = false;
        builder.AddHealthKit(options => options.AddDefaultChecks = false)
            .AddDelegateCheck("a", _ => new(Volatile.Read(ref bad) ? HealthCheckResult.Unhealthy("down") : HealthCheckResult.Healthy()))
            .AddDelegateCheck("b", _ => new(HealthCheckResult.Healthy()))
            .AddSentry();
        using (var app = builder.Build())
        {
            app.MapHealthKit();
            app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine(app.Urls.Single()));
            var commands = new Thread(() => Obey(app.Services, value => Volatile.Write(ref bad, value))) { IsBackground = true };
            commands.Start();
            app.Run();
        }

        Console.WriteLine("ended");
        return 0;
    }

    private static void Obey(IServiceProvider services, Action<bool> turn)
    {
        while (Console.ReadLine() is { } line)
        {
            switch (line)
            {
                case "bad" or "well":
                    turn(line == "bad");
                    break;
                case "stop":
                    services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
                    return;
                case "mute":
                    services.GetRequiredService<HealthIncidents>().Mute("b", TimeSpan.FromHours(1), "quiet");
                    Console.WriteLine("muted");
                    break;
                case "state":
                    var state = services.GetRequiredService<StateDirectory>();
                    Console.WriteLine($"{state.IsPersistent} {state.Problem ?? "-"}");
                    break;
            }
        }

        Environment.Exit(3);
    }
}
