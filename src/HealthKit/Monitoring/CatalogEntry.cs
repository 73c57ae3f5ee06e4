namespace HealthKit;

/// <summary>A registered check as the catalogue lists it.</summary>
/// <param name="Name">The registered name.</param>
/// <param name="Tags">The registration's tags.</param>
/// <param name="Policy">The policy in force.</param>
/// <param name="Descriptor">What its type says of itself; null for checks that are not HealthKit's.</param>
public sealed record CatalogEntry(string Name, IReadOnlyList<string> Tags, CheckPolicy Policy, CheckDescriptor? Descriptor);
