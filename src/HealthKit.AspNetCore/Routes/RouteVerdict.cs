using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What a route says of one snapshot.</summary>
internal sealed class RouteVerdict(HealthSnapshot snapshot, bool draining, HealthStatus status, IReadOnlyList<CheckState> checks)
{
    public HealthSnapshot Snapshot => snapshot;

    /// <summary>Whether the app was asked to stop.</summary>
    public bool Draining => draining;

    public HealthStatus Status => status;

    /// <summary>The checks the route is about.</summary>
    public IReadOnlyList<CheckState> Checks => checks;

    /// <summary>When the oldest of their latest results came; null when there is none.</summary>
    public DateTimeOffset? OldestResult { get; } = checks.Min(check => check.CheckedAt);

    /// <summary>Whether a body of another snapshot says the same as this one's status line.</summary>
    public bool Agrees(RouteVerdict other) => status == other.Status && draining == other.Draining;
}
