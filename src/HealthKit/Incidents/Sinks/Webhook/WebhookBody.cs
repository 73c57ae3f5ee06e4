using System.Buffers;
using System.Text;
using System.Text.Json;

namespace HealthKit;

/// <summary>The bodies that webhooks send, as UTF-8.</summary>
internal static class WebhookBody
{
    public static byte[] Write(IncidentMessage message, WebhookFormat format)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (format == WebhookFormat.Slack)
            {
                WriteSlack(writer, message);
            }
            else
            {
                WriteJson(writer, message);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteJson(Utf8JsonWriter writer, IncidentMessage message)
    {
        writer.WriteString("event", Event(message.Kind));
        writer.WriteString("title", IncidentText.Title(message));
        writer.WriteString("text", IncidentText.Body(message));
        foreach (var member in JsonSerializer.SerializeToElement(message, IncidentJsonContext.Default.IncidentMessage).EnumerateObject())
        {
            member.WriteTo(writer);
        }
    }

    private static void WriteSlack(Utf8JsonWriter writer, IncidentMessage message)
    {
        writer.WriteString("text", EscapeForSlack($"{IncidentText.Title(message)}\n{IncidentText.Body(message)}"));

        // Names such as disk_root_free are no emphasis, and a foreign text is shown as it is.
        writer.WriteBoolean("mrkdwn", false);
    }

    /// <summary>These three and no others: https://docs.slack.dev/messaging/formatting-message-text.</summary>
    private static string EscapeForSlack(string text) =>
        new StringBuilder(text, text.Length + 64).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").ToString();

    private static string Event(IncidentMessageKind kind) => kind switch
    {
        IncidentMessageKind.Opened => "incident.opened",
        IncidentMessageKind.Updated => "incident.updated",
        IncidentMessageKind.Resolved => "incident.resolved",
        _ => "incident.test",
    };
}
