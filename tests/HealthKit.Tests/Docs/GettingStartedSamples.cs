using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Docs;

public interface ICache
{
    bool IsWarm { get; }
}

/// <summary>The code of docs/getting-started.md: <see cref="DocumentedCodeTests"/> holds the two against each other.</summary>
public static class GettingStartedSamples
{
    public static void Web(WebApplicationBuilder builder)
    {
        builder.AddHealthKit();
        var app = builder.Build();
        app.MapHealthKit();
    }

    public static void Worker(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.AddHealthKit();
    }

    public static void Checks(WebApplicationBuilder builder, ICache cache)
    {
        builder.AddHealthKit()
            .AddDiskSpaceCheck("/var/log/app", options => options.UnhealthyBelowFreeBytes = 2L << 30, tags: ["ready"])
            .AddDelegateCheck("warm", _ => new(cache.IsWarm ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("the cache is cold")), tags: ["startup"]);
    }

    public static void Policy(WebApplicationBuilder builder)
    {
        builder.AddHealthKit().Configure("redis", policy => policy with
        {
            Period = TimeSpan.FromSeconds(30),
            FailureThreshold = 3,
            Remedy = "docs/runbook.md#redis",
        });
    }
}

public sealed class Throttle(HealthMonitor monitor)
{
    public bool ShouldRest => monitor.Current.Checks.Any(check => check is { Name: "memory", Status: not HealthStatus.Healthy });

    public Task<CheckState> LookAgainAsync(CancellationToken token) => monitor.RunAsync("memory", token);
}
