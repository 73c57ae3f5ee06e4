using System.Data.Common;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Docs;

/// <summary>The code of the packages' readmes.</summary>
internal static class PackageSamples
{
    public static void Worker(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);

        builder.AddHealthKit()
            .AddDiskSpaceCheck("/var/lib/app", options => options.UnhealthyBelowFreeBytes = 2L << 30)
            .AddLogFileCheck("/var/log/app/*.log");

        builder.Build().Run();
    }

    public static void Web(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddHealthKit();

        var app = builder.Build();
        app.MapHealthKit();
        app.Run();
    }

    public static void Dependencies(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddRedisCheck("redis://cache.example")
            .AddPostgreSqlCheck(services => services.GetRequiredService<NpgsqlDataSource>())
            .AddHttpCheck("https://api.example/health")
            .AddTlsCertificateCheck("shop.example")
            .AddQueueCheck(QueueSources.Sidekiq("redis://cache.example:6379/0"));
    }

    public static void Types(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit().AddDependencyChecks();
        builder.AddHealthKit().AddRabbitMqChecks();
    }

    /// <summary>Npgsql's: compiled against the real one beside docs/checks/postgresql.md.</summary>
    private abstract class NpgsqlDataSource : DbDataSource;
}
