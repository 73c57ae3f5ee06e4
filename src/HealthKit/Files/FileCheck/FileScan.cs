using System.Globalization;
using System.Security.Cryptography;

namespace HealthKit;

/// <summary>
/// Reads a file's content once, block by block, in constant memory, and says what of its contract it does not keep. It may rest between
/// two blocks for as long as it likes.
/// </summary>
internal sealed class FileScan : IDisposable
{
    public const int BlockSize = 64 * 1024;

    private const int MostNames = 10;
    private const int MostName = 60;
    private const int MostHeader = 200;

    private readonly FileLimits _limits;
    private readonly Redactor _redactor;
    private readonly EncodingProbe? _encoding;
    private readonly CsvTable? _table;
    private readonly CsvScanner? _csv;
    private readonly JsonProbe? _json;
    private readonly IncrementalHash? _hash;
    private Utf16Transcoder? _utf16;
    private LineCounter _lines;
    private long _badUnitLine;
    private bool _hasMark;
    private byte[] _firstLine = [];
    private bool _firstLineEnds;
    private string? _html;

    public FileScan(FileLimits limits, in FileStatus status, Redactor redactor)
    {
        _redactor = redactor;
        _limits = limits;
        Status = status;
        _hash = limits.NeedsHash ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        _encoding = limits.Encoding is { } encoding and not TextEncoding.Utf16 ? new EncodingProbe(encoding) : null;
        switch (limits.Format)
        {
            case FileFormat.Csv:
                _table = new CsvTable();
                _csv = new CsvScanner(limits.Delimiter, _table);
                break;
            case FileFormat.Json:
                _json = new JsonProbe();
                break;
        }
    }

    /// <summary>The file as it was when reading began.</summary>
    public FileStatus Status { get; }

    /// <summary>How far it was read.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether what follows has a say.</summary>
    public bool WantsMore => _limits.NeedsAll || Offset == 0;

    /// <summary>Takes the next block. The first one is whole, or the file's end.</summary>
    public void Add(ReadOnlySpan<byte> block)
    {
        var start = Offset;
        var isFirst = start == 0;
        _hash?.AppendData(block);
        Offset += block.Length;
        if (isFirst)
        {
            FindMark(ref block, ref start);
        }

        var text = block;
        if (_utf16 is null)
        {
            _encoding?.Add(block, start, _lines);
        }
        else
        {
            var sound = _utf16.BadOffset < 0;
            text = _utf16.Convert(block);
            if (sound && _utf16.BadOffset >= 0)
            {
                var lines = _lines;
                lines.Add(text[.._utf16.BadIndex]);
                _badUnitLine = lines.Ends + 1;
            }
        }

        if (isFirst)
        {
            Begin(text);
        }

        _lines.Add(text);
        _csv?.Add(text);
        _json?.Add(text);
    }

    /// <summary>There is no more.</summary>
    /// <param name="at">Now.</param>
    /// <param name="endedWithLineEnd">Whether it ended with a line end when it was last good, where that is known.</param>
    public FileContent Complete(DateTimeOffset at, bool? endedWithLineEnd)
    {
        _csv?.Complete();
        _json?.Complete();
        List<FileFault> faults = [];

        // Counts of a page that is none of the file's say nothing.
        var counts = _limits.NeedsAll && _html is null;
        if (_html is not null)
        {
            // It explains all that is wrong with the content.
            Add(faults, FileFaultKind.Html, _html);
        }
        else if (Offset > 0)
        {
            AddTruncation(faults, endedWithLineEnd);
            AddEncoding(faults);
            AddJson(faults);
            AddHeader(faults);
            AddCsv(faults);
            AddLines(faults);
        }

        return new FileContent
        {
            Status = Status,
            ReadAt = at,
            Faults = faults,
            LineCount = counts ? _lines.Lines : null,
            RecordCount = counts ? _table?.RecordCount : null,
            ColumnCount = counts ? _table?.ColumnCount : null,
            EndsWithLineEnd = counts ? _lines.EndsWithLineEnd : null,
            Hash = _hash is null ? null : Convert.ToHexString(_hash.GetHashAndReset()),
        };
    }

    public void Dispose()
    {
        _hash?.Dispose();
        _json?.Dispose();
    }

    private static void Add(List<FileFault> faults, FileFaultKind kind, string text) => faults.Add(new FileFault(kind, GaugeLevel.Unhealthy, text));

    private void FindMark(ref ReadOnlySpan<byte> block, ref long start)
    {
        var isUtf16 = block.StartsWith((ReadOnlySpan<byte>)[0xff, 0xfe]) || block.StartsWith((ReadOnlySpan<byte>)[0xfe, 0xff]);
        if (isUtf16)
        {
            _utf16 = new Utf16Transcoder(bigEndian: block[0] == 0xfe, offset: 2);
            block = block[2..];
            start = 2;
        }
        else if (block.StartsWith((ReadOnlySpan<byte>)[0xef, 0xbb, 0xbf]))
        {
            // To other encodings the mark itself is the first wrong thing.
            _encoding?.Add(block[..3], 0, _lines);
            block = block[3..];
            start = 3;
            _hasMark = true;
        }
    }

    private void Begin(ReadOnlySpan<byte> text)
    {
        if (!_limits.AllowsHtml && HtmlPage.Is(text, _limits.IsXml))
        {
            var title = HtmlPage.TitleOf(text, _redactor);
            _html = title is null ? "an HTML page instead of the file" : $"an HTML page instead of the file, titled '{title}'";
        }

        if (_limits.Options.Header is not null)
        {
            var end = text.IndexOfAny((byte)'\r', (byte)'\n');
            _firstLineEnds = end >= 0 || Offset < BlockSize;
            _firstLine = (end < 0 ? text : text[..end]).ToArray();
        }
    }

    private void AddTruncation(List<FileFault> faults, bool? endedWithLineEnd)
    {
        if (_json?.Found == JsonProbe.Problem.Truncated)
        {
            Add(faults, FileFaultKind.Truncated, $"truncated: its JSON ends in the middle, in line {_json.Line}");
        }
        else if (_table is { UnclosedQuoteLine: > 0 and var line })
        {
            Add(faults, FileFaultKind.Truncated, $"truncated: the quote that line {line} opens is never closed");
        }
        else if (_table?.CutShort is { } last)
        {
            Add(faults, FileFaultKind.Truncated, $"truncated: its last record, in line {last.Line}, has {last.FieldCount} of {_table.ColumnCount} fields and no line end");
        }
        else if (_encoding is { EndsInCharacter: true } || _utf16 is { EndsInCharacter: true })
        {
            Add(faults, FileFaultKind.Truncated, "truncated: it ends in the middle of a character");
        }
        else if (_limits.NeedsAll && !_lines.EndsWithLineEnd)
        {
            if (_limits.Options.MustEndWithNewline)
            {
                Add(faults, FileFaultKind.Truncated, "truncated: its last line has no line end");
            }
            else if (_table is not null && endedWithLineEnd == true)
            {
                Add(faults, FileFaultKind.Truncated, "truncated: its last line has no line end, which it had when last good");
            }
        }
    }

    private void AddEncoding(List<FileFault> faults)
    {
        if (_limits.Encoding is not { } expected || (_limits.Format == FileFormat.Json && _limits.Options.Encoding is null && _utf16 is not null))
        {
            return;
        }

        var name = TextEncodings.NameOf(expected);
        if (_utf16 is null && expected == TextEncoding.Utf16)
        {
            Add(faults, FileFaultKind.Encoding, "not utf-16: it begins without a byte order mark");
        }
        else if (_utf16 is not null && expected != TextEncoding.Utf16)
        {
            Add(faults, FileFaultKind.Encoding, $"not {name}: it begins with the byte order mark of utf-16");
        }
        else if (_utf16 is { BadOffset: >= 0 })
        {
            Add(faults, FileFaultKind.Encoding, $"not utf-16: half a surrogate pair at offset {_utf16.BadOffset}, line {_badUnitLine}");
        }
        else if (_encoding is { IsUtf8Instead: true })
        {
            Add(faults, FileFaultKind.Encoding, $"not {name}: all that is beyond ASCII in it is UTF-8{(_hasMark ? ", with a byte order mark" : "")}");
        }
        else if (_encoding is { BadOffset: >= 0 })
        {
            Add(faults, FileFaultKind.Encoding, $"not {name}: byte 0x{_encoding.BadByte:X2} at offset {_encoding.BadOffset}, line {_encoding.BadLine}");
        }
    }

    private void AddJson(List<FileFault> faults)
    {
        switch (_json?.Found)
        {
            case JsonProbe.Problem.Malformed:
                Add(faults, FileFaultKind.Json, $"not JSON, or nested deeper than {JsonProbe.MaxDepth}: line {_json.Line}, byte {_json.ByteInLine}");
                break;
            case JsonProbe.Problem.NoValue:
                Add(faults, FileFaultKind.Json, "no JSON: it holds nothing but white space");
                break;
            case JsonProbe.Problem.TooLong:
                Add(faults, FileFaultKind.Json, $"a single value of its JSON is longer than {GaugeAmount.Bytes(JsonProbe.MaxTokenBytes):L}");
                break;
        }
    }

    private void AddHeader(List<FileFault> faults)
    {
        if (_limits.Options.Header is { } header)
        {
            var found = Decode(_firstLine);
            if (!_firstLineEnds || found != header)
            {
                Add(
                    faults,
                    FileFaultKind.Header,
                    $"its first line is {Quoted(found, MostHeader)}, expected is {Quoted(header, MostHeader)}");
            }
        }

        if (_table is { ColumnCount: > 0 } && _limits.Columns.Length > 0)
        {
            AddColumns(faults, _table);
        }
    }

    private void AddColumns(List<FileFault> faults, CsvTable table)
    {
        if (!table.IsHeaderWhole)
        {
            Add(faults, FileFaultKind.Columns, $"its header is longer than {GaugeAmount.Bytes(CsvTable.MaxHeaderBytes):L}");
            return;
        }

        List<string> found = [.. table.Header.Select(name => Decode(name))];
        var compared = _limits.Expected.Compare(found);
        var (missing, extra) = (compared.Missing, compared.Extras);
        var notExpected = extra.Count == 0 ? "" : $"not expected: {Listed(extra, MostNames, MostName)}";
        if (missing.Count > 0)
        {
            var all = $"missing in its header: {Listed(missing, MostNames, MostName)}";
            Add(faults, FileFaultKind.Columns, extra.Count == 0 ? all : $"{all}; {notExpected}");
        }
        else if (_limits.Options.ExactColumns && extra.Count > 0)
        {
            Add(faults, FileFaultKind.Columns, $"in its header {notExpected}");
        }
        else if (_limits.Options.ExactColumns && found.Count != _limits.Columns.Length)
        {
            Add(faults, FileFaultKind.Columns, $"its header has {found.Count} columns, expected are {_limits.Columns.Length}");
        }
        else if (_limits.Options.ExactColumns && !found.SequenceEqual(_limits.Columns, StringComparer.Ordinal))
        {
            var first = Enumerable.Range(0, found.Count).First(i => found[i] != _limits.Columns[i]);
            Add(
                faults,
                FileFaultKind.Columns,
                $"its columns are in another order: column {first + 1} is {Quoted(found[first], MostName)}, "
                + $"expected is {Quoted(_limits.Columns[first], MostName)}");
        }
    }

    private string Quoted(string text, int most) => ForeignText.Quoted(_redactor.Redact(text), most);

    private string Listed(IReadOnlyList<string> texts, int mostTexts, int mostEach)
    {
        var listed = string.Join(", ", texts.Take(mostTexts).Select(text => Quoted(text, mostEach)));
        return texts.Count > mostTexts ? $"{listed} and {texts.Count - mostTexts} more" : listed;
    }

    private void AddCsv(List<FileFault> faults)
    {
        if (_table is null)
        {
            return;
        }

        if (_table.ColumnCount == 0)
        {
            Add(faults, FileFaultKind.Csv, "no CSV: it holds nothing but line ends");
        }

        if (_table.StrayQuoteLine > 0)
        {
            Add(faults, FileFaultKind.Csv, $"no CSV: a quote in line {_table.StrayQuoteLine} is neither doubled nor at the end of its field");
        }
        else if (_table.FirstUneven is { } record)
        {
            var others = _table.UnevenCount > 1 ? string.Create(CultureInfo.InvariantCulture, $", as {_table.UnevenCount - 1} more have another number") : "";
            Add(faults, FileFaultKind.Csv, $"no CSV: the record in line {record.Line} has {record.FieldCount} fields, the header {_table.ColumnCount}{others}");
        }
    }

    private void AddLines(List<FileFault> faults)
    {
        if (!LimitsLines)
        {
            return;
        }

        var count = _table?.RecordCount ?? _lines.Lines;
        var level = FileLimits.Lines.Judge(count, _limits.LinesLimits);
        if (level != GaugeLevel.Ok)
        {
            var what = _table is null ? "lines" : "records";
            faults.Add(new FileFault(
                FileFaultKind.TooFewLines,
                level,
                string.Create(CultureInfo.InvariantCulture, $"{count} {what}, {FileLimits.Lines.ExplainLimit(level, _limits.LinesLimits)}")));
        }
    }

    private bool LimitsLines => FileLimits.IsSet(_limits.LinesLimits);

    private string Decode(ReadOnlySpan<byte> bytes) =>
        TextEncodings.Decode(bytes, _utf16 is not null || _limits.Encoding == TextEncoding.Utf16 ? TextEncoding.Utf8 : _limits.Encoding);
}
