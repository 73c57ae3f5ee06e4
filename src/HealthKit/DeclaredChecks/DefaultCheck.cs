using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>A check that <c>AddHealthKit</c> adds, unless the app has registered one of that name itself.</summary>
internal sealed record DefaultCheck(HealthCheckRegistration Registration);
