using System.Globalization;

namespace HealthKit;

/// <summary>What options mean, worked out once for each options object: the limits in force, and what of the file must be read for them.</summary>
internal sealed class FileLimits
{
    public static readonly Gauge Age = new(
        "age", GaugeUnit.Seconds, GaugeDirection.HighIsBad, nameof(FileCheckOptions.DegradedAboveAge), nameof(FileCheckOptions.UnhealthyAboveAge));

    public static readonly Gauge Unchanged = new(
        "content unchanged for",
        GaugeUnit.Seconds,
        GaugeDirection.HighIsBad,
        nameof(FileCheckOptions.DegradedWhenUnchangedFor),
        nameof(FileCheckOptions.UnhealthyWhenUnchangedFor));

    public static readonly Gauge Least = new(
        "size", GaugeUnit.Bytes, GaugeDirection.LowIsBad, nameof(FileCheckOptions.DegradedBelowBytes), nameof(FileCheckOptions.UnhealthyBelowBytes));

    public static readonly Gauge Most = new(
        "size", GaugeUnit.Bytes, GaugeDirection.HighIsBad, nameof(FileCheckOptions.DegradedAboveBytes), nameof(FileCheckOptions.UnhealthyAboveBytes));

    public static readonly Gauge Shrink = new(
        "shrunk by",
        GaugeUnit.Percent,
        GaugeDirection.HighIsBad,
        nameof(FileCheckOptions.DegradedAboveShrinkPercent),
        nameof(FileCheckOptions.UnhealthyAboveShrinkPercent));

    public static readonly Gauge Lines = new(
        "lines",
        GaugeUnit.Count,
        GaugeDirection.LowIsBad,
        nameof(FileCheckOptions.DegradedBelowLineCount),
        nameof(FileCheckOptions.UnhealthyBelowLineCount));

    private const int MaxHeader = 4096;
    private static readonly TimeSpan ShortestSpan = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(3650);

    public FileLimits(FileCheckOptions options)
    {
        Options = options;
        Path = options.Path!;
        Utf8Path = FileStatus.ToUtf8(Path);
        AgeLimits = Both(options.DegradedAboveAge?.TotalSeconds, options.UnhealthyAboveAge?.TotalSeconds);
        UnchangedLimits = Both(options.DegradedWhenUnchangedFor?.TotalSeconds, options.UnhealthyWhenUnchangedFor?.TotalSeconds);
        LeastLimits = Both(options.DegradedBelowBytes, options.UnhealthyBelowBytes);
        MostLimits = Both(options.DegradedAboveBytes, options.UnhealthyAboveBytes);
        ShrinkLimits = Both(options.DegradedAboveShrinkPercent, options.UnhealthyAboveShrinkPercent);
        LinesLimits = Both(options.DegradedBelowLineCount, options.UnhealthyBelowLineCount);
        Columns = options.Columns is { Count: > 0 } columns ? [.. columns] : [];
        Expected = new ExpectedSet(Columns);
        Format = options.Format ?? (Columns.Length > 0 ? FileFormat.Csv : null);
        Encoding = TextEncodings.Find(options.Encoding) ?? (Format == FileFormat.Json ? TextEncoding.Utf8 : null);
        Delimiter = (byte)options.Delimiter[0];
        var extension = System.IO.Path.GetExtension(Path);
        AllowsHtml = options.AllowHtml ?? IsOneOf(extension, ".html", ".htm", ".xhtml");
        IsXml = IsOneOf(extension, ".xml", ".svg", ".rss", ".atom");
        NeedsHash = IsSet(UnchangedLimits);
        NeedsAll = NeedsHash || IsSet(LinesLimits) || Format is not null || Encoding is not null || options.MustEndWithNewline;
        NeedsHead = NeedsAll || !AllowsHtml || options.Header is not null;
    }

    public FileCheckOptions Options { get; }

    public string Path { get; }

    public byte[] Utf8Path { get; }

    public GaugeLimits AgeLimits { get; }

    public GaugeLimits UnchangedLimits { get; }

    public GaugeLimits LeastLimits { get; }

    public GaugeLimits MostLimits { get; }

    public GaugeLimits ShrinkLimits { get; }

    public GaugeLimits LinesLimits { get; }

    public string[] Columns { get; }

    /// <summary>The columns as a set.</summary>
    public ExpectedSet Expected { get; }

    public FileFormat? Format { get; }

    public TextEncoding? Encoding { get; }

    public byte Delimiter { get; }

    public bool AllowsHtml { get; }

    /// <summary>By its name, it is XML: then a tag at its begin says nothing, unless it is that of HTML.</summary>
    public bool IsXml { get; }

    public bool NeedsHash { get; }

    /// <summary>Whether all of the file must be read.</summary>
    public bool NeedsAll { get; }

    /// <summary>Whether its first block must be read.</summary>
    public bool NeedsHead { get; }

    public static bool IsSet(in GaugeLimits limits) => !double.IsNaN(limits.Degraded) || !double.IsNaN(limits.Unhealthy);

    public static IEnumerable<OptionError> Validate(FileCheckOptions options)
    {
        if (PathRules.IsUsable(options.Path) && FilePattern.IsWild(options.Path!) && !System.IO.Path.Exists(options.Path))
        {
            yield return new OptionError(nameof(options.Path), options.Path, "the path of one file, without * and ?: a contract is a file's own");
        }

        if (!PathRules.IsUsable(options.Path))
        {
            yield return new OptionError(nameof(options.Path), options.Path, PathRules.Allowed);
        }

        foreach (var error in Spans(Age, options.DegradedAboveAge, options.UnhealthyAboveAge)
            .Concat(Spans(Unchanged, options.DegradedWhenUnchangedFor, options.UnhealthyWhenUnchangedFor))
            .Concat(Least.Validate(options.DegradedBelowBytes, options.UnhealthyBelowBytes))
            .Concat(Most.Validate(options.DegradedAboveBytes, options.UnhealthyAboveBytes))
            .Concat(Shrink.Validate(options.DegradedAboveShrinkPercent, options.UnhealthyAboveShrinkPercent))
            .Concat(Lines.Validate(options.DegradedBelowLineCount, options.UnhealthyBelowLineCount))
            .Concat(Contradictions(options))
            .Concat(Texts(options)))
        {
            yield return error;
        }

        if (options.Format is { } format && !Enum.IsDefined(format))
        {
            yield return new OptionError(nameof(options.Format), format, "one of " + string.Join(", ", Enum.GetNames<FileFormat>()));
        }

        if (options is { Format: FileFormat.Json, Columns.Count: > 0 })
        {
            yield return new OptionError(nameof(options.Format), options.Format, $"{nameof(FileFormat.Csv)}, beside {nameof(options.Columns)}");
        }

        if (options.ExactColumns && options.Columns is not { Count: > 0 })
        {
            yield return new OptionError(nameof(options.ExactColumns), options.ExactColumns, $"false, or true beside {nameof(options.Columns)}");
        }
    }

    private static GaugeLimits Both(double? degraded, double? unhealthy) => new(degraded ?? double.NaN, unhealthy ?? double.NaN);

    private static bool IsOneOf(string extension, params ReadOnlySpan<string> known)
    {
        foreach (var one in known)
        {
            if (extension.Equals(one, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<OptionError> Spans(Gauge gauge, TimeSpan? degraded, TimeSpan? unhealthy)
    {
        const string Allowed = "a time span from 00:00:01 (1 s) to 3650.00:00:00 (10 years)";
        var degradedFits = degraded is not { } d || (d >= ShortestSpan && d <= LongestSpan);
        var unhealthyFits = unhealthy is not { } u || (u >= ShortestSpan && u <= LongestSpan);
        if (!degradedFits)
        {
            yield return new OptionError(gauge.DegradedOption, degraded, Allowed);
        }

        if (!unhealthyFits)
        {
            yield return new OptionError(gauge.UnhealthyOption, unhealthy, Allowed);
        }

        if (degradedFits && unhealthyFits && degraded > unhealthy)
        {
            yield return new OptionError(
                gauge.DegradedOption,
                degraded,
                string.Create(CultureInfo.InvariantCulture, $"a time span from 00:00:01 (1 s) to {unhealthy:c}, not above {gauge.UnhealthyOption}"));
        }
    }

    /// <summary>A least size above the greatest: no file could be well.</summary>
    private static IEnumerable<OptionError> Contradictions(FileCheckOptions options)
    {
        var (least, property) = options.DegradedBelowBytes is { } degraded
            ? (degraded, nameof(options.DegradedBelowBytes))
            : (options.UnhealthyBelowBytes ?? 0, nameof(options.UnhealthyBelowBytes));
        var (most, other) = options.DegradedAboveBytes is { } larger
            ? (larger, nameof(options.DegradedAboveBytes))
            : (options.UnhealthyAboveBytes ?? long.MaxValue, nameof(options.UnhealthyAboveBytes));
        if (most >= 0 && least > most)
        {
            yield return new OptionError(
                property, least, string.Create(CultureInfo.InvariantCulture, $"a whole number from 0 to {most} (bytes), not above {other}"));
        }
    }

    private static IEnumerable<OptionError> Texts(FileCheckOptions options)
    {
        if (options.Delimiter is not [var delimiter] || !char.IsAscii(delimiter) || delimiter is '"' or ' ' || char.IsAsciiLetterOrDigit(delimiter)
            || (char.IsControl(delimiter) && delimiter != '\t'))
        {
            yield return new OptionError(
                nameof(options.Delimiter), options.Delimiter, "one ASCII character such as , ; | or a tab; no quote, space, letter, digit or line end");
        }

        if (options.Header is { } header && (string.IsNullOrWhiteSpace(header) || header.Length > MaxHeader || header.AsSpan().ContainsAny("\r\n\0")))
        {
            yield return new OptionError(nameof(options.Header), header, $"one line of text, not empty, of at most {MaxHeader} characters");
        }

        var columns = options.Columns ?? [];
        for (var i = 0; i < columns.Count; i++)
        {
            if (ExpectedSet.Validate([columns[i]]) is not null)
            {
                yield return new OptionError(nameof(options.Columns), columns[i], $"names of columns, not empty: each {ExpectedSet.Allowed}");
            }
            else if (columns.IndexOf(columns[i]) < i && !options.ExactColumns)
            {
                yield return new OptionError(nameof(options.Columns), columns[i], $"each name once, unless {nameof(options.ExactColumns)} is set");
            }
        }

        if (options.Encoding is { } encoding)
        {
            if (TextEncodings.Find(encoding) is not { } found)
            {
                yield return new OptionError(nameof(options.Encoding), encoding, TextEncodings.Allowed);
            }
            else if (options.Format == FileFormat.Json && found is TextEncoding.Latin1 or TextEncoding.Windows1252)
            {
                yield return new OptionError(nameof(options.Encoding), encoding, "utf-8, us-ascii or utf-16: JSON is Unicode");
            }
        }
    }
}
