using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What a sink is to tell: one change of one incident. Immutable.</summary>
public sealed record IncidentMessage
{
    /// <summary>
    /// The idempotency key: the incident's id and the message's number in it. A message that is sent again, after a kill or a failure
    /// in doubt, has the same one.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>What it tells.</summary>
    public required IncidentMessageKind Kind { get; init; }

    /// <summary>When it was made; not when it is sent.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The incident as it was then.</summary>
    public required Incident Incident { get; init; }

    /// <summary>Whether only sinks that include silent incidents are told, see <see cref="SinkPolicy.IncludeSilent"/>.</summary>
    public bool IsSilent { get; init; }

    /// <summary>The worst status that messages of this incident that were not silent told before; null when this is the first.</summary>
    public HealthStatus? ToldBefore { get; init; }

    /// <summary>The app's name.</summary>
    public required string Application { get; init; }

    /// <summary>The app's version, if it has one.</summary>
    public string? Version { get; init; }

    /// <summary>The machine's name.</summary>
    public required string Host { get; init; }
}
