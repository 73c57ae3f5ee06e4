using System.Buffers;

namespace HealthKit;

/// <summary>
/// Reads CSV as it comes, in pieces cut anywhere, in constant memory: RFC 4180, and what is found beside it. A record ends with CRLF, LF or
/// CR; the last one may end with the file. A quote inside an unquoted field is text. Text behind a closing quote belongs to the field and
/// is reported. Works on the bytes of any encoding that keeps ASCII bytes for ASCII characters alone (UTF-8, ISO 8859, Windows-125x).
/// A byte order mark is the caller's to take off.
/// </summary>
internal sealed class CsvScanner
{
    private const byte Quote = (byte)'"';
    private const byte CarriageReturn = (byte)'\r';
    private const byte LineFeed = (byte)'\n';

    private readonly byte _delimiter;
    private readonly SearchValues<byte> _ends;
    private readonly CsvSink _sink;

    private State _state;
    private bool _afterCarriageReturn;
    private bool _carriageReturnInQuotes;
    private bool _hasContent;
    private long _line = 1;
    private long _recordLine = 1;
    private int _fields;
    private long _quoteLine;
    private long _strayQuoteLine;

    /// <param name="delimiter">What stands between fields: ASCII, neither a quote nor a line end.</param>
    /// <param name="sink">Takes what is found.</param>
    public CsvScanner(byte delimiter, CsvSink sink)
    {
        _delimiter = delimiter;
        _ends = SearchValues.Create([delimiter, CarriageReturn, LineFeed]);
        _sink = sink;
    }

    private enum State
    {
        FieldStart,
        Unquoted,
        Quoted,
        QuoteInQuoted,
    }

    /// <summary>Takes the next bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[(_state switch
            {
                State.FieldStart => StartField(bytes[0]),
                State.Unquoted => ReadUnquoted(bytes),
                State.Quoted => ReadQuoted(bytes),
                _ => ReadBehindQuote(bytes[0]),
            })..];
        }
    }

    /// <summary>There are no more bytes.</summary>
    public void Complete()
    {
        if (_state == State.Quoted)
        {
            EndRecord(isTerminated: false, unclosedQuoteLine: _quoteLine);
        }
        else if (_hasContent)
        {
            EndRecord(isTerminated: false);
        }
    }

    private int StartField(byte first)
    {
        var secondOfLineEnd = _afterCarriageReturn && first == LineFeed;
        _afterCarriageReturn = false;
        if (secondOfLineEnd)
        {
            return 1;
        }

        if (first != Quote)
        {
            _state = State.Unquoted;
            return 0;
        }

        _hasContent = true;
        _state = State.Quoted;
        _quoteLine = _line;
        _carriageReturnInQuotes = false;
        return 1;
    }

    private int ReadUnquoted(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAny(_ends);
        Tell(end < 0 ? bytes : bytes[..end]);
        if (end < 0)
        {
            return bytes.Length;
        }

        End(bytes[end]);
        return end + 1;
    }

    private int ReadQuoted(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf(Quote);
        var text = end < 0 ? bytes : bytes[..end];
        _line += LineCounter.Count(text, ref _carriageReturnInQuotes);
        Tell(text);
        if (end < 0)
        {
            return bytes.Length;
        }

        _state = State.QuoteInQuoted;
        return end + 1;
    }

    private int ReadBehindQuote(byte next)
    {
        if (next == Quote)
        {
            Tell([Quote]);
            _carriageReturnInQuotes = false;
            _state = State.Quoted;
            return 1;
        }

        if (next == _delimiter || next is CarriageReturn or LineFeed)
        {
            End(next);
            return 1;
        }

        _strayQuoteLine = _strayQuoteLine == 0 ? _line : _strayQuoteLine;
        _state = State.Unquoted;
        return 0;
    }

    private void Tell(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            _hasContent = true;
            if (_sink.WantsText)
            {
                _sink.OnText(text);
            }
        }
    }

    private void End(byte by)
    {
        if (by == _delimiter)
        {
            _hasContent = true;
            EndField();
            return;
        }

        EndRecord(isTerminated: true);
        _afterCarriageReturn = by == CarriageReturn;
        _recordLine = ++_line;
    }

    private void EndField()
    {
        _fields++;
        _state = State.FieldStart;
        _sink.OnField();
    }

    private void EndRecord(bool isTerminated, long unclosedQuoteLine = 0)
    {
        EndField();
        _sink.OnRecord(new CsvRecord(_recordLine, _fields, !_hasContent, isTerminated, _strayQuoteLine, unclosedQuoteLine));
        _fields = 0;
        _hasContent = false;
        _strayQuoteLine = 0;
    }
}
