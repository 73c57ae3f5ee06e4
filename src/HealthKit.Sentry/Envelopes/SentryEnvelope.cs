using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace HealthKit;

/// <summary>
/// What is sent to Sentry at once: an event with its attachments, or a check-in. Immutable. Kinds are not mixed, because Sentry limits
/// each by itself.
/// </summary>
internal sealed class SentryEnvelope
{
    private SentryEnvelope(string? eventId, IReadOnlyList<SentryItem> items) => (EventId, Items) = (eventId, items);

    /// <summary>The event's id: 32 lower-case hexadecimal digits. It stays the same at every attempt: Sentry keeps the first of those it has.</summary>
    public string? EventId { get; }

    /// <summary>The event or the check-in, then the event's attachments.</summary>
    public IReadOnlyList<SentryItem> Items { get; }

    /// <summary>
    /// Whether somebody sends it again when it does not get through. If not, it is lost then, and counted so for Sentry's statistics.
    /// </summary>
    public bool IsSentAgain { get; private init; }

    /// <summary>An envelope of an event.</summary>
    /// <param name="eventId">The event's id, as its payload has it: 32 lower-case hexadecimal digits.</param>
    /// <param name="payload">The event as JSON.</param>
    /// <param name="attachments">Its attachments, the most important one first: the last ones are left out when it is too large.</param>
    /// <param name="isSentAgain">Whether somebody sends it again when it does not get through.</param>
    /// <exception cref="ArgumentException">The id is none, or an item is no attachment.</exception>
    public static SentryEnvelope ForEvent(
        string eventId, ReadOnlyMemory<byte> payload, IEnumerable<SentryItem>? attachments = null, bool isSentAgain = true)
    {
        if (eventId.Length != 32 || eventId.Any(c => !char.IsAsciiHexDigitLower(c)))
        {
            throw new ArgumentException($"An event's id is 32 lower-case hexadecimal digits, not '{eventId}'.", nameof(eventId));
        }

        SentryItem[] items = [SentryItem.Event(payload), .. attachments ?? []];
        return items.Skip(1).FirstOrDefault(item => item.Category != SentryCategory.Attachment) is { } other
            ? throw new ArgumentException($"Only attachments go with an event, not a {other.Type}.", nameof(attachments))
            : new SentryEnvelope(eventId, items) { IsSentAgain = isSentAgain };
    }

    /// <summary>An envelope of a check-in.</summary>
    /// <param name="payload">The check-in as JSON.</param>
    /// <param name="isSentAgain">Whether somebody sends it again: not where it tells the time it is sent at.</param>
    public static SentryEnvelope ForCheckIn(ReadOnlyMemory<byte> payload, bool isSentAgain = false) =>
        new(null, [SentryItem.CheckIn(payload)]) { IsSentAgain = isSentAgain };

    /// <summary>
    /// Writes an envelope: a line of headers, then each item as a line of headers, its bytes and a line feed
    /// (https://develop.sentry.dev/sdk/foundations/transport/envelopes/#serialization-format).
    /// </summary>
    /// <param name="output">Where to.</param>
    /// <param name="eventId">The event's id, if there is an event.</param>
    /// <param name="items">What is sent of the items.</param>
    /// <param name="sentAt">Now. Sentry corrects the event's times by the difference to its own clock, so a stale one shifts them.</param>
    public static void Write(IBufferWriter<byte> output, string? eventId, IEnumerable<SentryItem> items, DateTimeOffset sentAt)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        if (eventId is not null)
        {
            writer.WriteString("event_id", eventId);
        }

        // No "dsn": it would put the key into the body as well, and a Relay before 21.6 does not read it there.
        writer.WriteString("sent_at", sentAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        writer.WriteStartObject("sdk");
        writer.WriteString("name", SentrySdk.Name);
        writer.WriteString("version", SentrySdk.Version);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        output.Write("\n"u8);
        foreach (var item in items)
        {
            writer.Reset();
            writer.WriteStartObject();
            writer.WriteString("type", item.Type);
            writer.WriteNumber("length", item.Payload.Length);
            if (item.Filename is not null)
            {
                writer.WriteString("filename", item.Filename);
            }

            if (item.ContentType is not null)
            {
                writer.WriteString("content_type", item.ContentType);
            }

            if (item.AttachmentType is not null)
            {
                writer.WriteString("attachment_type", item.AttachmentType);
            }

            writer.WriteEndObject();
            writer.Flush();
            output.Write("\n"u8);
            output.Write(item.Payload.Span);
            output.Write("\n"u8);
        }
    }
}
