namespace HealthKit;

/// <summary>What a contract asks of a CSV file: its header, how many records there are, and which of them do not fit. In constant memory.</summary>
internal sealed class CsvTable : CsvSink
{
    /// <summary>A header that is longer is not kept to its end.</summary>
    public const int MaxHeaderBytes = 64 * 1024;

    private readonly List<byte[]> _header = [];
    private byte[] _name = [];
    private int _nameLength;
    private int _headerBytes;
    private bool _headerEnded;

    /// <summary>The names of the columns as they stand there, as far as they were kept.</summary>
    public IReadOnlyList<byte[]> Header => _header;

    /// <summary>Whether all of the header was kept.</summary>
    public bool IsHeaderWhole => _headerBytes <= MaxHeaderBytes;

    /// <summary>How many columns the header has; 0 while there is none.</summary>
    public int ColumnCount { get; private set; }

    /// <summary>How many records there are beside the header and blank lines.</summary>
    public long RecordCount { get; private set; }

    /// <summary>The first record that has not as many fields as the header; the last one does not count when the file just ends in it.</summary>
    public CsvRecord? FirstUneven { get; private set; }

    /// <summary>How many such records there are.</summary>
    public long UnevenCount { get; private set; }

    /// <summary>The line of the first quote that is neither doubled nor at the end of its field; 0 when there is none.</summary>
    public long StrayQuoteLine { get; private set; }

    /// <summary>The line of the quote that is still open at the end of the file; 0 when there is none.</summary>
    public long UnclosedQuoteLine { get; private set; }

    /// <summary>The last record, when it has fewer fields than the header and the file ends in the middle of its line.</summary>
    public CsvRecord? CutShort { get; private set; }

    public override bool WantsText => !_headerEnded;

    public override void OnText(ReadOnlySpan<byte> text)
    {
        _headerBytes += Math.Min(text.Length, MaxHeaderBytes + 1);
        if (!IsHeaderWhole)
        {
            _headerBytes = MaxHeaderBytes + 1;
            return;
        }

        if (_nameLength + text.Length > _name.Length)
        {
            Array.Resize(ref _name, Math.Max(256, 2 * (_nameLength + text.Length)));
        }

        text.CopyTo(_name.AsSpan(_nameLength));
        _nameLength += text.Length;
    }

    public override void OnField()
    {
        if (_headerEnded)
        {
            return;
        }

        // An empty name costs something, too.
        _headerBytes = Math.Min(_headerBytes + 1, MaxHeaderBytes + 1);
        if (IsHeaderWhole)
        {
            _header.Add(_name.AsSpan(0, _nameLength).ToArray());
        }

        _nameLength = 0;
    }

    public override void OnRecord(in CsvRecord record)
    {
        if (record.UnclosedQuoteLine != 0)
        {
            UnclosedQuoteLine = record.UnclosedQuoteLine;
        }
        else if (record.StrayQuoteLine != 0 && StrayQuoteLine == 0)
        {
            StrayQuoteLine = record.StrayQuoteLine;
        }

        if (!_headerEnded)
        {
            EndHeader(record);
        }
        else if (!record.IsBlank)
        {
            RecordCount++;
            Compare(record);
        }
    }

    private void EndHeader(in CsvRecord record)
    {
        if (record.IsBlank)
        {
            _header.Clear();
            _headerBytes = 0;
            return;
        }

        _headerEnded = true;
        _name = [];
        ColumnCount = record.FieldCount;
    }

    private void Compare(in CsvRecord record)
    {
        if (record.FieldCount == ColumnCount || record.UnclosedQuoteLine != 0)
        {
            return;
        }

        if (!record.IsTerminated && record.FieldCount < ColumnCount)
        {
            CutShort = record;
            return;
        }

        FirstUneven ??= record;
        UnevenCount++;
    }
}
