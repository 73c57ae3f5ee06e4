using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

internal static class Contexts
{
    /// <summary>The context in which a service or the monitor calls a check.</summary>
    public static HealthCheckContext Of(IHealthCheck check) => new()
    {
        Registration = new HealthCheckRegistration("check", check, failureStatus: null, tags: null),
    };
}
