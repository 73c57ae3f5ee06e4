using System.Text;
using System.Text.Json;

namespace HealthKit.Tests.Sentry;

/// <summary>
/// Reads an envelope by the book (https://develop.sentry.dev/sdk/foundations/transport/envelopes/), and takes nothing that the book does not
/// name: what a lenient receiver overlooks is a mistake here.
/// </summary>
internal static class EnvelopeReader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static readonly Rules HeaderRules = new Rules("envelope header")
        .Optional("event_id", Is.EventId).Optional("dsn", Is.Text).Optional("trace", Is.Object)
        .Required("sent_at", Is.UtcTime).Required("sdk", Sdk);

    private static readonly Rules ItemRules = new Rules("item header").Required("type", Is.Text).Required("length", Is.Count);

    private static readonly Rules AttachmentRules = new Rules("attachment header")
        .Required("type", Is.Text).Required("length", Is.Count).Required("filename", Is.Filename).Optional("content_type", Is.MediaType)
        .Optional("attachment_type", Is.OneOf("event.attachment", "event.view_hierarchy"));

    /// <summary>Reads it; throws <see cref="FormatException"/> with what is wrong.</summary>
    /// <param name="bytes">The envelope, decompressed.</param>
    /// <param name="lenientTypes">Types of items besides those of HealthKit that are taken unread.</param>
    public static (JsonElement Header, IReadOnlyList<ReceivedItem> Items) Read(byte[] bytes, IReadOnlySet<string> lenientTypes)
    {
        Require(bytes.Length is > 0 and <= 200 * 1024 * 1024, $"an envelope of {bytes.Length} bytes");
        var at = 0;
        var header = ReadHeader(bytes, ref at, "envelope header");
        HeaderRules.Check(header);
        List<ReceivedItem> items = [];
        while (at < bytes.Length)
        {
            var itemHeader = ReadHeader(bytes, ref at, "item header");
            var type = itemHeader.TryGetProperty("type", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "";
            if (!lenientTypes.Contains(type))
            {
                (type == "attachment" ? AttachmentRules : ItemRules).Check(itemHeader);
            }

            var length = itemHeader.GetProperty("length").GetInt32();
            Require(length <= bytes.Length - at, $"the {type} announces {length} bytes, and {bytes.Length - at} follow");
            var payload = bytes[at..(at + length)];
            at += length;
            Require(at < bytes.Length && bytes[at] == '\n', $"no line feed after the {length} bytes of the {type}");
            at++;
            var item = new ReceivedItem(itemHeader, payload);
            if (!lenientTypes.Contains(type))
            {
                CheckPayload(item, header);
            }

            items.Add(item);
        }

        CheckWhole(header, items);
        return (header, items);
    }

    private static JsonElement ReadHeader(byte[] bytes, ref int at, string what)
    {
        var end = Array.IndexOf(bytes, (byte)'\n', at);
        Require(end >= 0, $"the {what} does not end in a line feed");
        var line = bytes[at..end];
        at = end + 1;
        Require(line is [(byte)'{', .., (byte)'}'], $"the {what} is no object from end to end: '{Encoding.UTF8.GetString(line)}'");
        return Parse(line, what);
    }

    private static JsonElement Parse(byte[] bytes, string what)
    {
        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(bytes);
            return JsonDocument.Parse(bytes, Strict).RootElement;
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            throw new FormatException($"the {what} is not JSON in UTF-8: {e.Message}");
        }
    }

    private static void CheckPayload(ReceivedItem item, JsonElement envelope)
    {
        switch (item.Type)
        {
            case "event":
                Require(item.Payload.Length <= 1024 * 1024, $"an event of {item.Payload.Length} bytes");
                var json = Parse(item.Payload, "event");
                PayloadRules.Event.Check(json);
                Require(
                    envelope.TryGetProperty("event_id", out var id) && id.GetString() == json.GetProperty("event_id").GetString(),
                    "the event's id is not the envelope's");
                break;
            case "check_in":
                Require(item.Payload.Length <= 100 * 1024, $"a check-in of {item.Payload.Length} bytes");
                PayloadRules.CheckIn.Check(Parse(item.Payload, "check_in"));
                break;
            case "client_report":
                Require(item.Payload.Length <= 4 * 1024, $"a client report of {item.Payload.Length} bytes");
                PayloadRules.ClientReport.Check(Parse(item.Payload, "client_report"));
                break;
            case "attachment":
                break;
            default:
                throw new FormatException($"an item of the unknown type '{item.Type}'");
        }
    }

    private static void CheckWhole(JsonElement header, List<ReceivedItem> items)
    {
        Require(items.Count > 0, "an envelope without items");
        Require(items.Count(item => item.Type == "event") <= 1, "two events in one envelope");
        Require(items.Count(item => item.Type == "check_in") <= 1, "two check-ins in one envelope");
        Require(items.All(item => item.Type != "attachment") || items.Any(item => item.Type is "event" or "transaction"), "an attachment without its event");
        Require(items.All(item => item.Type is not ("event" or "attachment")) || header.TryGetProperty("event_id", out _), "no event_id in the envelope header");
        Require(items.Any(item => item.Type != "client_report"), "a client report alone");
    }

    private static string? Sdk(JsonElement value) =>
        Is.Object(value) ?? (value.TryGetProperty("name", out var name) && value.TryGetProperty("version", out var version)
            ? Is.Text(name) ?? Is.Text(version)
            : "has no name or no version");

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FormatException(otherwise);
        }
    }
}
