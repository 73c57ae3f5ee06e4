using System.Buffers;
using System.Text.Json;

namespace HealthKit;

/// <summary>Writes what <c>/health/incidents</c> shows.</summary>
internal static class IncidentsJson
{
    public static byte[] Render(HealthIncidents incidents) => Write(writer =>
    {
        writer.WriteStartObject();
        WriteArray(writer, "open", incidents.Open, IncidentJson.Write);
        WriteArray(writer, "recent", incidents.Recent, IncidentJson.Write);
        WriteArray(writer, "mutes", incidents.Mutes, static (writer, mute) =>
        {
            writer.WriteStartObject();
            writer.WriteString("check", mute.Check);
            writer.WriteString("reason", mute.Reason);
            writer.WriteString("until", mute.Until);
            writer.WriteEndObject();
        });
        WriteArray(writer, "maintenance", incidents.Maintenance, static (writer, window) =>
        {
            writer.WriteStartObject();
            writer.WriteString("name", window.Name);
            writer.WriteString("begin", window.Begin);
            writer.WriteString("end", window.End);
            if (window.Reason is { } reason)
            {
                writer.WriteString("reason", reason);
            }

            WriteArray(writer, "checks", window.Checks, static (writer, check) => writer.WriteStringValue(check));
            writer.WriteEndObject();
        });
        WriteArray(writer, "sinks", incidents.Sinks, static (writer, sink) =>
        {
            writer.WriteStartObject();
            writer.WriteString("name", sink.Name);
            writer.WriteString("type", sink.Type);
            writer.WriteNumber("waiting", sink.Waiting);
            writer.WriteNumber("delivered", sink.Delivered);
            writer.WriteNumber("dropped", sink.Dropped);
            if (sink.Problem is { } problem)
            {
                writer.WriteString("problem", problem);
            }

            if (sink.FailingSince is { } since)
            {
                writer.WriteString("failingSince", since);
            }

            writer.WriteEndObject();
        });
        writer.WritePropertyName("downtime");
        incidents.GetDowntime().WriteJson(writer);
        writer.WriteEndObject();
    });

    /// <summary>One incident with its evidence.</summary>
    public static byte[] Render(Incident incident, string? evidence) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WritePropertyName("incident");
        IncidentJson.Write(writer, incident);
        if (evidence is not null)
        {
            writer.WritePropertyName("evidence");
            writer.WriteRawValue(evidence);
        }

        writer.WriteEndObject();
    });

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, HealthJson.Options))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteArray<T>(Utf8JsonWriter writer, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            write(writer, item);
        }

        writer.WriteEndArray();
    }
}
