using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;

namespace HealthKit;

/// <summary>Makes UTF-16 that comes in pieces UTF-8, and finds the first code unit that is none (RFC 2781: a surrogate without its other half).</summary>
/// <param name="bigEndian">The order of its bytes.</param>
/// <param name="offset">Where the first piece begins in the file.</param>
internal sealed class Utf16Transcoder(bool bigEndian, long offset)
{
    private char[] _units = [];
    private byte[] _text = [];
    private byte _half;
    private bool _hasHalf;
    private char _high;
    private bool _hasHigh;
    private long _offset = offset;

    /// <summary>The offset of the first code unit that is none; -1 while there is none.</summary>
    public long BadOffset { get; private set; } = -1;

    /// <summary>How many bytes of the piece's UTF-8 stand before the bad code unit that was found in it.</summary>
    public int BadIndex { get; private set; }

    /// <summary>Whether the end cut a code unit or a pair of them in two.</summary>
    public bool EndsInCharacter => _hasHalf || _hasHigh;

    /// <summary>The piece in UTF-8; valid until the next one.</summary>
    public ReadOnlySpan<byte> Convert(ReadOnlySpan<byte> bytes)
    {
        var units = Units(bytes);
        if (_text.Length < (units.Length * 3) + 3)
        {
            _text = new byte[(units.Length * 3) + 3];
        }

        var written = 0;
        while (!units.IsEmpty)
        {
            var status = Utf8.FromUtf16(units, _text.AsSpan(written), out var read, out var made, replaceInvalidSequences: false, isFinalBlock: false);
            written += made;
            _offset += 2L * read;
            units = units[read..];
            if (status == OperationStatus.NeedMoreData)
            {
                (_high, _hasHigh) = (units[0], true);
                break;
            }

            if (status == OperationStatus.InvalidData)
            {
                if (BadOffset < 0)
                {
                    (BadOffset, BadIndex) = (_offset, written);
                }

                "\ufffd"u8.CopyTo(_text.AsSpan(written));
                written += 3;
                _offset += 2;
                units = units[1..];
            }
        }

        return _text.AsSpan(0, written);
    }

    private ReadOnlySpan<char> Units(ReadOnlySpan<byte> bytes)
    {
        var most = (bytes.Length / 2) + 2;
        if (_units.Length < most)
        {
            _units = new char[most];
        }

        var count = 0;
        if (_hasHigh)
        {
            _units[count++] = _high;
            _hasHigh = false;
        }

        if (_hasHalf && !bytes.IsEmpty)
        {
            _units[count++] = Unit([_half, bytes[0]]);
            bytes = bytes[1..];
            _hasHalf = false;
        }

        for (; bytes.Length >= 2; bytes = bytes[2..])
        {
            _units[count++] = Unit(bytes);
        }

        if (!bytes.IsEmpty)
        {
            (_half, _hasHalf) = (bytes[0], true);
        }

        return _units.AsSpan(0, count);
    }

    private char Unit(ReadOnlySpan<byte> bytes) =>
        (char)(bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes));
}
