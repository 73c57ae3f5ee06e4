using System.Text.Json.Serialization;

namespace HealthKit;

/// <summary>What a message tells.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IncidentMessageKind>))]
public enum IncidentMessageKind
{
    /// <summary>An incident is open.</summary>
    Opened,

    /// <summary>It got worse, another reason came, or the check flaps.</summary>
    Updated,

    /// <summary>It is resolved.</summary>
    Resolved,

    /// <summary>Nothing is wrong: somebody tests the way.</summary>
    Test,
}
