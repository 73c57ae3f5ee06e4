using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace HealthKit;

/// <summary>What was never sent, taken from <see cref="ClientReports"/> to be sent with an envelope. Immutable.</summary>
/// <param name="At">When it was taken.</param>
/// <param name="Losses">What was lost, never empty.</param>
internal sealed record ClientReport(DateTimeOffset At, IReadOnlyList<ClientReport.Loss> Losses)
{
    /// <summary>The report as an item.</summary>
    public SentryItem ToItem()
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("timestamp", At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            writer.WriteStartArray("discarded_events");
            foreach (var loss in Losses)
            {
                writer.WriteStartObject();
                writer.WriteString("reason", loss.Reason.Name());
                writer.WriteString("category", loss.Category.Name());
                writer.WriteNumber("quantity", loss.Quantity);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return SentryItem.ClientReport(output.WrittenMemory);
    }

    /// <summary>How much of a category was lost for a reason.</summary>
    internal readonly record struct Loss(DiscardReason Reason, SentryCategory Category, long Quantity);
}
