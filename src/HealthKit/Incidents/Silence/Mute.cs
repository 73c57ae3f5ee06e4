namespace HealthKit;

/// <summary>A check of which nobody is told for a while. It runs on, and its incidents are recorded.</summary>
/// <param name="Check">The check's name.</param>
/// <param name="Reason">Why.</param>
/// <param name="Until">When it ends by itself.</param>
public sealed record Mute(string Check, string Reason, DateTimeOffset Until);
