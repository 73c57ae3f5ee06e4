using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>A check that <c>AddHealthKit</c> adds, unless the app has registered one of that name itself.</summary>
internal sealed record DefaultCheck(HealthCheckRegistration Registration)
{
    public static DefaultCheck Of<TOptions>(
        string name, CheckType<TOptions> type, Action<TOptions>? configure = null, HealthStatus? failureStatus = null)
        where TOptions : class, new() =>
        new(new TypedCheck<TOptions>(type, configure).Register(name, failureStatus, tags: null, timeout: null));
}
