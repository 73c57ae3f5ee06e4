using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace HealthKit;

/// <summary>What a record of an outbox tells.</summary>
internal enum OutboxRecordKind
{
    /// <summary>A message is to be sent.</summary>
    Message = 'M',

    /// <summary>It was delivered.</summary>
    Delivered = 'A',

    /// <summary>It was given up.</summary>
    GivenUp = 'D',
}

/// <summary>
/// A record of an outbox as bytes: the kind's letter, and a message as JSON, or the number of the message's record (8 bytes,
/// little-endian) and its id.
/// </summary>
/// <param name="Kind">What it tells.</param>
/// <param name="Sequence">The number of the record of the message that is done with; 0 when that had none.</param>
/// <param name="Id">The message's id.</param>
/// <param name="Message">The message, where the record holds one.</param>
internal readonly record struct OutboxRecord(OutboxRecordKind Kind, long Sequence, string Id, IncidentMessage? Message)
{
    private const int HeadSize = 1 + sizeof(long);

    /// <summary>A message; null when it cannot be written, which no message that HealthKit makes is.</summary>
    public static byte[]? Of(IncidentMessage message)
    {
        try
        {
            var buffer = new ArrayBufferWriter<byte>(4096);
            buffer.GetSpan(1)[0] = (byte)OutboxRecordKind.Message;
            buffer.Advance(1);
            using (var writer = new Utf8JsonWriter(buffer))
            {
                JsonSerializer.Serialize(writer, message, IncidentJsonContext.Default.IncidentMessage);
            }

            return buffer.WrittenSpan.ToArray();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>That a message is done with.</summary>
    public static byte[] Of(OutboxRecordKind kind, long sequence, string id)
    {
        var bytes = new byte[HeadSize + Encoding.UTF8.GetByteCount(id)];
        bytes[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), sequence);
        Encoding.UTF8.GetBytes(id, bytes.AsSpan(HeadSize));
        return bytes;
    }

    /// <summary>A message without what it can best do without, as far as it takes to fit; null when it never does.</summary>
    /// <param name="message">The message.</param>
    /// <param name="limit">The most bytes that a record may have.</param>
    public static byte[]? Shrunk(IncidentMessage message, int limit)
    {
        foreach (var smaller in SmallerIncident.Of(message.Incident))
        {
            if (Of(message with { Incident = smaller }) is { } bytes && bytes.Length <= limit)
            {
                return bytes;
            }
        }

        return null;
    }

    /// <summary>Reads a record; null when it is of a later version.</summary>
    public static OutboxRecord? Read(ReadOnlySpan<byte> bytes)
    {
        switch (bytes.IsEmpty ? default : (OutboxRecordKind)bytes[0])
        {
            case OutboxRecordKind.Message:
                try
                {
                    return JsonSerializer.Deserialize(bytes[1..], IncidentJsonContext.Default.IncidentMessage) is { } message
                        ? new OutboxRecord(OutboxRecordKind.Message, 0, message.Id, message)
                        : null;
                }
                catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
                {
                    return null; // its checksum was right
                }

            case var kind and (OutboxRecordKind.Delivered or OutboxRecordKind.GivenUp) when bytes.Length >= HeadSize:
                return new OutboxRecord(kind, BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]), Encoding.UTF8.GetString(bytes[HeadSize..]), null);
            default:
                return null;
        }
    }
}
