using HealthKit;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds checks that stand on a check type.</summary>
public static class HealthKitCheckBuilderExtensions
{
    /// <summary>Adds a check of a check type. <c>Add…Check</c> methods call it; it works with and without the HealthKit monitor.</summary>
    /// <typeparam name="TOptions">The type's options.</typeparam>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="type">The check type.</param>
    /// <param name="name">The name to register; best <c>[A-Za-z0-9]+(_[A-Za-z0-9]+)*</c>, so that configuration can address it.</param>
    /// <param name="configure">Sets the options. It may run several times, at each reload of the configuration.</param>
    /// <param name="failureStatus">What failures and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags such as <c>ready</c>; null means the type's <see cref="CheckDescriptor.DefaultTags"/>.</param>
    /// <param name="timeout">How long a run may take; null means the default.</param>
    /// <exception cref="ArgumentNullException">builder, type or name is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddCheck<TBuilder, TOptions>(
        this TBuilder builder,
        CheckType<TOptions> type,
        string name,
        Action<TOptions>? configure = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
        where TOptions : class, new()
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(name);
        builder.Services.TryAddSingleton<CheckInstances>();
        builder.Services.TryAddSingleton<Redactor>();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<HealthCheckServiceOptions>, ValidateTypedChecks>());
        builder.Add(new TypedCheck<TOptions>(type, configure).Register(name, failureStatus, tags, timeout));
        return builder;
    }
}
