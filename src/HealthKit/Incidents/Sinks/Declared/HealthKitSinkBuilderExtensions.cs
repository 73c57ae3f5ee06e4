using System.Diagnostics.CodeAnalysis;
using HealthKit;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds sinks: where incidents go.</summary>
public static class HealthKitSinkBuilderExtensions
{
    /// <summary>Makes a sink type known, so that configuration can declare sinks of it (<c>HealthKit:Sinks</c>).</summary>
    /// <param name="builder">What <c>AddHealthKit()</c> returned.</param>
    /// <param name="type">The type. Adding the same one again changes nothing.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <returns>The same builder.</returns>
    public static IHealthKitBuilder AddSinkType(this IHealthKitBuilder builder, SinkType type)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(type);
        builder.Services.AddSingleton(type);
        return builder;
    }

    /// <summary>Adds a sink of a sink type. <c>Add…Sink</c> methods call it.</summary>
    /// <typeparam name="TOptions">The type's options.</typeparam>
    /// <param name="builder">What <c>AddHealthKit()</c> returned.</param>
    /// <param name="type">The sink type.</param>
    /// <param name="name">
    /// Its name, by which <c>HealthKit:Sinks</c> can change it: 1 to 50 letters and digits, with single underscores between them; unique,
    /// ignoring case.
    /// </param>
    /// <param name="configure">Sets the options; configuration wins over it. It may run several times.</param>
    /// <param name="policy">
    /// Makes the sink's policy of its type's: <c>policy => policy with { Tags = ["db"] }</c>; configuration wins over it. It may run
    /// several times.
    /// </param>
    /// <exception cref="ArgumentNullException">builder, type or name is null.</exception>
    /// <exception cref="ArgumentException">The name is none.</exception>
    /// <returns>The same builder.</returns>
    public static IHealthKitBuilder AddSink<TOptions>(
        this IHealthKitBuilder builder,
        SinkType<TOptions> type,
        string name,
        Action<TOptions>? configure = null,
        Func<SinkPolicy, SinkPolicy>? policy = null)
        where TOptions : class, new()
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(type);
        ThrowIfNoName(name);
        builder.Services.AddSingleton<SinkRegistration>(new SinkRegistration<TOptions>(type, name, configure, policy));
        return builder;
    }

    /// <summary>Adds a sink of the app's own, made by the service container; as a singleton, unless it is registered already.</summary>
    /// <typeparam name="TSink">The sink.</typeparam>
    /// <param name="builder">What <c>AddHealthKit()</c> returned.</param>
    /// <param name="name">Its name, as of the other overload.</param>
    /// <param name="policy">Makes its policy of the default one; configuration wins over it.</param>
    /// <exception cref="ArgumentNullException">builder or name is null.</exception>
    /// <exception cref="ArgumentException">The name is none.</exception>
    /// <returns>The same builder.</returns>
    public static IHealthKitBuilder AddSink<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSink>(
        this IHealthKitBuilder builder, string name, Func<SinkPolicy, SinkPolicy>? policy = null)
        where TSink : class, IIncidentSink
    {
        ArgumentNullException.ThrowIfNull(builder);
        ThrowIfNoName(name);
        builder.Services.TryAddSingleton<TSink>();
        builder.Services.AddSingleton<SinkRegistration>(new ServiceSinkRegistration<TSink>(name, policy));
        return builder;
    }

    private static void ThrowIfNoName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!SinkRegistration.IsName(name))
        {
            throw new ArgumentException($"'{name}' is no name for a sink; allowed: {SinkRegistration.AllowedName}.", nameof(name));
        }
    }
}
