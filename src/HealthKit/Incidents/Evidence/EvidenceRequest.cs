namespace HealthKit;

/// <summary>Evidence that is to be collected.</summary>
internal sealed record EvidenceRequest(Incident Incident, CheckState State, HealthSnapshot Snapshot, DateTimeOffset At);
