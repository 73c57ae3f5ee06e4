using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Files;

/// <summary>The contract of one file that is downloaded every hour: <c>jacow-references-header.csv</c> of the samples, in ISO-8859-1.</summary>
public sealed class FileContractTests : IDisposable
{
    private const string Header = "\"paper\",\"authors\",\"title\",\"position\",\"contribution ID\"";
    private const string Good =
        Header + "\n"
        + "\"MOPAB001\",\"A. Müller, B. Garçon\",\"Status of the \"\"new\"\" source\",\"IPAC'17, pp. 1-4\",\"101\"\n"
        + "\"MOPAB002\",\"Å. Ångström\",\"Two lines\nin one title\",\"IPAC'17, pp. 5-8\",\"102\"\n"
        + "\"MOPAB003\",\"C. Niño\",\"Third\",\"IPAC'17, pp. 9-12\",\"103\"\n";

    private const string OneMore = "\"x\",\"y\",\"z\",\"p\",\"1\"\n";

    private readonly FileBench _bench = new("references.csv");

    public FileContractTests()
    {
        _bench.Options.UnhealthyAboveAge = TimeSpan.FromMinutes(90);
        _bench.Options.UnhealthyWhenUnchangedFor = TimeSpan.FromHours(24);
        _bench.Options.UnhealthyAboveShrinkPercent = 90;
        _bench.Options.UnhealthyBelowLineCount = 2;
        _bench.Options.Columns = ["paper", "authors", "title", "position", "contribution ID"];
        _bench.Options.Header = Header;
        _bench.Options.Encoding = "iso-8859-1";
    }

    public void Dispose() => _bench.Dispose();

    public static TheoryData<string, string, string> Rotten => new()
    {
        {
            "truncated", "file.truncated",
            "truncated: the quote that line 3 opens is never closed"
        },
        {
            "html", "file.html",
            "an HTML page instead of the file, titled '503 Service Temporarily Unavailable'"
        },
        {
            "renamed", "file.columns",
            "missing in its header: 'position'; not expected: 'pos'; its first line is '\"paper\",\"authors\",\"title\",\"pos\",\"contribution ID\"', "
            + "expected is '\"paper\",\"authors\",\"title\",\"position\",\"contribution ID\"'"
        },
        {
            "utf8", "file.encoding",
            "not iso-8859-1: all that is beyond ASCII in it is UTF-8"
        },
        {
            "windows", "file.encoding",
            "not iso-8859-1: byte 0x96 at offset 77, line 2"
        },
        {
            "old", "file.stale",
            "stale (unhealthy above 1 h 30 min)"
        },
        {
            "same", "file.unchanged",
            "content unchanged for 1 d 1 h (unhealthy above 1 d)"
        },
    };

    [Fact]
    public void The_good_file_is_healthy_and_the_text_has_its_numbers()
    {
        _bench.Replace(Good, TimeSpan.FromMinutes(5), Encoding.Latin1);

        var result = _bench.Run();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal($"275 B, 5 min old, 3 records of 5 columns, {_bench.Path}", result.Description);
        Assert.Equal(3L, result.Data["recordCount"]);
        Assert.Equal(5, result.Data["columnCount"]);
        Assert.Equal((long)Good.Length, result.Data["sizeBytes"]);
        Assert.Equal(300d, result.Data["ageSeconds"]);
        Assert.Equal(300d, result.Data["unchangedSeconds"]);
        Assert.DoesNotContain("reason", result.Data.Keys);
    }

    [Theory]
    [MemberData(nameof(Rotten))]
    public void Each_way_to_rot_has_its_reason(string how, string reason, string problem)
    {
        _bench.Replace(Good, TimeSpan.FromMinutes(5), Encoding.Latin1);
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
        _bench.Time.Advance(TimeSpan.FromHours(1));
        switch (how)
        {
            case "truncated":
                _bench.Replace(Good[..(Good.IndexOf("\nin one", StringComparison.Ordinal) + 4)], default, Encoding.Latin1);
                break;
            case "html":
                _bench.Replace("<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>…</body></html>\r\n");
                break;
            case "renamed":
                _bench.Replace(Good.Replace("\"position\"", "\"pos\"", StringComparison.Ordinal), default, Encoding.Latin1);
                break;
            case "utf8":
                _bench.Replace(Good);
                break;
            case "windows":
                _bench.Replace(Good.Replace(", B. Garçon", " \u0096 Garçon", StringComparison.Ordinal), default, Encoding.Latin1);
                break;
            case "old":
                _bench.Replace(Good + OneMore, TimeSpan.FromHours(2), Encoding.Latin1);
                break;
            case "same":
                _bench.Time.Advance(TimeSpan.FromHours(23.9));
                _bench.Replace(Good, TimeSpan.FromMinutes(1), Encoding.Latin1);
                break;
        }

        var result = _bench.Run();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal(reason, result.Data["reason"]);
        Assert.StartsWith(problem + ": ", result.Description, StringComparison.Ordinal);
        Assert.Contains(_bench.Path, result.Description, StringComparison.Ordinal);

        // A file that is only too old was good when it was read.
        Assert.Equal(how == "old" ? 4L : 3L, result.Data["lastGoodLineCount"]);
        Assert.Equal(Good.Length + (how == "old" ? OneMore.Length : 0L), result.Data["lastGoodBytes"]);
    }

    [Fact]
    public void The_header_of_the_shared_sample_is_that_of_this_contract()
    {
        _bench.Options.UnhealthyBelowLineCount = null;
        _bench.Replace(Header + "\n");

        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
    }
}
