using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Logs.Summary;

public class LogSummaryPropertyTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(500);

    private static readonly string[] Pieces =
    [
        "\n", "\n", "\n", "\r\n", " ", "\t", "2026-11-22T12:00:00Z ", "2026-11-22 12:00:01.123 +01:00 ", "12:00:00 ", "Nov 22 12:00:00 ", "[22/Nov/2026:12:00:00 +0000]",
        "Sun Nov 22 12:00:00 2026", "E1122 23:59:60 ", "22 Nov 2026 12:00:00.123 # ", "ERROR", "INFO:", "[warn]", "level=", "\"level\":\"", "{", "}", "{\"time\":", "1700000000",
        "\"@t\":\"", "\" 502 ", "<165>", "<", ">", ":", "::", "99:99:99", "\u001b[31m", "\0", "\uFEFF", "é", "\U0001F600", "password=hunter2 ", "x", "-", "/", "_", "debug", "LOG:", "#", "%",
    ];

    /// <summary>What looks like logs, with bytes that are anything strewn in.</summary>
    private static readonly Arbitrary<byte[]> Logs = ArbMap.Default.GeneratorFor<byte[]>()
        .Or(Gen.Elements(Pieces).Select(Encoding.UTF8.GetBytes))
        .Or(Gen.Elements(Pieces).Select(Encoding.UTF8.GetBytes))
        .Or(Gen.Elements(Pieces).Select(Encoding.UTF8.GetBytes))
        .ArrayOf()
        .Select(parts => parts.SelectMany(part => part).ToArray())
        .ToArbitrary();

    [Fact]
    public void Any_bytes_have_a_summary_whose_numbers_agree() => Prop.ForAll(Logs, bytes =>
    {
        using var log = new TemporaryLog(bytes);
        var summary = log.Read();
        var lines = bytes.Count(b => b == '\n') + (bytes.Length > 0 && bytes[^1] != '\n' ? 1 : 0);
        var levels = summary.Levels;
        Assert.Equal(lines, summary.Lines);
        Assert.Equal(bytes.Length, summary.ReadBytes);
        Assert.Equal(
            lines,
            levels.Trace + levels.Debug + levels.Information + levels.Warning + levels.Error + levels.Critical + levels.Unknown + levels.Continuation);
        Assert.Equal(lines, summary.SampledLines);
        Assert.Equal(summary.FirstTime is null, summary.LastTime is null);
        Assert.Equal(summary.FirstTime is null, summary.Rate.Count == 0);
        Assert.InRange(summary.Rate.Count, 0, 60);
        if (summary.Rate.Count > 0)
        {
            Assert.Equal(lines, summary.Rate.Sum(bucket => bucket.Lines));
            Assert.Equal(bytes.Length, summary.Rate.Sum(bucket => bucket.Bytes));
            Assert.Equal(levels.Error + levels.Critical, summary.Rate.Sum(bucket => bucket.Errors));
            Assert.Equal(summary.Rate.Select(bucket => bucket.Start).Distinct().Order(), summary.Rate.Select(bucket => bucket.Start));
        }

        Assert.Equal(Split(bytes).Select(line => line.Length).DefaultIfEmpty().Max(), summary.LongestLineBytes);
    }).Check(Many);

    [Fact]
    public void What_is_shown_is_printable_bounded_and_holds_no_secret() => Prop.ForAll(Logs, bytes =>
    {
        using var log = new TemporaryLog(bytes);
        var options = new LogSummaryOptions { MaxLineLength = 60 };
        var summary = log.Read(options);
        foreach (var text in summary.Head.Concat(summary.Tail).Concat(summary.Repeated.Select(line => line.Text)))
        {
            Assert.DoesNotContain(text, c => (char.IsControl(c) && c != '\t') || c is '\u2028' or '\u2029' or '\uFEFF');
            Assert.DoesNotContain("password=hunter", text, StringComparison.Ordinal);

            // An escape takes up to ten characters for one.
            Assert.InRange(text.Length, 0, 700);
        }

        Assert.DoesNotContain(summary.ToString(), c => char.IsControl(c) && c is not ('\t' or '\n'));
    }).Check(Many);

    [Fact]
    public void Where_blocks_end_makes_no_difference() => Prop.ForAll(Logs, ArbMap.Default.ArbFor<PositiveInt>(), (bytes, block) =>
    {
        using var log = new TemporaryLog(bytes);
        Assert.Equal(Json(log.Read()), Json(log.Read(block: 1 + (block.Get % 200))));
    }).Check(Many);

    [Fact]
    public void Head_and_tail_are_the_first_and_last_lines()
    {
        var lines = Gen.Elements("a", "", "b c", "line 12", "é", "2026-11-22T12:00:00Z INFO x").ListOf();
        Prop.ForAll(lines.ToArbitrary(), ArbMap.Default.ArbFor<bool>(), (all, ended) =>
        {
            // A last line that is empty and has no line break is no line.
            string[] expected = [.. all];
            var content = string.Join('\n', expected) + (ended && expected.Length > 0 ? "\n" : "");
            if (!ended && expected is [.., ""])
            {
                expected = expected[..^1];
            }

            using var log = new TemporaryLog(content);
            var summary = log.Read(new LogSummaryOptions { HeadLines = 3, TailLines = 4 }, block: 7);
            Assert.Equal(expected.Take(3), summary.Head);
            Assert.Equal(expected.TakeLast(4), summary.Tail);
        }).Check(Many);
    }

    [Fact]
    public void Levels_are_found_wherever_the_line_stands_among_vectors()
    {
        foreach (var indent in Enumerable.Range(1, 180))
        {
            var summary = TemporaryLog.Summarize($"{new string('x', indent)} ERROR y\nz\n{new string('.', indent)}[warn]\n");
            Assert.Equal((1, 1, 1), (summary.Levels.Error, summary.Levels.Continuation, summary.Levels.Warning));
        }
    }

    internal static string Json(LogSummary summary)
    {
        using var stream = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(stream))
        {
            summary.WriteJson(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static List<byte[]> Split(byte[] bytes)
    {
        List<byte[]> lines = [];
        var rest = bytes.AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n');
            lines.Add((end < 0 ? rest : rest[..end]).ToArray());
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return lines;
    }
}
