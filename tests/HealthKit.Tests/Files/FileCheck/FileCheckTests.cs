using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Files;

public sealed class FileCheckTests : IDisposable
{
    private readonly FileBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_pipe_that_takes_the_place_of_the_file_holds_nothing_up()
    {
        using var bench = new FileBench();
        bench.Replace("a,b\n1,2\n");
        bench.Source.AfterLook = () =>
        {
            bench.Source.AfterLook = () => { };
            File.Delete(bench.Path);
            using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [bench.Path]);
            mkfifo.WaitForExit();
        };

        var run = Task.Run(() => bench.Run());
        if (await Task.WhenAny(run, Task.Delay(TimeSpan.FromSeconds(30))) != run)
        {
            using var writer = File.OpenWrite(bench.Path); // lets the reader go
            Assert.Fail("The check waited for somebody to write into the pipe.");
        }

        Assert.Equal((HealthStatus.Unhealthy, "file.read.failed"), ((await run).Status, (await run).Data["reason"]));
        Assert.Equal("file.notRegular", bench.Run().Data["reason"]);
    }

    [Fact]
    public void Without_a_contract_it_must_be_there_readable_not_empty_and_no_page()
    {
        Assert.Equal("file.missing", Reason(_bench.Run()));
        Assert.Equal($"missing: {_bench.Path}: it does not exist", _bench.Run().Description);

        _bench.Replace("");
        Assert.Equal("file.empty", Reason(_bench.Run()));

        _bench.Replace("a,b\n1,2\n", TimeSpan.FromMinutes(3));
        Assert.Equal($"8 B, 3 min old, {_bench.Path}", _bench.Run().Description);

        _bench.Replace("<html>");
        Assert.Equal("file.html", Reason(_bench.Run()));

        File.Delete(_bench.Path);
        Directory.CreateDirectory(_bench.Path);
        Assert.Equal("file.notRegular", Reason(_bench.Run()));
        Assert.StartsWith("a directory, not a file: ", _bench.Run().Description, StringComparison.Ordinal);
        Directory.Delete(_bench.Path);

        File.CreateSymbolicLink(_bench.Path, "/dev/null");
        Assert.Equal("file.notRegular", Reason(_bench.Run()));
    }

    [Fact]
    public void What_is_fine_by_the_options_or_by_its_name_is_fine()
    {
        _bench.Replace("");
        _bench.Options = new FileCheckOptions { Path = _bench.Path, AllowEmpty = true };
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);

        _bench.Replace("<html>");
        _bench.Options = new FileCheckOptions { Path = _bench.Path, AllowHtml = true };
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);

        using var page = new FileBench("index.HTML");
        page.Replace("<html>");
        Assert.Equal(HealthStatus.Healthy, page.Run().Status);
        page.Options = new FileCheckOptions { Path = page.Path, AllowHtml = false };
        Assert.Equal("file.html", Reason(page.Run()));
    }

    [Fact]
    public void A_link_is_followed()
    {
        using var other = new FileBench();
        other.Replace("a\n");
        File.CreateSymbolicLink(_bench.Path, other.Path);

        Assert.Equal(2L, _bench.Run().Data["sizeBytes"]);
    }

    [Theory]
    [InlineData(2, "file.missing", "missing: ")]
    [InlineData(20, "file.missing", "missing: ")]
    [InlineData(13, "file.denied", "no permission: ")]
    [InlineData(5, "file.read.failed", "cannot be looked at: ")]
    public void What_cannot_be_looked_at_is_unknown_and_has_no_number(int error, string reason, string begin)
    {
        _bench.FailureStatus = HealthStatus.Healthy;
        _bench.Source.LookError = error;

        var result = _bench.Run();

        Assert.Equal((HealthStatus.Degraded, reason), (result.Status, Reason(result)));
        Assert.StartsWith(begin, result.Description, StringComparison.Ordinal);
        Assert.Equal(["error", "path", "reason"], result.Data.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_cannot_be_read_is_unknown_and_read_when_it_can_be()
    {
        _bench.FailureStatus = HealthStatus.Degraded;
        _bench.Replace("a\n", TimeSpan.FromMinutes(1));
        _bench.Source.OpenFault = () => new UnauthorizedAccessException();
        Assert.Equal((HealthStatus.Degraded, "file.denied"), (_bench.Run().Status, Reason(_bench.Run())));

        _bench.Source.OpenFault = () => new IOException("Input/output error");
        Assert.StartsWith("cannot be read: Input/output error: 2 B", _bench.Run().Description, StringComparison.Ordinal);

        _bench.Source.OpenFault = () => null;
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
    }

    [Fact]
    public void Two_tiers_of_age_and_size_act_each_for_itself()
    {
        _bench.Options.DegradedAboveAge = TimeSpan.FromHours(1);
        _bench.Options.UnhealthyAboveAge = TimeSpan.FromHours(2);
        _bench.Options.DegradedBelowBytes = 10;
        _bench.Options.UnhealthyBelowBytes = 5;
        _bench.Options.UnhealthyAboveBytes = 20;
        (int Size, double Hours, HealthStatus Status, string? Reason)[] expected =
        [
            (10, 1, HealthStatus.Healthy, null),
            (10, 1.1, HealthStatus.Degraded, "file.stale"),
            (10, 2.1, HealthStatus.Unhealthy, "file.stale"),
            (9, 0.5, HealthStatus.Degraded, "file.tooSmall"),
            (4, 0.5, HealthStatus.Unhealthy, "file.tooSmall"),
            (20, 0.5, HealthStatus.Healthy, null),
            (21, 0.5, HealthStatus.Unhealthy, "file.tooLarge"),
            (9, 1.1, HealthStatus.Degraded, "file.tooSmall"),
            (9, 2.1, HealthStatus.Unhealthy, "file.stale"),
        ];
        Assert.All(expected, one =>
        {
            _bench.Replace(new string('x', one.Size), TimeSpan.FromHours(one.Hours));
            var result = _bench.Run();
            Assert.Equal((one.Status, one.Reason), (result.Status, Reason(result)));
        });
        Assert.StartsWith("stale (unhealthy above 2 h); too small (degraded below 10 B): 9 B, 2 h 6 min old", _bench.Run().Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_in_the_future_hides_no_age()
    {
        _bench.Options.UnhealthyAboveAge = TimeSpan.FromHours(1);
        _bench.Replace("a\n", TimeSpan.FromMinutes(-4));
        Assert.Equal(0d, _bench.Run().Data["ageSeconds"]);

        _bench.Replace("a\n", TimeSpan.FromHours(-1));
        var result = _bench.Run();

        Assert.Equal("file.futureTime", Reason(result));
        Assert.StartsWith("its time lies 1 h in the future", result.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("ageSeconds", result.Data.Keys);
    }

    [Fact]
    public void Lines_of_text_and_records_of_csv_are_counted()
    {
        _bench.Options.UnhealthyBelowLineCount = 3;
        _bench.Replace("a\nb\nc");
        Assert.Equal((null, 3L), (Reason(_bench.Run()), _bench.Run().Data["lineCount"]));

        _bench.Replace("a\n\"b\nc\"\nd\n");
        _bench.Options = new FileCheckOptions { Path = _bench.Path, UnhealthyBelowLineCount = 3, Format = FileFormat.Csv };
        Assert.StartsWith("2 records, unhealthy below 3: ", _bench.Run().Description, StringComparison.Ordinal);
        Assert.Equal("file.tooFewLines", Reason(_bench.Run()));
    }

    [Theory]
    [InlineData("a,b\n1,2,3\n", "file.csv", "no CSV: the record in line 2 has 3 fields, the header 2: ")]
    [InlineData("a,b\n1\n\"x\"y,2\n", "file.csv", "no CSV: a quote in line 3 is neither doubled nor at the end of its field: ")]
    [InlineData("a,b\n1\n1\n1,2\n", "file.csv", "no CSV: the record in line 2 has 1 fields, the header 2, as 1 more have another number: ")]
    [InlineData("a,b\n1,2\n3", "file.truncated", "truncated: its last record, in line 3, has 1 of 2 fields and no line end: ")]
    [InlineData("a,b\n\n\"1", "file.truncated", "truncated: the quote that line 3 opens is never closed: ")]
    [InlineData("\n\r\n", "file.csv", "no CSV: it holds nothing but line ends: ")]
    [InlineData("a,b\n1,2", null, "")]
    public void Csv_is_held_to_its_header(string csv, string? reason, string text)
    {
        _bench.Options.Format = FileFormat.Csv;
        _bench.Replace(csv);

        var result = _bench.Run();

        Assert.Equal(reason, Reason(result));
        Assert.StartsWith(text, result.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":[1,2]}""", null, "")]
    [InlineData("{\n\"a\":[1,\n", "file.truncated", "truncated: its JSON ends in the middle, in line 3: ")]
    [InlineData("{\n\"a\": x}", "file.json", "not JSON, or nested deeper than 256: line 2, byte 6: ")]
    [InlineData("  ", "file.json", "no JSON: it holds nothing but white space: ")]
    public void Json_is_parsed(string json, string? reason, string text)
    {
        _bench.Options.Format = FileFormat.Json;
        _bench.Replace(json);

        var result = _bench.Run();

        Assert.Equal(reason, Reason(result));
        Assert.StartsWith(text, result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_utf8()
    {
        _bench.Options.Format = FileFormat.Json;
        _bench.Replace("[\"Zoë\"]", default, Encoding.Latin1);
        Assert.StartsWith("not utf-8: byte 0xEB at offset 4, line 1: ", _bench.Run().Description, StringComparison.Ordinal);

        _bench.Replace("[\"Zoë\"]", default, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Null(Reason(_bench.Run()));
    }

    [Fact]
    public void Columns_may_stand_in_any_order_unless_they_must_be_exact()
    {
        _bench.Options.Columns = ["a", "b"];
        _bench.Replace("\uFEFFb;\"a\";more\n1;2;3\n", default, new UTF8Encoding(false));
        _bench.Options.Delimiter = ";";
        Assert.Null(Reason(_bench.Run()));

        _bench.Options = new FileCheckOptions { Path = _bench.Path, Columns = ["a", "b"], ExactColumns = true, Delimiter = ";" };
        Assert.StartsWith("in its header not expected: 'more': ", _bench.Run().Description, StringComparison.Ordinal);

        _bench.Options = new FileCheckOptions { Path = _bench.Path, Columns = ["a", "b", "more"], ExactColumns = true, Delimiter = ";" };
        Assert.StartsWith("its columns are in another order: column 1 is 'b', expected is 'a': ", _bench.Run().Description, StringComparison.Ordinal);

        _bench.Options = new FileCheckOptions { Path = _bench.Path, Columns = ["b", "c", "d"] };
        Assert.StartsWith("missing in its header: 'b', 'c', 'd'; not expected: 'b;\"a\";more': ", _bench.Run().Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Foreign_text_is_shown_in_one_line_and_no_longer_than_needed()
    {
        _bench.Options.Columns = ["a"];
        _bench.Replace(string.Join(',', Enumerable.Range(0, 100).Select(i => $"\"x{i}\n{new string('y', 500)}\"")) + "\n");

        var text = _bench.Run().Description!;

        Assert.DoesNotContain('\n', text);
        Assert.Contains("and 90 more", text, StringComparison.Ordinal);
        Assert.True(text.Length < 1_500);
    }

    [Fact]
    public void A_secret_in_a_line_that_is_cut_is_not_shown_in_part()
    {
        _bench.Options.Header = "id";
        _bench.Replace("INSERT " + new string('c', 161) + "postgres://app:S3cretPassw0rdLong@db.example/shop\n");
        var shown = _bench.Run().Description!;
        Assert.DoesNotContain("S3cret", shown, StringComparison.Ordinal);
        Assert.StartsWith("its first line is 'INSERT ccc", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Utf16_needs_its_mark_and_is_read_like_any_other()
    {
        _bench.Options.Encoding = "utf-16";
        _bench.Options.Columns = ["a", "ä"];
        _bench.Options.Header = "a,ä";
        byte[] good = [0xfe, 0xff, .. Encoding.BigEndianUnicode.GetBytes("a,ä\n1,\"2\n\"\n")];
        _bench.Replace(good);
        Assert.Null(Reason(_bench.Run()));
        Assert.Equal(1L, _bench.Run().Data["recordCount"]);

        _bench.Replace(good[..^1]);
        Assert.StartsWith("truncated: it ends in the middle of a character", _bench.Run().Description, StringComparison.Ordinal);

        _bench.Replace([0xff, 0xfe, .. Encoding.Unicode.GetBytes("a,ä\n1,"), 0x00, 0xd8, .. Encoding.Unicode.GetBytes("\n")]);
        Assert.StartsWith("not utf-16: half a surrogate pair at offset 14, line 2: ", _bench.Run().Description, StringComparison.Ordinal);

        _bench.Replace("a,ä\n1,2\n");
        Assert.StartsWith("not utf-16: it begins without a byte order mark: ", _bench.Run().Description, StringComparison.Ordinal);

        _bench.Replace(good);
        _bench.Options = new FileCheckOptions { Path = _bench.Path, Encoding = "utf-8" };
        Assert.StartsWith("not utf-8: it begins with the byte order mark of utf-16: ", _bench.Run().Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_line_end_is_a_cut_where_it_must_be_there_or_was()
    {
        _bench.Options.Format = FileFormat.Csv;
        _bench.Replace("a,b\n1,2\n", TimeSpan.FromMinutes(1));
        Assert.Null(Reason(_bench.Run()));
        _bench.Replace("a,b\n1,2\n3,4", TimeSpan.FromMinutes(1));
        Assert.StartsWith("truncated: its last line has no line end, which it had when last good: ", _bench.Run().Description, StringComparison.Ordinal);

        using var text = new FileBench("notes.txt");
        text.Replace("one\ntwo");
        text.Options.MustEndWithNewline = true;
        Assert.Equal("file.truncated", Reason(text.Run()));
    }

    [Fact]
    public void An_unchanged_file_is_looked_at_and_not_read()
    {
        _bench.Options.Format = FileFormat.Csv;
        _bench.Replace("a,b\n1,2\n", TimeSpan.FromMinutes(1));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(1L, _bench.RunLater(TimeSpan.FromSeconds(10)).Data["recordCount"]);
        }

        Assert.Equal(1, _bench.Source.Opened);
    }

    [Fact]
    public void Only_the_beginning_is_read_where_nothing_more_has_a_say()
    {
        _bench.Options.Header = "first";
        _bench.Replace("first\n" + new string('x', 1 << 20), TimeSpan.FromMinutes(1));

        Assert.Null(Reason(_bench.Run()));
        Assert.Equal(FileScan.BlockSize, _bench.Source.BytesRead);
    }

    [Fact]
    public void A_file_that_was_written_a_moment_ago_is_read_once_more_when_its_time_would_tell_a_change()
    {
        _bench.Options.Format = FileFormat.Csv;
        _bench.Replace("a,b\n1,2\n");
        Assert.Null(Reason(_bench.Run()));

        // The same length within the grain of its time.
        var time = File.GetLastWriteTimeUtc(_bench.Path);
        File.WriteAllText(_bench.Path, "a,b\n1,23");
        File.SetLastWriteTimeUtc(_bench.Path, time);

        Assert.Null(Reason(_bench.RunLater(TimeSpan.FromSeconds(1))));
        Assert.Equal("file.truncated", Reason(_bench.RunLater(TimeSpan.FromSeconds(9))));
        _bench.RunLater(TimeSpan.FromSeconds(10));
        Assert.Equal(2, _bench.Source.Opened);
    }

    [Fact]
    public void While_someone_writes_into_it_the_verdict_stays_and_says_so()
    {
        _bench.Options.Format = FileFormat.Csv;
        _bench.Replace("a,b\n1,2\n", TimeSpan.FromMinutes(1));
        _bench.Run();
        _bench.Time.Advance(TimeSpan.FromMinutes(1));
        _bench.WriteInPlace("a,b\n1,");

        var during = _bench.RunLater(TimeSpan.FromSeconds(1));
        Assert.Equal(HealthStatus.Healthy, during.Status);
        Assert.Equal("being written", during.Data["pending"]);
        Assert.Contains("; being written, the verdict is that of 1 min 1 s ago", during.Description, StringComparison.Ordinal);

        Assert.Equal("file.truncated", Reason(_bench.RunLater(TimeSpan.FromSeconds(10))));
    }

    [Fact]
    public void What_changes_while_it_is_read_is_read_again_and_what_never_rests_is_told()
    {
        _bench.Options.Format = FileFormat.Csv;
        _bench.Replace("a,b\n1,2\n", TimeSpan.FromMinutes(1));
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
        _bench.Replace("a,b\n1", TimeSpan.FromMinutes(1));
        var extra = 0;
        _bench.Source.AfterRead = _ => _bench.Replace("a,b\n1" + new string('x', ++extra), TimeSpan.FromMinutes(1));

        var kept = _bench.RunLater(TimeSpan.FromSeconds(10));
        Assert.Equal((HealthStatus.Healthy, "changed while it was read"), (kept.Status, kept.Data["pending"]));
        Assert.Equal(HealthStatus.Healthy, _bench.RunLater(TimeSpan.FromMinutes(5)).Status);
        var told = _bench.RunLater(TimeSpan.FromSeconds(10));
        Assert.Equal((HealthStatus.Degraded, "file.changing"), (told.Status, Reason(told)));
        Assert.StartsWith("it has not rested for 5 min 10 s, so that its content cannot be told: ", told.Description, StringComparison.Ordinal);

        _bench.Source.AfterRead = _ => { };
        Assert.Equal("file.truncated", Reason(_bench.RunLater(TimeSpan.FromSeconds(10))));
    }

    [Fact]
    public void A_large_file_is_read_in_slices_and_has_no_news_before_it_is_through()
    {
        _bench.Options.Format = FileFormat.Csv;
        _bench.Time.Step = TimeSpan.FromSeconds(1);
        var rows = string.Concat(Enumerable.Range(0, 40_000).Select(i => $"{i},\"x\n\"\n"));
        _bench.Replace("a,b\n" + rows, TimeSpan.FromMinutes(1));

        var runs = 1;
        for (var result = _bench.Run(); ReferenceEquals(result.Data, NoNews.Data); result = _bench.RunLater(TimeSpan.FromSeconds(10)))
        {
            runs++;
        }

        Assert.InRange(runs, 3, 10);
        Assert.Equal(40_000L, _bench.Run().Data["recordCount"]);
        Assert.Equal(new FileInfo(_bench.Path).Length, _bench.Source.BytesRead);

        _bench.Replace("a,b\n" + rows + "1,2,3\n", TimeSpan.FromMinutes(1));
        var pending = _bench.Run();
        Assert.Equal(HealthStatus.Healthy, pending.Status);
        Assert.Matches("new content is being read, [0-9]+ % so far, the verdict is that of", pending.Description);
        for (runs = 2; Reason(_bench.RunLater(TimeSpan.FromSeconds(10))) != "file.csv"; runs++)
        {
            Assert.InRange(runs, 2, 10);
        }
    }

    [Fact]
    public void A_cancelled_run_ends_between_two_blocks_and_the_next_goes_on()
    {
        _bench.Options.Format = FileFormat.Csv;
        _bench.Replace("a\n" + string.Concat(Enumerable.Repeat("1\n", 100_000)), TimeSpan.FromMinutes(1));
        using var cancel = new CancellationTokenSource();
        _bench.Source.AfterRead = _ => cancel.Cancel();

        Assert.Throws<OperationCanceledException>(() => _bench.Run(cancel.Token));

        Assert.Equal(FileScan.BlockSize, _bench.Source.BytesRead);
        Assert.Equal(100_000L, _bench.Run().Data["recordCount"]);
        Assert.Equal(new FileInfo(_bench.Path).Length, _bench.Source.BytesRead);
    }

    private static string? Reason(HealthCheckResult result) => (string?)result.Data.GetValueOrDefault("reason");
}
