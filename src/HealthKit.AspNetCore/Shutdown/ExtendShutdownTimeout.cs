using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>Gives the services the time to stop that they had without the drain.</summary>
internal sealed class ExtendShutdownTimeout(EndpointSettings settings) : IPostConfigureOptions<HostOptions>
{
    public void PostConfigure(string? name, HostOptions options)
    {
        // A negative one is infinite; one of days may not be added to without limit.
        if (options.ShutdownTimeout >= TimeSpan.Zero && options.ShutdownTimeout < TimeSpan.FromDays(1))
        {
            options.ShutdownTimeout += settings.DrainDelay;
        }
    }
}
