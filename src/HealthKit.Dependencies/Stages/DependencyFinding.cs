using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What a check found out about a dependency that it reached.</summary>
/// <param name="Status">Healthy, degraded, or unhealthy, which reads as the registration's failure status.</param>
/// <param name="Reason">The stable code; null when healthy.</param>
/// <param name="Text">What was found, in words without secrets.</param>
/// <param name="Data">More for the result's data, readings included.</param>
internal sealed record DependencyFinding(HealthStatus Status, string? Reason, string Text, IReadOnlyDictionary<string, object>? Data = null)
{
    public static DependencyFinding Healthy(string text, IReadOnlyDictionary<string, object>? data = null) => new(HealthStatus.Healthy, null, text, data);

    public static DependencyFinding Degraded(string reason, string text, IReadOnlyDictionary<string, object>? data = null) =>
        new(HealthStatus.Degraded, reason, text, data);

    public static DependencyFinding Unhealthy(string reason, string text, IReadOnlyDictionary<string, object>? data = null) =>
        new(HealthStatus.Unhealthy, reason, text, data);
}
