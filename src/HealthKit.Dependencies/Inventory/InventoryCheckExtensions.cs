using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds inventory checks.</summary>
public static class InventoryCheckExtensions
{
    /// <summary>
    /// Adds a check that everything expected is in a directory, or in a list over HTTP: set <see cref="InventoryOptions.Directory"/> or
    /// <see cref="InventoryOptions.Url"/>. Its type is <c>Inventory</c> in configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="expected">The entries, as <see cref="ExpectedSet"/> has them.</param>
    /// <param name="configure">Says where to look.</param>
    /// <param name="name">The name; null means <c>inventory</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="expected"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddInventoryCheck<TBuilder>(
        this TBuilder builder,
        IEnumerable<string> expected,
        Action<InventoryOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(expected);
        Network.AddTo(builder.Services);
        string[] all = [.. expected];
        return builder.AddCheck(
            InventoryCheck.Type,
            name ?? "inventory",
            options =>
            {
                options.Expected = [.. all];
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }

    /// <summary>Adds a check that everything expected is in what a function of the app returns.</summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="expected">The entries, as <see cref="ExpectedSet"/> has them.</param>
    /// <param name="source">
    /// Returns what is there. It gets the app's root services, and a token that ends with <see cref="DependencyOptions.Deadline"/>. What it throws
    /// is the check's failure.
    /// </param>
    /// <param name="configure">Sets the other options.</param>
    /// <param name="name">The name; null means <c>inventory</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException">builder, expected or source is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddInventoryCheck<TBuilder>(
        this TBuilder builder,
        IEnumerable<string> expected,
        Func<IServiceProvider, CancellationToken, Task<Inventory>> source,
        Action<InventoryOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(source);
        return builder.AddInventoryCheck(
            expected,
            options =>
            {
                options.Source = source;
                configure?.Invoke(options);
            },
            name,
            failureStatus,
            tags,
            timeout);
    }
}
