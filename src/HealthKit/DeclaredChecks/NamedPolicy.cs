namespace HealthKit;

/// <summary>The policy in force for a check, under the check's registered name.</summary>
internal sealed record NamedPolicy(string Name, CheckPolicy Policy);
