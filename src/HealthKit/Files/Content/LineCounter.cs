namespace HealthKit;

/// <summary>Counts line ends in bytes that come in pieces: LF, CRLF, and CR alone.</summary>
internal struct LineCounter
{
    private bool _afterCarriageReturn;
    private bool _any;
    private byte _last;

    /// <summary>How many line ends there were.</summary>
    public long Ends { get; private set; }

    /// <summary>How many lines there are: what stands behind the last line end is one, too.</summary>
    public readonly long Lines => Ends + (_any && !EndsWithLineEnd ? 1 : 0);

    /// <summary>Whether a line end was the last there was.</summary>
    public readonly bool EndsWithLineEnd => _any && _last is (byte)'\n' or (byte)'\r';

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            Ends += Count(bytes, ref _afterCarriageReturn);
            _any = true;
            _last = bytes[^1];
        }
    }

    /// <summary>Line ends in one piece.</summary>
    /// <param name="bytes">The piece.</param>
    /// <param name="afterCarriageReturn">Whether the piece before ended in CR, whose LF may come now; takes whether this one does.</param>
    public static long Count(ReadOnlySpan<byte> bytes, ref bool afterCarriageReturn)
    {
        if (bytes.IsEmpty)
        {
            return 0;
        }

        long ends = bytes.Count((byte)'\n');
        if (afterCarriageReturn && bytes[0] == '\n')
        {
            ends--;
        }

        afterCarriageReturn = bytes[^1] == '\r';
        var returns = bytes.Count((byte)'\r');
        return returns == 0 ? ends : ends + returns - bytes.Count("\r\n"u8);
    }
}
