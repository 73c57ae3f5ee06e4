namespace HealthKit.Tests.Files;

public class FileCheckOptionsTests
{
    public static TheoryData<string, string> Wrong => new()
    {
        { "Path", "an absolute path such as /var/log/app" },
        { "DegradedAboveAge", "a time span from 00:00:01 (1 s) to 02:00:00, not above UnhealthyAboveAge" },
        { "UnhealthyAboveAge", "a time span from 00:00:01 (1 s) to 3650.00:00:00 (10 years)" },
        { "UnhealthyWhenUnchangedFor", "a time span from 00:00:01 (1 s) to 3650.00:00:00 (10 years)" },
        { "UnhealthyBelowBytes", "a whole number from 0 to 10 (bytes), not above UnhealthyAboveBytes" },
        { "UnhealthyAboveShrinkPercent", "a number from 0 to 100 (percent)" },
        { "DegradedBelowLineCount", "a whole number of 0 or more (count)" },
        { "Format", "Csv, beside Columns" },
        { "Delimiter", "one ASCII character such as , ; | or a tab; no quote, space, letter, digit or line end" },
        { "Header", "one line of text, not empty, of at most 4096 characters" },
        { "Columns", "each name once, unless ExactColumns is set" },
        { "ExactColumns", "false, or true beside Columns" },
        { "Encoding", "one of utf-8, us-ascii, iso-8859-1, windows-1252, utf-16" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_cannot_be_meant_is_told_by_name_with_what_is_allowed(string property, string allowed)
    {
        var options = new FileCheckOptions { Path = "/data/x.csv" };
        switch (property)
        {
            case "Path":
                options.Path = "data/x.csv";
                break;
            case "DegradedAboveAge":
                (options.DegradedAboveAge, options.UnhealthyAboveAge) = (TimeSpan.FromHours(3), TimeSpan.FromHours(2));
                break;
            case "UnhealthyAboveAge":
                options.UnhealthyAboveAge = TimeSpan.Zero;
                break;
            case "UnhealthyWhenUnchangedFor":
                options.UnhealthyWhenUnchangedFor = TimeSpan.FromDays(3_651);
                break;
            case "UnhealthyBelowBytes":
                (options.UnhealthyBelowBytes, options.UnhealthyAboveBytes) = (11, 10);
                break;
            case "UnhealthyAboveShrinkPercent":
                options.UnhealthyAboveShrinkPercent = 101;
                break;
            case "DegradedBelowLineCount":
                options.DegradedBelowLineCount = -1;
                break;
            case "Format":
                (options.Format, options.Columns) = (FileFormat.Json, ["a"]);
                break;
            case "Delimiter":
                options.Delimiter = ",,";
                break;
            case "Header":
                options.Header = "a\nb";
                break;
            case "Columns":
                options.Columns = ["a", "b", "a"];
                break;
            case "ExactColumns":
                options.ExactColumns = true;
                break;
            case "Encoding":
                options.Encoding = "latin-1";
                break;
        }

        Assert.Equal([(property, allowed)], FileLimits.Validate(options).Select(error => (error.Property, error.Allowed)));
    }

    [Fact]
    public void Every_delimiter_in_use_and_every_encoding_is_taken()
    {
        Assert.All([",", ";", "\t", "|", ":"], delimiter => Assert.Empty(FileLimits.Validate(new FileCheckOptions { Path = "/x", Delimiter = delimiter })));
        Assert.All(
            ["utf-8", "US-ASCII", "ISO-8859-1", "windows-1252", "utf-16"],
            encoding => Assert.Empty(FileLimits.Validate(new FileCheckOptions { Path = "/x", Encoding = encoding })));
    }

    [Fact]
    public void Json_is_unicode() =>
        Assert.Equal(
            ["utf-8, us-ascii or utf-16: JSON is Unicode"],
            FileLimits.Validate(new FileCheckOptions { Path = "/x", Format = FileFormat.Json, Encoding = "iso-8859-1" }).Select(error => error.Allowed));

    [Fact]
    public void Columns_mean_csv()
    {
        Assert.Equal(FileFormat.Csv, new FileLimits(new FileCheckOptions { Path = "/x", Columns = ["a"] }).Format);
        Assert.False(new FileLimits(new FileCheckOptions { Path = "/x" }).NeedsAll);
    }
}
