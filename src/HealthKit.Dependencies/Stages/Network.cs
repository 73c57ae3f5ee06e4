using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HealthKit;

/// <summary>What all dependency checks of an app share: the clock, the lookups under way, and how the others are doing.</summary>
internal sealed class Network(TimeProvider time)
{
    public TimeProvider Time => time;

    public HostLookups Lookups { get; init; } = new();

    public NetworkOutlook Outlook { get; } = new(time);

    /// <summary>Adds it once.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static s => new Network(s.GetRequiredService<TimeProvider>()));
    }
}
