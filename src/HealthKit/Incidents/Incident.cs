using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// What was wrong with one check, from its confirmed bad transition to its recovery. Immutable: each change makes a new one with the same
/// <see cref="Id"/>. Every text in it has passed the <see cref="Redactor"/> and is bounded in length.
/// </summary>
/// <remarks>
/// What makes two failures the same is the check, its reason and its item, never a text: texts hold times, paths and numbers. A check
/// that fails again soon after it recovered reopens its incident instead of opening another one, see <see cref="Occurrences"/>.
/// </remarks>
public sealed record Incident
{
    /// <summary>Unique, and in the order of opening: a UUID of version 7 without hyphens (RFC 9562, section 5.7).</summary>
    public required string Id { get; init; }

    /// <summary>The check's registered name.</summary>
    public required string Check { get; init; }

    /// <summary>The name of the check's type; null for checks that are not HealthKit's.</summary>
    public string? CheckType { get; init; }

    /// <summary>The present reason, or the last one when it is resolved; null when the check gives none.</summary>
    public string? Reason { get; init; }

    /// <summary>Every reason there was, the first one first; at most 20.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>The item that the reason is about, where the check covers several and says which (<c>Data["item"]</c>).</summary>
    public string? Item { get; init; }

    /// <summary>Every such item there was, the first one first; at most 20.</summary>
    public IReadOnlyList<string> Items { get; init; } = [];

    /// <summary>The present status, or the last bad one when it is resolved.</summary>
    public required HealthStatus Status { get; init; }

    /// <summary>The worst status there was, since it was opened or reopened.</summary>
    public required HealthStatus WorstStatus { get; init; }

    /// <summary>Since when the check was bad when the incident opened. One that was reopened (<see cref="Occurrences"/>) was well in between.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>When anything here changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When the check was seen well again; null while the incident is open.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>How it ended; null while it is open.</summary>
    public IncidentResolution? Resolution { get; init; }

    /// <summary>From opening to resolve; null while it is open.</summary>
    public TimeSpan? Duration => ResolvedAt - OpenedAt;

    /// <summary>The time in which nobody looked, because the app did not run; what the check did then is unknown. The last one, if there were several.</summary>
    public IncidentGap? Gap { get; init; }

    /// <summary>The text of the result that opened it, or changed its status or reason last.</summary>
    public string? Description { get; init; }

    /// <summary>What to do.</summary>
    public string? Remedy { get; init; }

    /// <summary>The exception of that result, if it had one.</summary>
    public ExceptionInfo? Exception { get; init; }

    /// <summary>The registration's tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The readings when the check was last healthy; empty when it was not seen so.</summary>
    public IReadOnlyList<Reading> ReadingsBefore { get; init; } = [];

    /// <summary>The readings of the result that opened the incident, or made it worse or another reason's.</summary>
    public IReadOnlyList<Reading> ReadingsAt { get; init; } = [];

    /// <summary>The readings of the result that resolved it; empty while it is open.</summary>
    public IReadOnlyList<Reading> ReadingsAfter { get; init; } = [];

    /// <summary>The check that this one depends on and that was bad with it: the root, where causes have causes. Null when none was.</summary>
    public string? Cause { get; init; }

    /// <summary>The open incident of <see cref="Cause"/>.</summary>
    public string? CauseIncidentId { get; init; }

    /// <summary>The checks that depend on this one, directly or not: what else it may have taken with it; at most 20.</summary>
    public IReadOnlyList<string> Dependents { get; init; } = [];

    /// <summary>Why nobody is told of it, or of what is new about it, at present; null when nothing keeps from it.</summary>
    public IncidentSilence? Silence { get; init; }

    /// <summary>The reason that was given for the maintenance or the muting, if that is why it is silent.</summary>
    public string? SilenceReason { get; init; }

    /// <summary>How often the check turned bad in this incident: above 1, it failed again soon after it had recovered.</summary>
    public int Occurrences { get; init; } = 1;

    /// <summary>Whether the check changes so often that single changes tell nothing: there is one message of it, and one when it ends.</summary>
    public bool IsFlapping { get; init; }

    /// <summary>How many messages there were, those for sinks that include silent incidents among them; the last one's number.</summary>
    public int Messages { get; init; }

    /// <summary>Whether the sinks have been told that it is open and not yet that it is resolved.</summary>
    public bool IsAnnounced { get; init; }

    /// <summary>Whether it is not resolved.</summary>
    public bool IsOpen => ResolvedAt is null;
}
