using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace HealthKit.IntegrationTests.PostgreSql;

/// <summary>A PostgreSQL check run by hand, and a look at every result for the password.</summary>
internal sealed class PostgreSqlBench : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();
    private readonly PostgreSqlCheck _check;

    private PostgreSqlBench(Action<PostgreSqlOptions> configure)
    {
        var options = new PostgreSqlOptions { Deadline = TimeSpan.FromSeconds(3) };
        configure(options);
        Assert.Empty(options.Validate());
        _check = new PostgreSqlCheck(new Network(TimeProvider.System), () => options, _services);
    }

    /// <summary>One that opens a connection of its own.</summary>
    public static PostgreSqlBench Own(string connectionString, Action<PostgreSqlOptions>? configure = null) => new(options =>
    {
        options.ConnectionOf = _ => new NpgsqlConnection(connectionString + ";Pooling=false");
        configure?.Invoke(options);
    });

    /// <summary>One that borrows from the app's pool.</summary>
    public static PostgreSqlBench Of(NpgsqlDataSource source, Action<PostgreSqlOptions>? configure = null) => new(options =>
    {
        options.Source = source;
        configure?.Invoke(options);
    });

    public async Task<HealthCheckResult> RunAsync()
    {
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("db", _check, HealthStatus.Unhealthy, null) };
        var result = await _check.CheckHealthAsync(context).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain("hunter2", result.Description + Texts(result.Data), StringComparison.Ordinal);
        return result;
    }

    public void Dispose()
    {
        _check.Dispose();
        _services.Dispose();
    }

    private static string Texts(IReadOnlyDictionary<string, object> data)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            HealthDataJson.Write(writer, data.ToDictionary(one => one.Key, one => (object?)one.Value));
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
