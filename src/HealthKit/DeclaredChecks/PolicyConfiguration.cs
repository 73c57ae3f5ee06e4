namespace HealthKit;

/// <summary>A policy set in code: <see cref="IHealthKitBuilder.Configure"/>.</summary>
internal sealed record PolicyConfiguration(string CheckName, Func<CheckPolicy, CheckPolicy> Configure);
