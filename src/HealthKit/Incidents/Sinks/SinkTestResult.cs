namespace HealthKit;

/// <summary>What became of a test message.</summary>
/// <param name="Sink">The sink's name.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Problem">Why it was not delivered; null when it was.</param>
/// <param name="Duration">How long the attempt took.</param>
public sealed record SinkTestResult(string Sink, SinkOutcome Outcome, string? Problem, TimeSpan Duration);
