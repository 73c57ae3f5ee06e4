using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>
/// So that whoever asks for <see cref="IOptions{TOptions}"/>, early or late, sees the settings as they were at the start, configuration included. Never
/// read anew: what a reload holds may be rejected.
/// </summary>
internal sealed class HealthKitOptionsFactory(HealthKitConfiguration configuration) : IOptionsFactory<HealthKitOptions>
{
    public HealthKitOptions Create(string name) => configuration.OptionsAtStart();
}
