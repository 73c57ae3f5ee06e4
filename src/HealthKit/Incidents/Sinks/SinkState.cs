namespace HealthKit;

/// <summary>How a sink stands.</summary>
/// <param name="Name">The sink's name.</param>
/// <param name="Type">The name of its type: <c>Log</c>, <c>Webhook</c>.</param>
/// <param name="Waiting">How many messages wait for delivery.</param>
/// <param name="Delivered">How many were delivered since the app started.</param>
/// <param name="Dropped">How many were given up since the app started: the outbox was full, or the receiver rejected them.</param>
/// <param name="Problem">Why the last attempt failed; null when it did not.</param>
/// <param name="FailingSince">Since when attempts have failed; null when the last one did not.</param>
public sealed record SinkState(
    string Name, string Type, int Waiting, long Delivered, long Dropped, string? Problem, DateTimeOffset? FailingSince);
