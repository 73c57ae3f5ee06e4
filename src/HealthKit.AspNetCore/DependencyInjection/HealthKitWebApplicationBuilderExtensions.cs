using HealthKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds HealthKit to a web app.</summary>
public static class HealthKitWebApplicationBuilderExtensions
{
    /// <summary>
    /// Adds HealthKit (<see cref="HealthKitServiceCollectionExtensions.AddHealthKit"/>) and what its endpoints need
    /// (<see cref="HealthKitEndpointsBuilderExtensions.AddEndpoints"/>). <c>app.MapHealthKit()</c> maps them.
    /// </summary>
    /// <param name="builder">The app's builder.</param>
    /// <param name="configure">Changes the options; the configuration section <c>HealthKit</c> wins over it.</param>
    /// <returns>A builder for more checks.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static IHealthKitBuilder AddHealthKit(this WebApplicationBuilder builder, Action<HealthKitOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Services.AddHealthKit(configure).AddEndpoints();
    }
}
