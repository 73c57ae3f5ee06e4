namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>One after the other: each is a load of its own.</summary>
[CollectionDefinition(nameof(LoadBalancerTests))]
public sealed class LoadBalancerTests;
