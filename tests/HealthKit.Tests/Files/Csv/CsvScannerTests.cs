using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Files;

public class CsvScannerTests
{
    public static TheoryData<string, string[]> Samples => new()
    {
        { "a,b\n1,2\n", ["a|b", "1|2"] },
        { "a,b\r\n1,2", ["a|b", "1|2"] },
        { "a,b\r1,2\r", ["a|b", "1|2"] },
        { "\"a\",\"b\"\n\"x, y\",\"say \"\"hi\"\"\"\n", ["a|b", "x, y|say \"hi\""] },
        { "a\n\"two\r\nlines\"\n", ["a", "two\r\nlines"] },
        { "a,,\n,\"\",\n", ["a||", "||"] },
        { "a,", ["a|"] },
        { "\"\"", [""] },
        { "a\"b,c\n", ["a\"b|c"] },
        { "\n\na\n\n", ["", "", "a", ""] },
        { "\r\n\r\na", ["", "", "a"] },
        { "", [] },
        { "\"a\" x,b\n", ["a x|b"] },
        { "\"never closed,b\nc\n", ["never closed,b\nc\n"] },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void Records_are_found_however_the_bytes_are_cut(string csv, string[] records)
    {
        var bytes = Encoding.UTF8.GetBytes(csv);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
            {
                Assert.Equal(records, Scan(',', bytes[..first], bytes[first..second], bytes[second..]).Rows);
            }
        }
    }

    [Fact]
    public void What_was_written_is_read_whatever_it_holds_and_wherever_it_is_cut() => Prop.ForAll<NonEmptyArray<NonEmptyArray<string?>>, int, int>((table, style, size) =>
    {
        var rows = table.Get.Select(row => row.Get.Select(field => field ?? "").ToArray()).ToList();
        var (delimiter, end) = ((style & 1) == 0 ? ',' : ';', ((style >> 1) & 3) switch { 0 => "\n", 1 => "\r", _ => "\r\n" });
        var bytes = Encoding.UTF8.GetBytes(Write(rows, delimiter, end, lastEnd: (style & 16) == 0));
        var pieces = bytes.Chunk(1 + Math.Abs(size % 7)).ToArray();

        var seen = Scan(delimiter, pieces);

        // A lone surrogate has no UTF-8: what was written there is U+FFFD.
        Assert.Equal(rows.Select(row => string.Join('|', row.Select(Utf8))), seen.Rows);
        Assert.Equal(rows.Select(row => row.Length), seen.Records.Select(record => record.FieldCount));
        Assert.All(seen.Records, record => Assert.True(record is { StrayQuoteLine: 0, UnclosedQuoteLine: 0, IsBlank: false }));
        Assert.Equal((style & 16) == 0, seen.Records[^1].IsTerminated);
        Assert.Equal(Lines(rows, delimiter, end), seen.Records.Select(record => record.Line));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_end_in_records_and_are_read_alike_however_they_are_cut() => Prop.ForAll<byte[], int>((noise, cut) =>
    {
        // Mostly what a parser may stumble over.
        var bytes = noise.Select(b => "\",\r\n\"a,\""u8[b % 8]).ToArray();
        var at = bytes.Length == 0 ? 0 : Math.Abs(cut % bytes.Length);
        var (whole, parts) = (Scan(',', bytes), Scan(',', bytes[..at], bytes[at..]));
        Assert.Equal(whole.Rows, parts.Rows);
        Assert.Equal(whole.Records, parts.Records);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Quotes_in_the_wrong_place_are_told_with_their_line()
    {
        var seen = Scan(',', "a,b\n\"x\ny\"z,\"1\" \n\"open\n,2\n"u8.ToArray());

        Assert.Equal([0, 3, 0], seen.Records.Select(record => record.StrayQuoteLine));
        Assert.Equal([1, 2, 4], seen.Records.Select(record => record.Line));
        Assert.Equal([0, 0, 4], seen.Records.Select(record => record.UnclosedQuoteLine));
        Assert.False(seen.Records[^1].IsTerminated);
    }

    private static Recorder Scan(char delimiter, params byte[][] pieces)
    {
        var seen = new Recorder();
        var scanner = new CsvScanner((byte)delimiter, seen);
        foreach (var piece in pieces)
        {
            scanner.Add(piece);
        }

        scanner.Complete();
        return seen;
    }

    /// <summary>The writer that the scanner must understand: RFC 4180, quotes where they are needed, and around what would be a blank line.</summary>
    private static string Write(List<string[]> rows, char delimiter, string end, bool lastEnd)
    {
        var text = new StringBuilder();
        for (var i = 0; i < rows.Count; i++)
        {
            text.AppendJoin(delimiter, rows[i].Select(field => Field(field, delimiter, alone: rows[i].Length == 1)));
            text.Append(i < rows.Count - 1 || lastEnd ? end : "");
        }

        return text.ToString();
    }

    private static string Field(string field, char delimiter, bool alone) =>
        field.AsSpan().ContainsAny($"\"\r\n{delimiter}") || (alone && field.Length == 0) || field.Length % 3 == 1
            ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : field;

    private static IEnumerable<long> Lines(List<string[]> rows, char delimiter, string end)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            var before = Write(rows[..i], delimiter, end, lastEnd: true).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
            yield return 1 + before.Count(c => c == '\n');
        }
    }

    private static string Utf8(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private sealed class Recorder : CsvSink
    {
        private readonly List<string> _fields = [];
        private readonly List<byte> _text = [];

        public List<string> Rows { get; } = [];

        public List<CsvRecord> Records { get; } = [];

        public override bool WantsText => true;

        public override void OnText(ReadOnlySpan<byte> text) => _text.AddRange(text);

        public override void OnField()
        {
            _fields.Add(Encoding.UTF8.GetString([.. _text]));
            _text.Clear();
        }

        public override void OnRecord(in CsvRecord record)
        {
            Assert.Equal(record.FieldCount, _fields.Count);
            Records.Add(record);
            Rows.Add(string.Join('|', _fields));
            _fields.Clear();
        }
    }
}
