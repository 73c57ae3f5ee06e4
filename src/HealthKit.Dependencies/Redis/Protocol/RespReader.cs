using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>
/// Reads replies out of bytes as they come, in pieces of any size: each byte is looked at once. RESP2 and RESP3
/// (https://redis.io/docs/latest/develop/reference/protocol-spec/), without the streamed strings and aggregates of RESP3, which no Redis sends.
/// Attributes, and what is pushed between replies, are passed over.
/// </summary>
internal sealed class RespReader(RespLimits limits)
{
    private const int FirstBuffer = 2_048;
    private const int VerbatimMark = 4; // txt:

    private readonly Stack<Frame> _open = new();
    private byte[] _buffer = new byte[FirstBuffer];
    private int _start;
    private int _end;
    private int _scanned;
    private int _bulkLength = -1;
    private byte _bulkType;
    private long _taken;
    private int _elements;
    private bool _readOne;

    /// <summary>Whether bytes lie here that no reply was made of.</summary>
    public bool IsWithin => _end > _start || _open.Count > 0 || _bulkLength >= 0;

    /// <summary>The bytes that lie here unread.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Room for the bytes that come next.</summary>
    public Memory<byte> Room()
    {
        if (_end == _buffer.Length)
        {
            var unread = _end - _start;
            if (_start > 0)
            {
                Buffer.BlockCopy(_buffer, _start, _buffer, 0, unread);
                _scanned -= _start;
                (_start, _end) = (0, unread);
            }

            if (unread > _buffer.Length / 2)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }
        }

        return _buffer.AsMemory(_end);
    }

    /// <summary>So many bytes came into the room.</summary>
    public void Came(int count) => _end += count;

    /// <summary>The next reply; false when more bytes are needed.</summary>
    /// <exception cref="RespException">It is none, or too large.</exception>
    public bool TryRead(out RespValue reply)
    {
        while (true)
        {
            if (!(_bulkLength >= 0 ? TryBulk(out var value) : TryLine(out value)))
            {
                Bound(_end - _start);
                reply = default;
                return false;
            }

            if (value is { } whole && Complete(whole, out reply))
            {
                (_taken, _elements, _readOne) = (0, 0, true);
                return true;
            }
        }
    }

    /// <summary>Puts a value where it belongs. True when that makes a reply whole.</summary>
    private bool Complete(RespValue value, out RespValue reply)
    {
        while (_open.TryPeek(out var frame))
        {
            frame.Items.Add(value);
            if (frame.Items.Count < frame.Count)
            {
                reply = default;
                return false;
            }

            _open.Pop();
            if (frame.IsAttribute)
            {
                // The value that it is about comes next, and takes the place.
                reply = default;
                return false;
            }

            value = RespValue.Of(frame.Kind, [.. frame.Items]);
        }

        reply = value;
        return value.Kind != RespKind.Push;
    }

    private bool TryBulk(out RespValue? value)
    {
        value = null;
        if (_end - _start < _bulkLength + 2)
        {
            return false;
        }

        var bytes = _buffer.AsSpan(_start, _bulkLength);
        if (_buffer[_start + _bulkLength] != '\r' || _buffer[_start + _bulkLength + 1] != '\n')
        {
            throw Broken($"a text of {_bulkLength} bytes does not end where it should");
        }

        value = _bulkType switch
        {
            (byte)'!' => RespValue.OfError(Encoding.UTF8.GetString(bytes)),
            (byte)'=' when _bulkLength < VerbatimMark || bytes[VerbatimMark - 1] != ':' => throw Broken("a verbatim text without its format"),
            (byte)'=' => RespValue.OfBulk(bytes[VerbatimMark..].ToArray()),
            _ => RespValue.OfBulk(bytes.ToArray()),
        };
        Take(_bulkLength + 2);
        _bulkLength = -1;
        return true;
    }

    /// <summary>A line: a value (null: the beginning of one that goes on).</summary>
    private bool TryLine(out RespValue? value)
    {
        value = null;
        if (_end == _start)
        {
            return false;
        }

        var type = _buffer[_start];
        if (!"+-:$*_#,(!=%~|>"u8.Contains(type))
        {
            throw _readOne || _open.Count > 0 ? Broken($"{Shown(Unread)} stands where a reply should begin") : new RespException(RespException.NotRedis, "");
        }

        var length = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
        if (length < 0)
        {
            _scanned = _end;
            return _end - _start <= limits.LineBytes ? false : throw Larger($"a line of more than {GaugeAmount.Bytes(limits.LineBytes)}");
        }

        length += _scanned - _start;
        if (length > limits.LineBytes)
        {
            throw Larger($"a line of more than {GaugeAmount.Bytes(limits.LineBytes)}");
        }

        if (_buffer[_start + length - 1] != '\r' || length < 2)
        {
            throw Garbled(_buffer.AsSpan(_start, length));
        }

        if (++_elements > limits.Elements)
        {
            throw Larger($"more than {limits.Elements} parts");
        }

        var line = _buffer.AsSpan(_start + 1, length - 2);
        value = Read(type, line);
        Take(length + 1);
        return true;
    }

    private RespValue? Read(byte type, ReadOnlySpan<byte> line)
    {
        switch (type)
        {
            case (byte)'+':
                return RespValue.OfSimple(Known(line));
            case (byte)'-':
                return RespValue.OfError(Encoding.UTF8.GetString(line));
            case (byte)':':
                return RespValue.OfInteger(Number(type, line));
            case (byte)'_':
                return line.IsEmpty ? RespValue.Null : throw Garbled(type, line);
            case (byte)'#':
                return line is [(byte)'t' or (byte)'f'] ? RespValue.OfBoolean(line[0] == 't') : throw Garbled(type, line);
            case (byte)',':
                return RespValue.OfDouble(RespValue.ParseDouble(line) ?? throw Garbled(type, line));
            case (byte)'(':
                var digits = line is [(byte)'-' or (byte)'+', ..] ? line[1..] : line;
                return !digits.IsEmpty && digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
                    ? RespValue.OfBigNumber(Encoding.ASCII.GetString(line))
                    : throw Garbled(type, line);
            case (byte)'$' or (byte)'!' or (byte)'=':
                return Bulk(type, line);
            default:
                return Aggregate(type, line);
        }
    }

    private RespValue? Bulk(byte type, ReadOnlySpan<byte> line)
    {
        var length = Number(type, line);
        if (length == -1 && type == '$')
        {
            return RespValue.Null;
        }

        if (length < 0)
        {
            throw Garbled(type, line);
        }

        if (length > limits.ReplyBytes - _taken)
        {
            throw Larger($"a text of {GaugeAmount.Bytes(length)}");
        }

        (_bulkLength, _bulkType) = ((int)length, type);
        return null;
    }

    private RespValue? Aggregate(byte type, ReadOnlySpan<byte> line)
    {
        var count = Number(type, line);
        if (count == -1 && type == '*')
        {
            return RespValue.Null;
        }

        if (count < 0)
        {
            throw Garbled(type, line);
        }

        // Keys and values are two; first compared, so that nothing overflows.
        if (count > limits.Elements || (count *= type is (byte)'%' or (byte)'|' ? 2 : 1) > limits.Elements - _elements)
        {
            throw Larger($"{count} parts");
        }

        var kind = type switch
        {
            (byte)'%' => RespKind.Map,
            (byte)'~' => RespKind.Set,
            (byte)'>' => RespKind.Push,
            _ => RespKind.Array,
        };
        if (count == 0)
        {
            return type == '|' ? null : RespValue.Of(kind, []);
        }

        if (_open.Count >= limits.Depth)
        {
            throw Larger($"arrays in arrays, more than {limits.Depth} deep");
        }

        _open.Push(new Frame(kind, type == '|', (int)count));
        return null;
    }

    private static string Known(ReadOnlySpan<byte> line) => line switch
    {
        _ when line.SequenceEqual("OK"u8) => "OK",
        _ when line.SequenceEqual("QUEUED"u8) => "QUEUED",
        _ when line.SequenceEqual("PONG"u8) => "PONG",
        _ => Encoding.UTF8.GetString(line),
    };

    private long Number(byte type, ReadOnlySpan<byte> line)
    {
        if (line is [(byte)'+', >= (byte)'0' and <= (byte)'9', ..])
        {
            line = line[1..];
        }

        return Utf8Parser.TryParse(line, out long number, out var used) && used == line.Length ? number : throw Garbled(type, line);
    }

    private void Take(int count)
    {
        _start += count;
        _taken += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }

        _scanned = _start;
        Bound(0);
    }

    private void Bound(int more)
    {
        if (_taken + more > limits.ReplyBytes)
        {
            throw Larger("more");
        }
    }

    private RespException Larger(string what) =>
        new(RespException.TooLarge, string.Create(CultureInfo.InvariantCulture, $"a reply has {what}, and of a reply no more than {GaugeAmount.Bytes(limits.ReplyBytes)} and {limits.Elements} parts are read"));

    // What begins with a star or a plus may be a greeting of IMAP or POP3.
    private RespException Garbled(byte type, ReadOnlySpan<byte> line) => Garbled([type, .. line]);

    private RespException Garbled(ReadOnlySpan<byte> line) => _readOne || _open.Count > 0
        ? Broken($"{Shown(line)} is no line of a reply")
        : new RespException(RespException.NotRedis, "");

    private static RespException Broken(string what) => new(RespException.Protocol, $"it breaks Redis's protocol: {what}");

    private static string Shown(ReadOnlySpan<byte> bytes) => $"'{ForeignText.Shown(Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 80)]), 40)}'";

    private sealed class Frame(RespKind kind, bool isAttribute, int count)
    {
        public RespKind Kind => kind;

        public bool IsAttribute => isAttribute;

        public int Count => count;

        // Grows with what comes, not with what was announced.
        public List<RespValue> Items { get; } = new(Math.Min(count, 16));
    }
}
