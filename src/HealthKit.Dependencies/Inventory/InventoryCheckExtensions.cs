using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds inventory checks.</summary>
public static class InventoryCheckExtensions
{
    /// <summary>
    /// Adds a check that everything expected is in a directory, or in a list over HTTP: set <see cref="InventoryOptions.Expected"/> and one of
    /// <see cref="InventoryOptions.Directory"/> and <see cref="InventoryOptions.Url"/>. Its type is <c>Inventory</c> in configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="configure">Says what is expected, and where to look.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException">builder, name or configure is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddInventoryCheck<TBuilder>(
        this TBuilder builder,
        string name,
        Action<InventoryOptions> configure,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        Network.AddTo(builder.Services);
        return builder.AddCheck(InventoryCheck.Type, name, configure, failureStatus, tags, timeout);
    }

    /// <summary>Adds a check that everything expected is in what a function of the app returns.</summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="expected">The entries, as <see cref="ExpectedSet"/> has them.</param>
    /// <param name="source">
    /// Returns what is there. It gets the app's root services, and a token that ends with <see cref="DependencyOptions.Deadline"/>. What it throws
    /// is the check's failure.
    /// </param>
    /// <param name="configure">Sets the other options.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException">builder, name, expected or source is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddInventoryCheck<TBuilder>(
        this TBuilder builder,
        string name,
        IEnumerable<string> expected,
        Func<IServiceProvider, CancellationToken, Task<Inventory>> source,
        Action<InventoryOptions>? configure = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(source);
        string[] all = [.. expected];
        return builder.AddInventoryCheck(
            name,
            options =>
            {
                options.Expected = [.. all];
                options.Source = source;
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }
}
