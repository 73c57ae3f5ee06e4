using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealthKit;

/// <summary>The one JSON shape of incidents and messages: in the journal, at the endpoints, in a webhook's body.</summary>
public static class IncidentJson
{
    /// <summary>Writes an incident as one object.</summary>
    /// <param name="writer">The writer, at a place where a value may stand.</param>
    /// <param name="incident">The incident.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static void Write(Utf8JsonWriter writer, Incident incident)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(incident);
        JsonSerializer.Serialize(writer, incident, IncidentJsonContext.Default.Incident);
    }

    /// <summary>Writes a message, its incident included, as one object.</summary>
    /// <param name="writer">The writer, at a place where a value may stand.</param>
    /// <param name="message">The message.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static void Write(Utf8JsonWriter writer, IncidentMessage message)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(message);
        JsonSerializer.Serialize(writer, message, IncidentJsonContext.Default.IncidentMessage);
    }
}

/// <summary>Its serializer.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Incident))]
[JsonSerializable(typeof(IncidentMessage))]
internal sealed partial class IncidentJsonContext : JsonSerializerContext;
