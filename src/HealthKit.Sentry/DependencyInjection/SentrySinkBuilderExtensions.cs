using HealthKit;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Sentry.</summary>
public static class SentrySinkBuilderExtensions
{
    /// <summary>
    /// Sends incidents to Sentry, each as one issue; has the monitor check in there, so that Sentry alarms on silence; adds
    /// <see cref="SentryMessages"/> and <see cref="SentryCheckIns"/>. Its type is <c>Sentry</c> in configuration.
    /// </summary>
    /// <remarks>
    /// Without a DSN, here or in <c>SENTRY_DSN</c>, the app starts, one line is logged and nothing is sent. Several may be added, each
    /// with its own DSN and policy: for checks of a tag, for some checks.
    /// </remarks>
    /// <param name="builder">What <c>AddHealthKit()</c> returned.</param>
    /// <param name="configure">Sets the options; configuration wins over it. It may run several times.</param>
    /// <param name="name">
    /// Its name, by which <c>HealthKit:Sinks</c> can change it: 1 to 50 letters and digits, with single underscores between them; unique,
    /// ignoring case.
    /// </param>
    /// <param name="policy">Makes the sink's policy of the default one; configuration wins over it.</param>
    /// <exception cref="ArgumentNullException">builder or name is null.</exception>
    /// <exception cref="ArgumentException">The name is none.</exception>
    /// <returns>The same builder.</returns>
    public static IHealthKitBuilder AddSentry(
        this IHealthKitBuilder builder, Action<SentrySinkOptions>? configure = null, string name = "sentry", Func<SinkPolicy, SinkPolicy>? policy = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddSink(SentrySink.Type, name, configure, policy);
        var services = builder.Services;
        if (services.Any(service => service.ServiceType == typeof(SentryTrail)))
        {
            return builder;
        }

        builder.AddSinkType(SentrySink.Type);
        services.AddSingleton<SentryTrail>();
        services.AddSingleton<IHealthObserver>(static s => s.GetRequiredService<SentryTrail>());
        services.AddSingleton<SentryClients>();
        services.AddSingleton<CheckInQueue>();
        services.AddSingleton<MessageQueue>();
        services.TryAddSingleton<SentryMessages>(static s => s.GetRequiredService<MessageQueue>());
        services.TryAddSingleton<SentryCheckIns>(static s => s.GetRequiredService<CheckInQueue>());
        services.AddHostedService<SentryService>();
        return builder;
    }
}
