namespace HealthKit;

/// <summary>
/// Makes a section below <c>HealthKit</c> in the configuration known. A package that reads one registers this as a singleton; a
/// section that nobody knows makes the app fail to start, so that a slip of the pen is not passed over.
/// </summary>
/// <param name="Name">The section's key: <c>Endpoints</c>.</param>
public sealed record HealthKitSection(string Name);
