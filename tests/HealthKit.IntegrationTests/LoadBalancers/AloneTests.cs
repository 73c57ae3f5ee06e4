namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>Tests that take the whole machine: no other runs beside them.</summary>
[CollectionDefinition(nameof(AloneTests), DisableParallelization = true)]
public sealed class AloneTests;
