namespace HealthKit;

/// <summary>The check of HealthKit itself has nothing to set.</summary>
internal sealed class SelfCheckOptions;
