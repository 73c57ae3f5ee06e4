using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.Logs.Summary;

public class LogSummaryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task An_empty_file_is_empty()
    {
        using var log = new TemporaryLog("");
        var summary = await LogSummary.ReadAsync(log.Path);
        Assert.Equal((0, 0, 0), (summary.Lines, summary.LengthBytes, summary.SampledLines));
        Assert.Empty(summary.Head);
        Assert.Empty(summary.Tail);
        Assert.Empty(summary.Rate);
        Assert.Empty(summary.Notes);
        Assert.Equal($"{log.Path}\n0 B, lines: 0, longest: 0 B, written 2026-11-22 18:00:00 +00:00\n", summary.ToString());
    }

    [Fact]
    public async Task What_cannot_be_read_says_why()
    {
        using var log = new TemporaryLog("x");
        var directory = Path.GetDirectoryName(log.Path)!;
        var missing = await Assert.ThrowsAsync<FileNotFoundException>(() => LogSummary.ReadAsync(log.Path + ".1"));
        Assert.Contains(log.Path + ".1", missing.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => LogSummary.ReadAsync(Path.Combine(directory, "no", "such.log")));
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => LogSummary.ReadAsync(Path.Combine(log.Path, "such.log")));
        Assert.Contains("is a directory", (await Assert.ThrowsAsync<IOException>(() => LogSummary.ReadAsync(directory))).Message, StringComparison.Ordinal);
        Assert.Contains("not a file", (await Assert.ThrowsAsync<IOException>(() => LogSummary.ReadAsync("/dev/zero"))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => LogSummary.ReadAsync(""));
        await Assert.ThrowsAsync<ArgumentException>(() => LogSummary.ReadAsync("a\0b"));
    }

    [Theory]
    [InlineData(-1, 5, 5, 300, 0)]
    [InlineData(5, 51, 5, 300, 0)]
    [InlineData(5, 5, 51, 300, 0)]
    [InlineData(5, 5, 5, 39, 0)]
    [InlineData(5, 5, 5, 300, 15 * 60)]
    [InlineData(5, 5, 5, 300, 0.5)]
    public async Task Options_have_ranges(int head, int tail, int repeated, int length, double offsetMinutes)
    {
        var options = new LogSummaryOptions
        {
            HeadLines = head,
            TailLines = tail,
            RepeatedLines = repeated,
            MaxLineLength = length,
            AssumedOffset = TimeSpan.FromMinutes(offsetMinutes),
        };
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => LogSummary.ReadAsync("/dev/null", options));
    }

    [Fact]
    public async Task Reading_can_be_cancelled()
    {
        using var log = new TemporaryLog(new string('x', 1_000_000));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LogSummary.ReadAsync(log.Path, cancellationToken: cancelled.Token));
        using var later = new CancellationTokenSource();
        var reader = new LogSummaryReader(log.Path, new LogSummaryOptions(), 1_000) { AfterBlock = later.Cancel };
        Assert.Throws<OperationCanceledException>(() => reader.Read(later.Token));
    }

    [Fact]
    public void A_long_line_without_an_end_is_bounded()
    {
        using var log = new TemporaryLog("2026-11-22T12:00:00Z ERROR begin ");
        const long Length = 100_000_000;
        using (var file = new FileStream(log.Path, FileMode.Append))
        {
            var chunk = new byte[1_000_000];
            Array.Fill(chunk, (byte)'x');
            for (var i = 0; i < 100; i++)
            {
                file.Write(chunk);
            }
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var summary = log.Read();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
        Assert.Equal((1, 1, Length + 33), (summary.Lines, summary.Levels.Error, summary.LongestLineBytes));
        var head = Assert.Single(summary.Head);
        Assert.StartsWith("2026-11-22T12:00:00Z ERROR begin xxx", head, StringComparison.Ordinal);
        Assert.EndsWith("x… (100,000,033 bytes)", head, StringComparison.Ordinal);
        Assert.InRange(head.Length, 300, 330);
        Assert.Equal(summary.Head, summary.Tail);
    }

    [Fact]
    public void Long_lines_among_others_do_not_disturb_them_wherever_blocks_end()
    {
        var content = new StringBuilder();
        foreach (var length in new[] { 10, 70_000, 65_536, 65_535, 5, 200_000, 3 })
        {
            content.Append(CultureInfo.InvariantCulture, $"2026-11-22T12:00:0{length % 10}Z WARN {new string('y', length)}\n");
        }

        using var log = new TemporaryLog(content.ToString());
        var whole = log.Read();
        Assert.Equal((7, 7, 200_026), (whole.Lines, whole.Levels.Warning, whole.LongestLineBytes));
        Assert.All([1_000, 4_096, 65_536, 65_599, 70_026], block => Assert.Equal(LogSummaryPropertyTests.Json(whole), LogSummaryPropertyTests.Json(log.Read(block: block))));
    }

    [Fact]
    public void What_a_block_left_behind_the_last_line_is_no_part_of_it()
    {
        using var log = new TemporaryLog("INFO\nWARNINGS ERRORS\nERR");
        Assert.Equal((1, 1, 1), (log.Read(block: 5).Levels.Information, log.Read(block: 9).Levels.Error, log.Read(block: 21).Levels.Error));
    }

    [Fact]
    public void Secrets_do_not_come_out()
    {
        var redactor = new Redactor();
        redactor.AddSecret("correct horse 4711 battery");
        var key = string.Concat(Enumerable.Repeat("MIIEpAIBAAKCAQEAhunterhunterhunterhunterhunterhunterhunterABCDEF\n", 20));
        string[] secrets = ["hunter", "correct horse", "battery", "s3cr3tV4lue"];
        var log = string.Concat(Enumerable.Range(0, 30).Select(i =>
            $"2026-11-22T12:00:00Z INFO {i} connect amqp://user:hunter2@host password=hunter{i}\n"
            + $"2026-11-22T12:00:00Z INFO {i} found correct horse 4711 battery\n"
            + $"2026-11-22T12:00:00Z INFO {i} \u001b[1mAuthorization: Bearer s3cr3tV4lue{i}abcdef\n"
            + $"2026-11-22T12:00:00Z INFO pass\u001b[31mword=hunter{i}\n"
            + $"{{\"time\":\"2026-11-22T12:00:00Z\",\"password\":\"hunter{i}\"}}\n"))
            + "-----BEGIN RSA PRIVATE KEY-----\n" + key;
        foreach (var (head, tail) in new[] { (50, 50), (3, 3) })
        {
            foreach (var content in new[] { log, "-----BEGIN RSA PRIVATE KEY-----\n" + key + "-----END RSA PRIVATE KEY-----\n" + log + key })
            {
                var summary = TemporaryLog.Summarize(content, new LogSummaryOptions { HeadLines = head, TailLines = tail, Redactor = redactor });
                foreach (var text in new[] { summary.ToString(), LogSummaryPropertyTests.Json(summary) })
                {
                    Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
                }

                Assert.NotEmpty(summary.Repeated);
            }
        }
    }

    [Fact]
    public void A_secret_that_a_cut_goes_through_does_not_come_out()
    {
        var redactor = new Redactor();
        var secret = string.Concat(Enumerable.Repeat("sEcReT", 1_300));
        redactor.AddSecret(secret);

        // Redaction before it makes the line so short that the cut would come into view.
        for (var pad = 8_000; pad < 16_500; pad += 700)
        {
            var line = $"password='{new string('p', pad)}' {secret} end {new string('z', 30_000)}";
            var summary = TemporaryLog.Summarize($"{line}\n{line}\n", new LogSummaryOptions { Redactor = redactor, MaxLineLength = 4_000 });
            Assert.DoesNotContain("sEcReT", summary.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Repeated_lines_are_counted_with_their_numbers_masked()
    {
        var log = string.Concat(Enumerable.Range(0, 60).Select(i =>
            $"2026-11-22T12:{i:00}:00.{i:000}Z {2000 + i} TID-{i}abc{i} ERROR: heartbeat: Waited {i} sec, id {Guid.NewGuid()}, utf8 0x{i + 16:x}\n"
            + (i % 2 == 0 ? $"2026-11-22T12:{i:00}:01Z INFO: {i}ms Mysql2::Error\n" : "")
            + (i == 7 ? "once\n" : "")));
        var summary = TemporaryLog.Summarize(log);
        Assert.Equal(summary.Lines, summary.SampledLines);
        Assert.Equal(
            [
                new RepeatedLogLine("<time> # TID-# ERROR: heartbeat: Waited # sec, id #, utf# #", LogLevel.Error, 60, 60, 60 / 91d),
                new RepeatedLogLine("<time> INFO: #ms Mysql#::Error", LogLevel.Information, 30, 30, 30 / 91d),
            ],
            summary.Repeated);
    }

    [Fact]
    public void A_sample_is_stated_and_near_the_truth()
    {
        var log = new StringBuilder();
        for (var i = 0; i < 400_000; i++)
        {
            // In step with any fixed stride.
            log.Append(i % 4 == 0 ? "2026-11-22T12:00:00Z WARN one of four\n" : "2026-11-22T12:00:00Z INFO the other three\n");
        }

        var summary = TemporaryLog.Summarize(log.ToString());
        Assert.Equal((400_000, 100_000, 300_000), (summary.Lines, summary.Levels.Warning, summary.Levels.Information));
        Assert.InRange(summary.SampledLines, 40_000, 60_000);
        Assert.Contains($"from a sample of {summary.SampledLines:#,0} of 400,000 lines", summary.ToString(), StringComparison.Ordinal);
        var one = Assert.Single(summary.Repeated, line => line.Level == LogLevel.Warning);
        Assert.InRange(one.Share, 0.24, 0.26);
        Assert.InRange(one.EstimatedLines, 96_000, 104_000);
    }

    [Fact]
    public void Many_different_lines_cost_bounded_memory_and_do_not_hide_a_frequent_one()
    {
        var log = new StringBuilder();
        for (var i = 0; i < 30_000; i++)
        {
            log.Append("word ").Append((char)('a' + (i % 26))).Append((char)('a' + (i / 26 % 26))).Append((char)('a' + (i / 676 % 26))).Append((char)('a' + (i / 17_576 % 26))).Append('\n');
            if (i % 20 == 0)
            {
                log.Append("every twentieth\n");
            }
        }

        var summary = TemporaryLog.Summarize(log.ToString());
        Assert.Equal("every twentieth", summary.Repeated[0].Text);
        Assert.InRange(summary.Repeated[0].SampledLines, 1_000, 1_500);
        Assert.Contains(summary.Notes, note => note.Contains("too various", StringComparison.Ordinal));
    }

    [Fact]
    public void The_rate_has_at_most_sixty_buckets_that_hold_every_line()
    {
        foreach (var step in new[] { 1, 7, 61, 3_600, 86_400, 864_000 })
        {
            var log = new StringBuilder();
            for (var i = 0; i < 3_000; i++)
            {
                log.Append(CultureInfo.InvariantCulture, $"{Noon.AddSeconds((long)i * step).ToOffset(TimeSpan.FromHours(3)):yyyy-MM-ddTHH:mm:sszzz} {(i % 10 == 0 ? "ERROR" : "INFO")} x\n{(i == 5 ? "  continued\n" : "")}");
            }

            var rate = TemporaryLog.Summarize(log.ToString()).Rate;
            Assert.InRange(rate.Count, 8, 60);
            Assert.Equal((3_001, 300, log.Length), (rate.Sum(bucket => bucket.Lines), rate.Sum(bucket => bucket.Errors), rate.Sum(bucket => bucket.Bytes)));
            Assert.All(rate, bucket => Assert.Equal((rate[0].Duration, TimeSpan.FromHours(3)), (bucket.Duration, bucket.Start.Offset)));
            Assert.True(rate[0].Start <= Noon && rate[0].Start + rate[0].Duration > Noon);
            if (rate[0].Duration == TimeSpan.FromDays(1))
            {
                Assert.Equal(TimeSpan.Zero, rate[0].Start.TimeOfDay);
            }
        }
    }

    [Fact]
    public void One_line_from_1970_does_not_hide_the_rest()
    {
        var log = new StringBuilder("1970-01-01T00:00:05Z INFO clock not set\n");
        for (var i = 0; i < 3_000; i++)
        {
            log.Append(CultureInfo.InvariantCulture, $"{Noon.AddSeconds(i):yyyy-MM-ddTHH:mm:ss}Z INFO x\n");
        }

        var summary = TemporaryLog.Summarize(log.ToString());
        Assert.Equal((Noon, TimeSpan.FromMinutes(1)), (summary.Rate[0].Start, summary.Rate[0].Duration));
        Assert.Equal(3_000, summary.Rate.Sum(bucket => bucket.Lines));
        Assert.Contains("Times far from all others are not in the rate; lines with them: 1.", summary.Notes);
        Assert.Equal(5, summary.FirstTime?.ToUnixTimeSeconds());
    }

    [Fact]
    public void Times_of_day_alone_end_when_the_file_was_written()
    {
        // The file was written on the 22nd at 18:00.
        var summary = TemporaryLog.Summarize("[23:59:58 INF] a\n[23:59:59 INF] b\n[00:00:00 INF] c\n[23:59:59 INF] late\n[12:00:00 INF] d\n[01:00:00 INF] e\n[17:59:00 INF] f\n");
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 23, 59, 58, TimeSpan.Zero), summary.FirstTime);
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 17, 59, 0, TimeSpan.Zero), summary.LastTime);
        Assert.Contains(summary.Notes, note => note.StartsWith("Times have no date", StringComparison.Ordinal));
    }

    [Fact]
    public void Times_without_an_offset_take_the_assumed_one()
    {
        const string Log = "2026-11-22 12:00:00 INFO x\n";
        Assert.Equal(Noon, TemporaryLog.Summarize(Log).FirstTime);
        Assert.Contains("Times bear no offset: UTC is assumed.", TemporaryLog.Summarize(Log).Notes);
        var east = TemporaryLog.Summarize(Log, new LogSummaryOptions { AssumedOffset = TimeSpan.FromHours(3) });
        Assert.Equal(Noon.AddHours(-3), east.FirstTime);
        Assert.Contains("Times bear no offset: +03:00 is assumed.", east.Notes);
        Assert.DoesNotContain(TemporaryLog.Summarize("2026-11-22 12:00:00Z INFO x\n").Notes, note => note.Contains("offset", StringComparison.Ordinal));
    }

    [Fact]
    public void Times_that_go_back_are_noted()
    {
        var summary = TemporaryLog.Summarize("2026-11-22T12:00:00Z a\n2026-11-22T11:00:00Z b\n2026-11-22T12:00:30Z c\n2026-11-22T12:00:00Z d\n");
        Assert.Contains(summary.Notes, note => note.StartsWith("Times are not in order: 1 of them", StringComparison.Ordinal));
        Assert.Equal((Noon, Noon), (summary.FirstTime, summary.LastTime));
    }

    [Fact]
    public void Foreign_bytes_are_made_printable()
    {
        using var log = new TemporaryLog([.. "\u001b[31mred\u001b[0m \u202Eevil \a\tok \U0001F600\n"u8, 0xE9, .. " latin\n"u8, 0xED, 0xA0, 0x80, .. "surrogate \u001b]0;title\u0007"u8]);
        var summary = log.Read();
        Assert.Equal(["red \\u202Eevil \\x07\tok \U0001F600", "\\xE9 latin", "\\xED\\xA0\\x80surrogate \\x1B]0;title\\x07"], summary.Head);
        Assert.Equal(summary.Head, summary.Tail);
        Assert.Contains("2 of 3 sampled lines are not UTF-8.", summary.Notes);
    }

    [Theory]
    [InlineData("1F8B0800", "gzip")]
    [InlineData("FFFE41000A00", "UTF-16")]
    [InlineData("7F454C46020101000000000000000000", "binary")]
    public void What_is_no_text_is_noted(string hex, string note)
    {
        using var log = new TemporaryLog(Convert.FromHexString(hex));
        Assert.Contains(log.Read().Notes, text => text.Contains(note, StringComparison.Ordinal));
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_line()
    {
        var summary = TemporaryLog.Summarize("\uFEFF{\"severity\":\"ERROR\"}\n");
        Assert.Equal((1, "{\"severity\":\"ERROR\"}"), (summary.Levels.Error, summary.Head[0]));
    }

    [Fact]
    public void Holes_are_skipped()
    {
        using var log = new TemporaryLog("");
        const long Hole = 40L << 30;
        using (var file = new FileStream(log.Path, FileMode.Open))
        {
            // The hole ends at a block; what is left of that block is zeros, as after punching to the exact line.
            file.Position = Hole;
            file.Write(new byte[100]);
            file.Write("2026-11-22T12:00:00Z ERROR first\n2026-11-22T12:00:01Z INFO second"u8);
            file.Position = Hole + (1L << 30);
            file.Write(" goes on\n2026-11-22T12:00:02Z INFO third\n"u8);
        }

        var summary = log.Read(new LogSummaryOptions { HeadLines = 1, TailLines = 1 });
        Assert.Equal((3, 1, 2), (summary.Lines, summary.Levels.Error, summary.Levels.Information));
        Assert.InRange(summary.ReadBytes, 1, 100_000);
        Assert.InRange(summary.AllocatedBytes, 1, 100_000);
        Assert.Equal(["2026-11-22T12:00:00Z ERROR first"], summary.Head);
        Assert.Equal(["2026-11-22T12:00:02Z INFO third"], summary.Tail);
        Assert.Equal(Noon, summary.FirstTime);
        Assert.Equal("Its first 40.0 GiB are a hole: cut off or never written, and skipped.", summary.Notes[0]);
        Assert.StartsWith("Holes of 1.0 GiB", summary.Notes[1], StringComparison.Ordinal);

        using var all = new TemporaryLog("");
        using (var file = new FileStream(all.Path, FileMode.Open))
        {
            file.SetLength(1 << 30);
        }

        Assert.Equal((0, 0, 1 << 30), (all.Read().Lines, all.Read().ReadBytes, all.Read().LengthBytes));
    }

    [Fact]
    public void What_is_written_meanwhile_is_not_read_and_noted()
    {
        using var log = new TemporaryLog(string.Concat(Enumerable.Repeat("2026-11-22T12:00:00Z INFO x\n", 1_000)));
        var grown = false;
        var summary = log.Read(block: 4_096, afterBlock: () =>
        {
            if (!grown)
            {
                File.AppendAllText(log.Path, new string('y', 2_048));
                grown = true;
            }
        });
        Assert.Equal((1_000, 1_000), (summary.Lines, summary.Levels.Information));
        Assert.Equal("2026-11-22T12:00:00Z INFO x", summary.Tail[^1]);
        Assert.Contains("It grew by 2.0 KiB while it was read: that is not in here.", summary.Notes);
    }

    [Fact]
    public void A_file_that_is_cut_off_meanwhile_is_summed_up_as_far_as_it_was_read()
    {
        using var log = new TemporaryLog(string.Concat(Enumerable.Repeat("2026-11-22T12:00:00Z INFO x\n", 1_024)));
        var summary = log.Read(block: 2_048, afterBlock: () =>
        {
            using var file = new FileStream(log.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(Math.Min(file.Length, 2_800));
        });
        Assert.Equal((100, 2_800, 28 * 1_024), (summary.Lines, summary.ReadBytes, summary.LengthBytes));
        Assert.Equal(100, summary.SampledLines);
        Assert.Contains(summary.Notes, note => note.StartsWith("It was cut off while it was read: from 28.0 KiB to 2.7 KiB.", StringComparison.Ordinal));
        Assert.Equal(5, summary.Head.Count);
    }

    [Fact]
    public void The_json_has_all_that_the_record_has()
    {
        var summary = TemporaryLog.Summarize("2026-11-22T12:00:00Z ERROR x\n2026-11-22T12:00:01Z ERROR x\n\ud83d\u0001\n");
        using var json = JsonDocument.Parse(LogSummaryPropertyTests.Json(summary));
        Assert.Equal(
            [
                "path", "lengthBytes", "allocatedBytes", "readBytes", "modifiedAt", "lines", "longestLineBytes", "firstTime", "lastTime", "levels",
                "rate", "sampledLines", "repeated", "head", "tail", "notes",
            ],
            json.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal(2, json.RootElement.GetProperty("levels").GetProperty("error").GetInt64());
        Assert.Equal("Error", json.RootElement.GetProperty("repeated")[0].GetProperty("level").GetString());
        Assert.Equal("00:00:01", json.RootElement.GetProperty("rate")[0].GetProperty("duration").GetString());
    }
}
