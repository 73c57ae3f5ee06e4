using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.IntegrationTests.Redis;

/// <summary>Checks of a test, run by hand.</summary>
internal static class RedisRuns
{
    /// <summary>Deadlines of tests are no shorter: a busy machine must not fail them.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    public static RedisCheck Check(string connectionString, Action<RedisOptions>? configure = null)
    {
        var options = new RedisOptions { ConnectionString = connectionString, Deadline = Deadline };
        configure?.Invoke(options);
        Assert.Empty(options.Validate());
        return new RedisCheck(new Network(TimeProvider.System), () => options, new Redactor());
    }

    public static Task<HealthCheckResult> RunAsync(this IHealthCheck check) => check.CheckHealthAsync(
        new HealthCheckContext { Registration = new HealthCheckRegistration("redis", check, HealthStatus.Unhealthy, tags: null) });

    /// <summary>A check that runs once.</summary>
    public static async Task<HealthCheckResult> RunAsync(string connectionString, Action<RedisOptions>? configure = null)
    {
        using var check = Check(connectionString, configure);
        return await check.RunAsync();
    }

    public static string? Reason(this HealthCheckResult result) => (string?)result.Data.GetValueOrDefault("reason");
}
