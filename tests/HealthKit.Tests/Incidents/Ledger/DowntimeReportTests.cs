using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests;

public sealed class DowntimeReportTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly DowntimeReport Report = new(
        At,
        At.AddDays(-2),
        new Downtime { Outages = 1, Total = TimeSpan.FromMinutes(90), Longest = TimeSpan.FromMinutes(90), UptimePercentDay = 93.754321, UptimePercentWeek = 99.99999 },
        [
            new Downtime
            {
                Check = "disk",
                Outages = 2,
                Total = TimeSpan.FromHours(30),
                Longest = TimeSpan.FromSeconds(1.5),
                UptimePercentDay = 0,
                UptimePercentWeek = 100,
                UptimePercentMonth = 50,
            },
        ],
        [
            new Outage { Start = At.AddMinutes(-90), Reason = "disk.space.low", Unknown = new TimeSpan(123_456_000), Planned = false },
            new Outage
            {
                Check = "disk",
                Start = new DateTimeOffset(2026, 3, 1, 1, 0, 0, 500, TimeSpan.FromHours(1)),
                End = At.AddDays(-1),
                Unknown = TimeSpan.Zero,
                Planned = true,
            },
        ]);

    [Fact]
    public void As_JSON() => Assert.Equal(
        """
        {
          "at": "2026-03-02T12:00:00+00:00",
          "knownSince": "2026-02-28T12:00:00+00:00",
          "app": {
            "outages": 1,
            "total": "01:30:00",
            "longest": "01:30:00",
            "uptimePercentDay": 93.7543,
            "uptimePercentWeek": 100
          },
          "checks": [
            {
              "check": "disk",
              "outages": 2,
              "total": "1.06:00:00",
              "longest": "00:00:01.5000000",
              "uptimePercentDay": 0,
              "uptimePercentWeek": 100,
              "uptimePercentMonth": 50
            }
          ],
          "outages": [
            {
              "start": "2026-03-02T10:30:00+00:00",
              "reason": "disk.space.low",
              "unknown": "00:00:12.3456000",
              "planned": false
            },
            {
              "check": "disk",
              "start": "2026-03-01T01:00:00.5+01:00",
              "end": "2026-03-01T12:00:00+00:00",
              "unknown": "00:00:00",
              "planned": true
            }
          ]
        }
        """,
        Json(Report, indented: true));

    [Fact]
    public void As_CSV() => Assert.Equal(
        "check,start,end,durationSeconds,unknownSeconds,planned,reason\r\n"
        + ",2026-03-02T10:30:00.000Z,,5400,12.346,false,disk.space.low\r\n"
        + "disk,2026-03-01T00:00:00.500Z,2026-03-01T12:00:00.000Z,43199.5,0,true,\r\n",
        Report.ToCsv());

    [Theory]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"no\"", "\"say \"\"no\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("=1+1", "\"'=1+1\"")]
    [InlineData("+1", "\"'+1\"")]
    [InlineData("-1", "\"'-1\"")]
    [InlineData("@SUM(A1)", "\"'@SUM(A1)\"")]
    [InlineData("\tx", "\"'\tx\"")]
    [InlineData("  =cmd|' /C calc'!A0", "\"'  =cmd|' /C calc'!A0\"")]
    [InlineData("=\"x\",y", "\"'=\"\"x\"\",y\"")]
    [InlineData("＝1", "\"'＝1\"")]
    [InlineData("disk.space.low", "disk.space.low")]
    public void Fields_are_quoted_and_no_formulas(string text, string field)
    {
        Assert.EndsWith($",{field}\r\n", With("disk", text).ToCsv(), StringComparison.Ordinal);
        Assert.Contains($"\r\n{field},2026", With(text, null).ToCsv(), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_gives_CSV_that_reads_back_and_JSON_that_is_valid()
    {
        var texts = ArbMap.Default.ArbFor<char[]>().Generator.Select(characters => new string(characters)).ToArbitrary();
        Prop.ForAll(texts, text =>
        {
            var report = With("disk", text);
            var fields = Parse(report.ToCsv());
            Assert.Equal(14, fields.Count);
            Assert.True(fields[13] == text || fields[13] == "'" + text);
            using var document = JsonDocument.Parse(Json(report));
            Assert.Equal(JsonValueKind.String, document.RootElement.GetProperty("outages")[0].GetProperty("reason").ValueKind);
        }).QuickCheckThrowOnFailure();
    }

    private static DowntimeReport With(string? check, string? reason) =>
        Report with { Outages = [new Outage { Check = check, Start = At, Reason = reason, Unknown = TimeSpan.Zero, Planned = false }] };

    private static string Json(DowntimeReport report, bool indented = false)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = indented, NewLine = "\n" }))
        {
            report.WriteJson(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>All fields of a CSV text, as RFC 4180 reads it.</summary>
    private static List<string> Parse(string csv)
    {
        List<string> fields = [];
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < csv.Length; i++)
        {
            if (csv[i] == '"')
            {
                if (quoted && i + 1 < csv.Length && csv[i + 1] == '"')
                {
                    field.Append(csv[++i]);
                }
                else
                {
                    quoted = !quoted;
                }
            }
            else if (!quoted && (csv[i] == ',' || csv[i..].StartsWith("\r\n", StringComparison.Ordinal)))
            {
                i += csv[i] == ',' ? 0 : 1;
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(csv[i]);
            }
        }

        return fields;
    }
}
