using System.Buffers;

namespace HealthKit;

/// <summary>
/// Finds the first byte that an encoding does not have, in bytes that come in pieces. Every sequence of bytes is ISO-8859-1, so two things
/// count there, and in Windows-1252, as another encoding: the control characters 0x80 to 0x9f (those that Windows-1252 lacks), which no
/// text has, and text beyond ASCII that is UTF-8 from end to end. A zero byte is in no text at all. UTF-16 is the transcoder's.
/// </summary>
internal sealed class EncodingProbe(TextEncoding expected)
{
    private static readonly SearchValues<byte> NotAscii = Range(0x80, 0xff);
    private static readonly SearchValues<byte> NotLatin1 = Range(0x80, 0x9f);
    private static readonly SearchValues<byte> NotWindows1252 = SearchValues.Create([0, 0x81, 0x8d, 0x8f, 0x90, 0x9d]);
    private static readonly SearchValues<byte> NotText = SearchValues.Create([(byte)0]);

    private Utf8Probe _utf8 = new();
    private byte _pendingByte;

    /// <summary>The offset of the first wrong byte; -1 while there is none.</summary>
    public long BadOffset { get; private set; } = -1;

    /// <summary>That byte.</summary>
    public byte BadByte { get; private set; }

    /// <summary>Its line, from 1.</summary>
    public long BadLine { get; private set; }

    /// <summary>Whether it is UTF-8 with characters beyond ASCII where a single-byte encoding is asked for.</summary>
    public bool IsUtf8Instead => expected is TextEncoding.Latin1 or TextEncoding.Windows1252
        && _utf8 is { HasMultiByte: true, BadOffset: < 0, EndsInCharacter: false };

    /// <summary>Whether the end cut a character in two.</summary>
    public bool EndsInCharacter => expected == TextEncoding.Utf8 && BadOffset < 0 && _utf8.EndsInCharacter;

    /// <summary>Takes the next piece.</summary>
    /// <param name="bytes">The piece.</param>
    /// <param name="offset">Where it begins in the file.</param>
    /// <param name="before">The lines before it.</param>
    public void Add(ReadOnlySpan<byte> bytes, long offset, in LineCounter before)
    {
        var found = BadOffset < 0 ? bytes.IndexOfAny(Wrong) : -1;
        if (expected != TextEncoding.Ascii)
        {
            _utf8.Add(bytes);
            if (expected == TextEncoding.Utf8 && BadOffset < 0 && _utf8.BadOffset >= 0)
            {
                // Its first byte may stand in the piece before; no line end can stand between.
                var index = (int)(_utf8.BadOffset - offset);
                if (found < 0 || index < found)
                {
                    BadOffset = _utf8.BadOffset;
                    BadByte = index < 0 ? _pendingByte : bytes[index];
                    BadLine = LineOf(before, bytes[..Math.Max(index, 0)]);
                    return;
                }
            }

            if (_utf8.EndsInCharacter && _utf8.PendingOffset >= offset)
            {
                _pendingByte = bytes[(int)(_utf8.PendingOffset - offset)];
            }
        }

        if (found >= 0)
        {
            BadOffset = offset + found;
            BadByte = bytes[found];
            BadLine = LineOf(before, bytes[..found]);
        }
    }

    private static long LineOf(LineCounter lines, ReadOnlySpan<byte> bytes)
    {
        lines.Add(bytes);
        return lines.Ends + 1;
    }

    private SearchValues<byte> Wrong => expected switch
    {
        TextEncoding.Ascii => NotAscii,
        TextEncoding.Latin1 => NotLatin1,
        TextEncoding.Windows1252 => NotWindows1252,
        _ => NotText,
    };

    private static SearchValues<byte> Range(int from, int to) =>
        SearchValues.Create([0, .. Enumerable.Range(from, to - from + 1).Select(b => (byte)b)]);
}
