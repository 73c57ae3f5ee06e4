namespace HealthKit;

internal sealed class DeclaredChecks;
