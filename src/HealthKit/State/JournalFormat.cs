using System.Buffers.Binary;
using System.Numerics;

namespace HealthKit;

/// <summary>One record of a journal.</summary>
/// <param name="Sequence">Its number: grows from record to record, with gaps where records were dropped.</param>
/// <param name="Payload">Its bytes.</param>
internal readonly record struct JournalRecord(long Sequence, ReadOnlyMemory<byte> Payload)
{
    /// <summary>What it occupies in a segment.</summary>
    public int Size => JournalFormat.RecordHeaderSize + Payload.Length;
}

/// <summary>Decides which records are still needed when space is reclaimed. Must not throw and must not call the journal.</summary>
internal delegate bool JournalFilter(long sequence, ReadOnlySpan<byte> payload);

/// <summary>
/// The bytes of a journal. A file is two segments of one size. A segment is a header of 64 bytes and records, one after the other. The
/// segment whose header has the higher generation is the journal; the other one is where the next generation is written.
/// <code>
/// header: magic 8 | version 4 | segment size 4 | generation 8 | next sequence 8 | nonce 8 | zero 20 | CRC-32C of these 60 bytes 4
/// record: length 4 | CRC-32C 4 | sequence 8 | payload
/// </code>
/// Little-endian. A record's CRC starts from the CRC of the record before it (the first one's from the header's) and covers length,
/// sequence and payload. So a record counts only after exactly the records it was written after: bytes of an earlier generation, or
/// of a tail that was overwritten, never come back to life.
/// </summary>
internal static class JournalFormat
{
    public const int HeaderSize = 64;
    public const int RecordHeaderSize = 16;
    public const int MinSegmentSize = 4096;
    public const int MaxSegmentSize = 64 << 20;

    private const ulong Magic = 0x4c4e524a54494b48; // "HKITJRNL"
    private const uint Version = 1;

    /// <summary>Writes a segment's header and returns the CRC its first record starts from.</summary>
    public static uint WriteHeader(Span<byte> header, int segmentSize, long generation, long nextSequence)
    {
        header = header[..HeaderSize];
        header.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], segmentSize);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], generation);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], nextSequence);

        // So that no payload can hold bytes that pass for a record. Not of RandomNumberGenerator, which loads OpenSSL: 5 MB for eight bytes.
        Span<byte> random = stackalloc byte[16];
        Guid.NewGuid().TryWriteBytes(random);
        random[8..].CopyTo(header[32..40]);
        var crc = Crc32C(uint.MaxValue, header[..60]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[60..], crc);
        return crc;
    }

    /// <summary>Reads a segment's header; null when it is not a whole one.</summary>
    public static JournalHeader? ReadHeader(ReadOnlySpan<byte> header)
    {
        if (header.Length < HeaderSize
            || BinaryPrimitives.ReadUInt64LittleEndian(header) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) != Version)
        {
            return null;
        }

        var crc = BinaryPrimitives.ReadUInt32LittleEndian(header[60..]);
        var segmentSize = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        var generation = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        var nextSequence = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
        return crc == Crc32C(uint.MaxValue, header[..60])
            && segmentSize is >= MinSegmentSize and <= MaxSegmentSize && generation > 0 && nextSequence > 0
            ? new JournalHeader(segmentSize, generation, nextSequence, crc)
            : null;
    }

    /// <summary>Writes a record and returns its CRC, from which the next one's starts.</summary>
    public static uint WriteRecord(Span<byte> target, uint previousCrc, long sequence, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, payload.Length);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], sequence);
        payload.CopyTo(target[RecordHeaderSize..]);
        var crc = RecordCrc(previousCrc, target[..(RecordHeaderSize + payload.Length)]);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], crc);
        return crc;
    }

    /// <summary>Reads records until the first one that is not whole. The records share <paramref name="segment"/>'s memory.</summary>
    /// <param name="segment">A segment from its header on, as far as it is there.</param>
    /// <param name="header">Its header.</param>
    public static JournalContent ReadRecords(ReadOnlyMemory<byte> segment, JournalHeader header)
    {
        List<JournalRecord> records = [];
        var (position, crc, last) = (HeaderSize, header.Crc, 0L);
        while (segment.Length - position >= RecordHeaderSize)
        {
            var bytes = segment.Span[position..];
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            var sequence = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
            if (length < 0 || length > bytes.Length - RecordHeaderSize || sequence <= last || sequence == long.MaxValue)
            {
                break;
            }

            var next = RecordCrc(crc, bytes[..(RecordHeaderSize + length)]);
            if (next != BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]))
            {
                break;
            }

            records.Add(new JournalRecord(sequence, segment.Slice(position + RecordHeaderSize, length)));
            (crc, last) = (next, sequence);
            position += RecordHeaderSize + length;
        }

        return new JournalContent(records, position, crc, Math.Max(header.NextSequence, last + 1));
    }

    /// <summary>Whether more bytes could hold a record that begins where the whole ones end.</summary>
    /// <param name="read">The bytes that were read of a segment.</param>
    /// <param name="end">Where the whole records in them end.</param>
    public static bool MayGoOn(ReadOnlySpan<byte> read, int end) =>
        read[end..] is var rest && (rest.Length < RecordHeaderSize || BinaryPrimitives.ReadInt32LittleEndian(rest) > rest.Length - RecordHeaderSize);

    /// <summary>CRC-32C (RFC 3720 B.4) of the bytes, carried on from <paramref name="crc"/>; by the processor's instruction where it has one.</summary>
    public static uint Crc32C(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }

    private static uint RecordCrc(uint previous, ReadOnlySpan<byte> record) =>
        Crc32C(Crc32C(~previous, record[..4]), record[8..]);
}

/// <summary>A whole header of a segment.</summary>
internal readonly record struct JournalHeader(int SegmentSize, long Generation, long NextSequence, uint Crc);

/// <summary>What a segment holds.</summary>
/// <param name="Records">Its whole records, oldest first.</param>
/// <param name="End">Where the next record goes, from the segment's begin.</param>
/// <param name="Crc">What the next record's CRC starts from.</param>
/// <param name="NextSequence">The next record's number.</param>
internal sealed record JournalContent(IReadOnlyList<JournalRecord> Records, int End, uint Crc, long NextSequence);
