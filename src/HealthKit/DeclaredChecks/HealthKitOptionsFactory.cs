using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>So that whoever asks for <see cref="IOptions{TOptions}"/> sees what is in force, configuration included.</summary>
internal sealed class HealthKitOptionsFactory(HealthKitConfiguration configuration) : IOptionsFactory<HealthKitOptions>
{
    public HealthKitOptions Create(string name) => configuration.ReadOptions();
}
