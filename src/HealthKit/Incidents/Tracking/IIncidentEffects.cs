using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What the tracker has done by whoever drives it. Called under the driver's lock: nothing here may wait.</summary>
internal interface IIncidentEffects
{
    /// <summary>An incident has changed: it is written down, and then told if there is a notice.</summary>
    void Commit(Incident incident, IncidentNotice? notice);

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
