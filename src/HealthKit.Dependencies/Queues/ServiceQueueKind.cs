using Microsoft.Extensions.DependencyInjection;

namespace HealthKit;

/// <summary>A source that the app registered under a key.</summary>
internal sealed class ServiceQueueKind : QueueSourceKind
{
    public override string Name => "Service";

    public override IReadOnlyCollection<string> Keys => [nameof(QueueOptions.Service)];

    public override bool IsOwned => false;

    public override IEnumerable<OptionError> Validate(IServiceProvider services, QueueOptions options)
    {
        if (options.Service is not { } key)
        {
            yield return new OptionError(nameof(options.Service), null, "the key of an IQueueSource that the app registers");
        }
        else if (services.GetService<IServiceProviderIsKeyedService>() is { } known && !known.IsKeyedService(typeof(IQueueSource), key))
        {
            yield return new OptionError(
                nameof(options.Service), key, "the key of an IQueueSource that the app registers, as services.AddKeyedSingleton<IQueueSource>(key, …) does");
        }
    }

    public override IQueueSource Create(IServiceProvider services, QueueOptions options) =>
        services.GetRequiredKeyedService<IQueueSource>(options.Service);
}
