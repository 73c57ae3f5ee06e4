using System.Text.Json.Serialization;

namespace HealthKit;

/// <summary>Why nobody is told of an incident.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IncidentSilence>))]
public enum IncidentSilence
{
    /// <summary>Its causes are being looked at, or a check that flaps is given time; it is told when that is over and it is still open.</summary>
    Waiting,

    /// <summary>A check that it depends on is bad too: that one is told.</summary>
    Cause,

    /// <summary>A maintenance window covers its check, or a cause of it that is bad.</summary>
    Maintenance,

    /// <summary>Its check is muted, or a cause of it that is bad.</summary>
    Muted,
}
