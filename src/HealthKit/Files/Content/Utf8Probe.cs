using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace HealthKit;

/// <summary>Finds the first byte that is no UTF-8 (RFC 3629) in bytes that come in pieces.</summary>
internal struct Utf8Probe
{
    private uint _pending;
    private int _pendingLength;
    private long _offset;

    public Utf8Probe()
    {
    }

    /// <summary>The offset of the first byte of the first sequence that is none; -1 while there is none.</summary>
    public long BadOffset { get; private set; } = -1;

    /// <summary>Whether there was a character of more than one byte.</summary>
    public bool HasMultiByte { get; private set; }

    /// <summary>Whether the end cut a character in two.</summary>
    public readonly bool EndsInCharacter => BadOffset < 0 && _pendingLength > 0;

    /// <summary>Where the character began that is not at its end.</summary>
    public readonly long PendingOffset => _offset - _pendingLength;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (BadOffset >= 0)
        {
            return;
        }

        // What the piece before left behind.
        Span<byte> sequence = stackalloc byte[4];
        while (_pendingLength > 0 && !bytes.IsEmpty)
        {
            for (var i = 0; i < _pendingLength; i++)
            {
                sequence[i] = (byte)(_pending >> (8 * i));
            }

            sequence[_pendingLength] = bytes[0];
            var status = Rune.DecodeFromUtf8(sequence[..(_pendingLength + 1)], out _, out _);
            if (status == OperationStatus.InvalidData)
            {
                BadOffset = PendingOffset;
                return;
            }

            _pending |= (uint)bytes[0] << (8 * _pendingLength);
            _pendingLength = status == OperationStatus.Done ? 0 : _pendingLength + 1;
            _pending = _pendingLength == 0 ? 0 : _pending;
            HasMultiByte |= status == OperationStatus.Done;
            _offset++;
            bytes = bytes[1..];
        }

        var whole = bytes[..(bytes.Length - TailLength(bytes))];
        if (!Utf8.IsValid(whole))
        {
            var index = 0;
            while (Rune.DecodeFromUtf8(whole[index..], out _, out var consumed) == OperationStatus.Done)
            {
                index += consumed;
            }

            BadOffset = _offset + index;
            return;
        }

        HasMultiByte = HasMultiByte || whole.ContainsAnyInRange((byte)0x80, (byte)0xff);
        foreach (var b in bytes[whole.Length..])
        {
            _pending |= (uint)b << (8 * _pendingLength++);
        }

        _offset += bytes.Length;
    }

    /// <summary>How many bytes at the end are the beginning of a sequence that needs more.</summary>
    private static int TailLength(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length <= 3 && length <= bytes.Length; length++)
        {
            var b = bytes[^length];
            if (b < 0x80)
            {
                return 0;
            }

            if (b >= 0xc0)
            {
                return Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == OperationStatus.NeedMoreData ? length : 0;
            }
        }

        return 0;
    }
}
