using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

internal sealed class HealthKitBuilder(IServiceCollection services) : IHealthKitBuilder
{
    public IServiceCollection Services => services;

    public IHealthChecksBuilder Add(HealthCheckRegistration registration)
    {
        ArgumentNullException.ThrowIfNull(registration);
        services.Configure<HealthCheckServiceOptions>(options => options.Registrations.Add(registration));
        return this;
    }

    public IHealthKitBuilder AddCheckType(CheckType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        services.AddSingleton(type);
        return this;
    }

    public IHealthKitBuilder Configure(string checkName, Func<CheckPolicy, CheckPolicy> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkName);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddSingleton(new PolicyConfiguration(checkName, configure));
        return this;
    }
}
