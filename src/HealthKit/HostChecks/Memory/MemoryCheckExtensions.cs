using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the memory check.</summary>
public static class MemoryCheckExtensions
{
    /// <summary>
    /// Adds a check of the memory that this process can still get: the machine's and that of every cgroup above it, swap, and when it will be
    /// used up. Its type is <c>Memory</c> in configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="configure">Sets limits.</param>
    /// <param name="name">The name; null means <c>memory</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags such as <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddMemoryCheck<TBuilder>(
        this TBuilder builder,
        Action<MemoryOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder =>
        builder.AddCheck(MemoryCheck.Type, name ?? "memory", configure, failureStatus, tags, timeout);
}
