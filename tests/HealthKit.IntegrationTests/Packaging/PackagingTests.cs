namespace HealthKit.IntegrationTests;

/// <summary>Builds load the whole machine: these tests run alone, and share one set of packages.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class PackagingTests : ICollectionFixture<BuiltPackages>
{
    public const string Name = "Packaging";
}
