using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Which incidents a sink is told. Immutable.</summary>
public sealed record SinkPolicy
{
    /// <summary>Whether it is used at all. Default: true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// Incidents that were never as bad as this are not told: degraded (all) or unhealthy. One that gets as bad later is told as opened
    /// then. Default: degraded.
    /// </summary>
    public HealthStatus MinimumStatus { get; init; } = HealthStatus.Degraded;

    /// <summary>Only checks with one of these tags, compared ignoring case; empty for all.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Only these checks, compared ignoring case; <c>*</c> stands for any characters. Empty for all.</summary>
    public IReadOnlyList<string> Checks { get; init; } = [];

    /// <summary>
    /// Whether it is also told of incidents that nobody is told of: symptoms, checks that are muted or in maintenance
    /// (<see cref="IncidentMessage.IsSilent"/>). Default: false; the log's is true.
    /// </summary>
    public bool IncludeSilent { get; init; }
}
