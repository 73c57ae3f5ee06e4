using System.Text.Json;
using HealthKit.IntegrationTests.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MySql.Data.MySqlClient;

namespace HealthKit.IntegrationTests.MySql;

/// <summary>A check of a MySQL server, by MySql.Data, run when a test says so. No result may have the password.</summary>
internal sealed class MySqlProbe : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSingleton(TimeProvider.System).BuildServiceProvider();
    private readonly MySqlCheck _check;
    private readonly HealthCheckContext _context;

    public MySqlProbe(string connectionString, Action<MySqlOptions>? configure = null)
        : this(options => options.ConnectionOf = _ => new MySqlConnection(connectionString), configure)
    {
    }

    public MySqlProbe(Action<MySqlOptions> connect, Action<MySqlOptions>? configure = null)
    {
        var options = new MySqlOptions { Deadline = TimeSpan.FromSeconds(10) };
        connect(options);
        configure?.Invoke(options);
        Assert.Empty(options.Validate());
        _check = new MySqlCheck(new Network(TimeProvider.System), () => options, _services);
        _context = new HealthCheckContext { Registration = new HealthCheckRegistration("db", _check, HealthStatus.Unhealthy, tags: null) };
    }

    /// <summary>Runs a check once that is made for it.</summary>
    public static async Task<HealthCheckResult> OnceAsync(string connectionString, Action<MySqlOptions>? configure = null)
    {
        using var probe = new MySqlProbe(connectionString, configure);
        return await probe.RunAsync();
    }

    public async Task<HealthCheckResult> RunAsync()
    {
        var result = await _check.CheckHealthAsync(_context);
        Assert.DoesNotContain(MariaDbServer.Password, result.Description, StringComparison.Ordinal);
        Assert.DoesNotContain(MariaDbServer.Password, JsonSerializer.Serialize(result.Data), StringComparison.Ordinal);
        return result;
    }

    public void Dispose()
    {
        _check.Dispose();
        _services.Dispose();
    }
}

internal static class MySqlResults
{
    public static string? Reason(this HealthCheckResult result) => result.Data.GetValueOrDefault("reason") as string;

    public static void Is(this HealthCheckResult result, HealthStatus status, string? reason, params string[] texts)
    {
        Assert.True((status, reason) == (result.Status, result.Reason()), $"Expected {status} {reason}, was {result.Status} {result.Reason()}: {result.Description}");
        foreach (var text in texts)
        {
            Assert.Contains(text, result.Description, StringComparison.Ordinal);
        }
    }
}
