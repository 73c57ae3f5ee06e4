using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the RabbitMQ check.</summary>
public static class RabbitMqCheckExtensions
{
    /// <summary>
    /// Adds a check that logs in to RabbitMQ, sends a message through a queue of its own, and looks for what else the options require. Its type is
    /// <c>RabbitMq</c> in configuration. Without canaries it never touches a queue that it did not create.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="connectionString">The broker: <c>amqp://user:password@host:5672/vhost</c>, or <c>amqps</c>. User and password are shown nowhere.</param>
    /// <param name="configure">Sets what is required, and the limits.</param>
    /// <param name="name">The name; null means <c>rabbitmq_mq_example_5672</c> for <c>mq.example</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="connectionString"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddRabbitMqCheck<TBuilder>(
        this TBuilder builder,
        string connectionString,
        Action<RabbitMqOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(connectionString);
        Network.AddTo(builder.Services);
        return builder.AddCheck(
            RabbitMqCheck.Type,
            name ?? (RabbitMqAddress.TryParse(connectionString, out var address) ? HostRules.CheckName("rabbitmq", address.Host, address.Port) : "rabbitmq"),
            options =>
            {
                options.ConnectionString = connectionString;
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }
}
