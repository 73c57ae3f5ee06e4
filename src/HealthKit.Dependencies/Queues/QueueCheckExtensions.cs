using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds queue checks.</summary>
public static class QueueCheckExtensions
{
    /// <summary>
    /// Adds a check of a queue: how much waits and for how long, its consumers, how fast it comes and goes, what was given up. Its type is <c>Queue</c>
    /// in configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="source">Where to look: one of <see cref="QueueSources"/>, or your own.</param>
    /// <param name="configure">Sets the limits.</param>
    /// <param name="name">The name; null means <c>queue</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="source"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddQueueCheck<TBuilder>(
        this TBuilder builder,
        IQueueSource source,
        Action<QueueOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(source);
        return builder.AddQueueCheck(_ => source, configure, name, failureStatus, tags, timeout);
    }

    /// <summary>Adds a check of a queue that the app's services lead to.</summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="source">Makes the source, once, of the app's root services.</param>
    /// <param name="configure">Sets the limits.</param>
    /// <param name="name">The name; null means <c>queue</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="source"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddQueueCheck<TBuilder>(
        this TBuilder builder,
        Func<IServiceProvider, IQueueSource> source,
        Action<QueueOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(source);
        Network.AddTo(builder.Services);
        QueueSourceKinds.AddTo(builder.Services);
        return builder.AddCheck(
            QueueCheck.Type,
            name ?? "queue",
            options =>
            {
                options.SourceFactory = source;
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }

    /// <summary>Adds a check of a queue that a function of the app looks at.</summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="source">
    /// Looks at the queue. It gets the app's root services, and a token that ends with <see cref="DependencyOptions.Deadline"/>. What it throws makes the
    /// result unknown.
    /// </param>
    /// <param name="configure">Sets the limits.</param>
    /// <param name="name">The name; null means <c>queue</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="source"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddQueueCheck<TBuilder>(
        this TBuilder builder,
        Func<IServiceProvider, CancellationToken, Task<QueueState>> source,
        Action<QueueOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(source);
        return builder.AddQueueCheck(services => new FunctionQueueSource(services, source), configure, name, failureStatus, tags, timeout);
    }
}
