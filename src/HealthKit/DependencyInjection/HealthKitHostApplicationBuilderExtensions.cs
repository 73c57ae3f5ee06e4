using HealthKit;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds HealthKit to an app.</summary>
public static class HealthKitHostApplicationBuilderExtensions
{
    /// <summary>Adds HealthKit to a web app or a worker: see <see cref="HealthKitServiceCollectionExtensions.AddHealthKit"/>.</summary>
    /// <param name="builder">The app's builder.</param>
    /// <param name="configure">Changes the options; the configuration section <c>HealthKit</c> wins over it.</param>
    /// <returns>A builder for more checks.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static IHealthKitBuilder AddHealthKit(this IHostApplicationBuilder builder, Action<HealthKitOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Services.AddHealthKit(configure);
    }
}
