namespace HealthKit;

/// <summary>A registered check as the catalogue lists it.</summary>
public sealed record CatalogEntry
{
    /// <summary>The registered name.</summary>
    public required string Name { get; init; }

    /// <summary>The registration's tags.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>The policy in force.</summary>
    public required CheckPolicy Policy { get; init; }

    /// <summary>What its type says of itself; null for checks that are not HealthKit's.</summary>
    public CheckDescriptor? Descriptor { get; init; }
}
