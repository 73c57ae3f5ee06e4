using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What the tracker has done by whoever drives it. Called under the driver's lock: nothing here may wait.</summary>
internal interface IIncidentEffects
{
    /// <summary>An incident has changed: it is written down, and then told if there is a notice.</summary>
    /// <param name="incident">The incident as it is now.</param>
    /// <param name="notice">What is to be told of it.</param>
    /// <param name="told">The worst status that was told of it so far; null when none was.</param>
    void Commit(Incident incident, IncidentNotice? notice, HealthStatus? told);

    /// <summary>A check should run now rather than when it is due.</summary>
    void RunNow(string check);

    /// <summary>An incident has opened: what stands around it should be kept.</summary>
    void Collect(Incident incident, CheckState state);
}

/// <summary>That somebody is to be told, and what.</summary>
/// <param name="Kind">What a message tells.</param>
/// <param name="IsSilent">Whether only sinks that include silent incidents are told.</param>
/// <param name="ToldBefore">The worst status told before.</param>
/// <param name="At">When.</param>
internal sealed record IncidentNotice(IncidentMessageKind Kind, bool IsSilent, HealthStatus? ToldBefore, DateTimeOffset At);
