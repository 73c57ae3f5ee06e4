namespace HealthKit;

/// <summary>A broker as a whole; null for what is not told.</summary>
/// <param name="Messages">How many messages are in all queues that the user may see.</param>
/// <param name="Connections">How many connections there are.</param>
internal sealed record BrokerTotals(long? Messages, long? Connections);
