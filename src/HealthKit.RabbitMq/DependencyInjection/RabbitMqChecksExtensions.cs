using HealthKit;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes the checks of RabbitMQ known to the configuration.</summary>
public static class RabbitMqChecksExtensions
{
    /// <summary>
    /// Registers what this package has for the configuration: the check type <c>RabbitMq</c>, and the source <c>RabbitMq</c> of the
    /// check type <c>Queue</c>. Checks added in code do not need it. Calling it
    /// again changes nothing.
    /// </summary>
    /// <param name="builder">What <c>AddHealthKit()</c> returned.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static IHealthKitBuilder AddRabbitMqChecks(this IHealthKitBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Services.Any(service => service.ServiceType == typeof(RabbitMqTypes)))
        {
            return builder;
        }

        builder.Services.AddSingleton<RabbitMqTypes>();
        Network.AddTo(builder.Services);
        QueueSourceKind.Add<RabbitMqQueueKind>(builder.Services);
        builder.AddCheckType(RabbitMqCheck.Type);
        return builder;
    }

    /// <summary>Marks that the types are registered.</summary>
    private sealed class RabbitMqTypes;
}
