namespace HealthKit;

/// <summary>One of the queues that a source looks at together.</summary>
/// <param name="Depth">How many entries wait in it.</param>
/// <param name="OldestAge">How long its oldest entry has waited; null when that is not known.</param>
/// <param name="Consumers">How many consumers it has; null when that is not known.</param>
public readonly record struct QueuePart(long Depth, TimeSpan? OldestAge = null, int? Consumers = null);
