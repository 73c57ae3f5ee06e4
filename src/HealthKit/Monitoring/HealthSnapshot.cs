using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>The immutable picture of all checks at one moment: everything that is served or exported comes from one.</summary>
/// <param name="Version">Grows by at least one with every change of any state; two snapshots with one version are alike.</param>
/// <param name="At">When the picture last changed.</param>
/// <param name="Status">The worst status of the states that count (<see cref="CheckState.Counts"/>); healthy when there are none.</param>
/// <param name="Checks">The states, ordered by registration.</param>
public sealed record HealthSnapshot(long Version, DateTimeOffset At, HealthStatus Status, IReadOnlyList<CheckState> Checks)
{
    /// <summary>
    /// Whether the monitor's clock has stopped: nothing is known, every state reads <see cref="HealthMonitor.StoppedReason"/>, and the
    /// status is unhealthy also where there is no check.
    /// </summary>
    public bool IsStopped { get; init; }
}
