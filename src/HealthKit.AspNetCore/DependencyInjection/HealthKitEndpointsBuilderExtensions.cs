using HealthKit;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what the endpoints need.</summary>
public static class HealthKitEndpointsBuilderExtensions
{
    /// <summary>
    /// Adds the endpoints' settings and the drain at shutdown. <c>builder.AddHealthKit()</c> on a <c>WebApplicationBuilder</c> has
    /// called it already; call it to set options in code, or where HealthKit was added to an <c>IServiceCollection</c>. Calling it
    /// again only adds to the options.
    /// </summary>
    /// <param name="builder">What <c>AddHealthKit()</c> returned.</param>
    /// <param name="configure">Changes the options; the configuration section <c>HealthKit:Endpoints</c> wins over it.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static IHealthKitBuilder AddEndpoints(this IHealthKitBuilder builder, Action<HealthKitEndpointOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        if (configure is not null)
        {
            services.Configure(configure);
        }

        if (services.Any(service => service.ServiceType == typeof(EndpointSettings)))
        {
            return builder;
        }

        services.AddOptions();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new HealthKitSection(EndpointSettings.SectionName));
        services.AddSingleton<EndpointSettings>();
        services.AddSingleton<Drain>();
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<Drain>());
        services.AddSingleton<IHostedService, HealthKitRoute>();
        services.AddSingleton<IPostConfigureOptions<HostOptions>, ExtendShutdownTimeout>();
        return builder;
    }
}
