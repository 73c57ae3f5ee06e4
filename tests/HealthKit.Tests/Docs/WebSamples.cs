using System.Data.Common;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Docs;

/// <summary>The code of docs/endpoints.md, redaction.md, state-directory.md and guides/with-aspnetcore-healthchecks.md.</summary>
internal static class WebSamples
{
    public static void Endpoints(WebApplicationBuilder builder)
    {
        builder.AddHealthKit();

        builder.Services.AddAuthorization(options => options.AddPolicy("ops", policy => policy.RequireRole("ops")));
        builder.AddHealthKit().AddEndpoints(options => options.DetailPolicy = "ops");

        var app = builder.Build();
        app.UseHealthKitSignature();
        app.MapHealthKit();
        app.UseWhen(context => !context.Request.Path.StartsWithSegments("/health"), rest => rest.UseHttpsRedirection());
    }

    public static void Anonymous(WebApplication app)
    {
        app.MapHealthKit().AllowAnonymous();
    }

    public static void Redaction(WebApplicationBuilder builder, WebApplication app)
    {
        var redactor = app.Services.GetRequiredService<Redactor>();
        redactor.AddSecret(builder.Configuration["Shop:LicenseKey"]);
        redactor.AddConnectionString(builder.Configuration["Shop:Database"]);
    }

    public static void State(WebApplication app)
    {
        app.MapGet("/state", (StateDirectory state) => new { state.IsPersistent, state.Path, state.Instance, state.Problem, state.ProblemText });
    }

    public static void BesideOthers(WebApplicationBuilder builder, WebApplication app)
    {
        builder.Services.AddHealthChecks()
            .AddRedis(builder.Configuration.GetConnectionString("Redis")!, name: "redis")
            .AddMySql(name: "mysql");

        builder.AddHealthKit()
            .AddRedisCheck(builder.Configuration.GetConnectionString("Redis")!, name: "redis_write")
            .AddMySqlCheck(services => services.GetRequiredService<MySqlDataSource>(), name: "orders_db");

        app.MapHealthKit();
        app.MapHealthChecks("/healthz");
    }

    public static void Types(WebApplicationBuilder builder)
    {
        builder.AddHealthKit().AddDependencyChecks().AddRabbitMqChecks();
        builder.Services.AddKeyedSingleton<DbDataSource>("orders", (services, _) => services.GetRequiredService<MySqlDataSource>());
    }

    /// <summary>The shape of AspNetCore.HealthChecks.Redis and .MySql, as far as the page uses them: the packages cannot be had everywhere.</summary>
    private static IHealthChecksBuilder AddRedis(this IHealthChecksBuilder builder, string connectionString, string name) =>
        builder.AddDelegateCheck(name + connectionString, _ => default);

    private static IHealthChecksBuilder AddMySql(this IHealthChecksBuilder builder, string name) => builder.AddDelegateCheck(name, _ => default);

    /// <summary>MySqlConnector's.</summary>
    private abstract class MySqlDataSource : DbDataSource;
}
