using System.Text.Json.Serialization;

namespace HealthKit;

/// <summary>How an incident ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IncidentResolution>))]
public enum IncidentResolution
{
    /// <summary>The check was seen healthy again.</summary>
    Recovered,

    /// <summary>The check was turned off, or is not registered any more.</summary>
    CheckRemoved,

    /// <summary>
    /// Another incident of the same check stands in its place. It was opened while the state directory could not be read, so that nothing was
    /// known of this one.
    /// </summary>
    Superseded,
}
