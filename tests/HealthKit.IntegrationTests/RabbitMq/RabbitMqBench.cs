using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.IntegrationTests.RabbitMq;

/// <summary>Checks of a RabbitMQ server, run by hand.</summary>
internal static class RabbitMqBench
{
    /// <summary>What no output may hold.</summary>
    public const string Password = "tr0ub4dor-s3cret";

    public static RabbitMqCheck Check(string connection, Action<RabbitMqOptions>? configure = null)
    {
        var options = new RabbitMqOptions { ConnectionString = connection, Deadline = TimeSpan.FromSeconds(10) };
        configure?.Invoke(options);
        Assert.Empty(RabbitMqCheck.Type.Validate(options));
        return new RabbitMqCheck(new Network(TimeProvider.System), () => options, new Redactor());
    }

    /// <summary>Runs it. No output ever holds a password, not even before the redactor saw it.</summary>
    public static async Task<(HealthStatus Status, string? Reason, string Text, IReadOnlyDictionary<string, object> Data)> RunAsync(this IHealthCheck check)
    {
        var result = await check.CheckHealthAsync(new HealthCheckContext { Registration = new HealthCheckRegistration("rabbitmq", check, HealthStatus.Unhealthy, null) })
            .WaitAsync(TimeSpan.FromSeconds(60));
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            HealthDataJson.Write(writer, result.Data!);
        }

        Assert.DoesNotContain(Password, result.Description + Encoding.UTF8.GetString(stream.ToArray()), StringComparison.OrdinalIgnoreCase);
        return (result.Status, (string?)result.Data.GetValueOrDefault("reason"), result.Description!, result.Data);
    }

    public static IReadOnlyDictionary<string, object> Item(this IReadOnlyDictionary<string, object> data, string name) =>
        (IReadOnlyDictionary<string, object>)((IReadOnlyDictionary<string, object>)data["items"])[name];
}
