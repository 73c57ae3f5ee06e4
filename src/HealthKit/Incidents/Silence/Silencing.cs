namespace HealthKit;

/// <summary>What keeps from telling of a check.</summary>
/// <param name="Kind">Muted or in maintenance.</param>
/// <param name="Reason">Why; null when none was given.</param>
/// <param name="Until">When it ends by itself.</param>
/// <param name="Window">The maintenance window's name; null for a mute.</param>
internal sealed record Silencing(IncidentSilence Kind, string? Reason, DateTimeOffset Until, string? Window = null);
