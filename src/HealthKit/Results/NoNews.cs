using System.Collections.ObjectModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// The result of a check that has nothing to tell: its earlier result stays and ages. A monitor other than HealthKit's knows no age
/// and shows it as the failure status: what is not known is not healthy.
/// </summary>
internal static class NoNews
{
    /// <summary>Marks such a result by identity.</summary>
    public static readonly IReadOnlyDictionary<string, object> Data =
        new ReadOnlyDictionary<string, object>(new Dictionary<string, object> { ["reason"] = "check.noNews" });

    public static HealthCheckResult Result(HealthStatus failureStatus) =>
        new(UnknownStatus.Of(failureStatus), "The check has no news.", exception: null, Data);
}
