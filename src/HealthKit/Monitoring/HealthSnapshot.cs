using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>The immutable picture of all checks at one moment: everything that is served or exported comes from one.</summary>
public sealed record HealthSnapshot
{
    /// <summary>Grows by at least one with every change of any state; two snapshots with one version are alike.</summary>
    public required long Version { get; init; }

    /// <summary>When the picture last changed.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The worst status of the states that count (<see cref="CheckState.Counts"/>); healthy when there are none.</summary>
    public required HealthStatus Status { get; init; }

    /// <summary>The states, ordered by registration.</summary>
    public required IReadOnlyList<CheckState> Checks { get; init; }

    /// <summary>
    /// Whether the monitor's clock has stopped: nothing is known, every state reads <see cref="HealthMonitor.StoppedReason"/>, and the
    /// status is unhealthy also where there is no check.
    /// </summary>
    public bool IsStopped { get; init; }
}
