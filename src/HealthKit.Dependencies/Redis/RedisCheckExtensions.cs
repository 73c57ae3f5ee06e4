using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the Redis check.</summary>
public static class RedisCheckExtensions
{
    /// <summary>
    /// Adds a check of a Redis server: whether it takes writes, which leave nothing, and how it is doing by <c>INFO</c>. It has a connection of its
    /// own. Its type is <c>Redis</c> in configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="connectionString">
    /// The server: <c>redis://[user:password@]host[:port][/database]</c>, <c>rediss://…</c>, <c>unix:///path</c>, or as StackExchange.Redis writes it.
    /// Its password is never shown.
    /// </param>
    /// <param name="configure">Sets what is tried, and the limits.</param>
    /// <param name="name">The name; null means <c>redis_cache_example_6379</c> for <c>redis://cache.example</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="connectionString"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddRedisCheck<TBuilder>(
        this TBuilder builder,
        string connectionString,
        Action<RedisOptions>? configure = null,
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
            RedisCheck.Type,
            name ?? RedisEndpoint.CheckName("redis", connectionString),
            options =>
            {
                options.ConnectionString = connectionString;
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }

    /// <summary>
    /// Adds a check that asks Redis through the app's own client, so that what stands between is tested too: its pool, its reconnecting, its
    /// time-outs. It knows no stages, and its write is no transaction (see <c>docs/checks/redis.md</c>).
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="execute">
    /// Sends one command and gives its reply as text; an error of the server is an exception whose message (or an inner one's) is the server's. It is given the
    /// services of a scope that lasts as long as the run, and <c>PING</c>, <c>SET key 1 PX 5000</c>, <c>DEL key</c> and <c>INFO</c>, word by word. With
    /// StackExchange.Redis:
    /// <code>
    /// async (services, command, _) => (string?)await services.GetRequiredService&lt;IConnectionMultiplexer&gt;().GetDatabase()
    ///     .ExecuteAsync(command[0], [.. command.Skip(1)])
    /// </code>
    /// </param>
    /// <param name="configure">Sets what is tried, and the limits.</param>
    /// <param name="name">The name; null means <c>redis_client</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="execute"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddRedisCheck<TBuilder>(
        this TBuilder builder,
        Func<IServiceProvider, IReadOnlyList<string>, CancellationToken, Task<string?>> execute,
        Action<RedisOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(execute);
        Network.AddTo(builder.Services);
        return builder.AddCheck(
            RedisCheck.Type,
            name ?? "redis_client",
            options =>
            {
                options.Execute = execute;
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }
}
