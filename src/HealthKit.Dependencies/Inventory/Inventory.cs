namespace HealthKit;

/// <summary>What is there, for an inventory check to compare with what is expected.</summary>
/// <param name="Present">The names that are there.</param>
/// <param name="Denied">Names that are there and may not be looked at or used: they are not missing. Null: none.</param>
public sealed record Inventory(IReadOnlyCollection<string> Present, IReadOnlyCollection<string>? Denied = null);
