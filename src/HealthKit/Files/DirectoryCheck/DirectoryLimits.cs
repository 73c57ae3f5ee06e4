namespace HealthKit;

/// <summary>What options mean, worked out once for each options object.</summary>
internal sealed class DirectoryLimits
{
    private static readonly TimeSpan ShortestWalk = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWalk = TimeSpan.FromHours(1);

    private static readonly Gauge FilesGauge = new(
        "files",
        GaugeUnit.Count,
        GaugeDirection.HighIsBad,
        nameof(DirectoryOptions.DegradedAboveFilesCount),
        nameof(DirectoryOptions.UnhealthyAboveFilesCount));

    private static readonly Gauge BytesGauge = new(
        "size",
        GaugeUnit.Bytes,
        GaugeDirection.HighIsBad,
        nameof(DirectoryOptions.DegradedAboveBytes),
        nameof(DirectoryOptions.UnhealthyAboveBytes));

    private static readonly Gauge OldestGauge = new(
        "oldest file",
        GaugeUnit.Seconds,
        GaugeDirection.HighIsBad,
        nameof(DirectoryOptions.DegradedAboveOldestAge),
        nameof(DirectoryOptions.UnhealthyAboveOldestAge));

    private static readonly Gauge NewestGauge = new(
        "newest file",
        GaugeUnit.Seconds,
        GaugeDirection.HighIsBad,
        nameof(DirectoryOptions.DegradedAboveNewestAge),
        nameof(DirectoryOptions.UnhealthyAboveNewestAge));

    public DirectoryLimits(DirectoryOptions options)
    {
        Options = options;
        Path = options.Path!;
        Utf8Path = FileStatus.ToUtf8(Path);
        Rules = new WalkRules(
            options.Recursive, options.CrossFileSystems, options.Pattern is { } pattern ? new NamePattern(pattern) : null, options.MaxWalkTime);
        Files = new DirectoryLimit(FilesGauge, options.DegradedAboveFilesCount, options.UnhealthyAboveFilesCount);
        Bytes = new DirectoryLimit(BytesGauge, options.DegradedAboveBytes, options.UnhealthyAboveBytes);
        OldestAge = new DirectoryLimit(OldestGauge, options.DegradedAboveOldestAge?.TotalSeconds, options.UnhealthyAboveOldestAge?.TotalSeconds);
        NewestAge = new DirectoryLimit(NewestGauge, options.DegradedAboveNewestAge?.TotalSeconds, options.UnhealthyAboveNewestAge?.TotalSeconds);
    }

    public DirectoryOptions Options { get; }

    public string Path { get; }

    public byte[] Utf8Path { get; }

    public WalkRules Rules { get; }

    public DirectoryLimit Files { get; }

    public DirectoryLimit Bytes { get; }

    public DirectoryLimit OldestAge { get; }

    public DirectoryLimit NewestAge { get; }

    public static IEnumerable<OptionError> Validate(DirectoryOptions options)
    {
        if (PathRules.IsUsable(options.Path) && FilePattern.IsWild(options.Path!) && !System.IO.Path.Exists(options.Path))
        {
            yield return new OptionError(nameof(options.Path), options.Path, "the path of one directory, without * and ?: names in it are chosen by Pattern");
        }

        if (!PathRules.IsUsable(options.Path))
        {
            yield return new OptionError(nameof(options.Path), options.Path, PathRules.Allowed);
        }

        if (options.Pattern is not null && !NamePattern.IsUsable(options.Pattern))
        {
            yield return new OptionError(nameof(options.Pattern), options.Pattern, NamePattern.Allowed);
        }

        foreach (var error in FilesGauge.Validate(options.DegradedAboveFilesCount, options.UnhealthyAboveFilesCount)
            .Concat(BytesGauge.Validate(options.DegradedAboveBytes, options.UnhealthyAboveBytes))
            .Concat(OldestGauge.Validate(options.DegradedAboveOldestAge, options.UnhealthyAboveOldestAge))
            .Concat(NewestGauge.Validate(options.DegradedAboveNewestAge, options.UnhealthyAboveNewestAge)))
        {
            yield return error;
        }

        if (options.MinimumFilesCount < 0)
        {
            yield return new OptionError(nameof(options.MinimumFilesCount), options.MinimumFilesCount, "a whole number of 0 or more (count)");
        }

        if (options.MaxWalkTime < ShortestWalk || options.MaxWalkTime > LongestWalk)
        {
            yield return new OptionError(nameof(options.MaxWalkTime), options.MaxWalkTime, "a time span from 00:00:00.1000000 to 01:00:00");
        }
    }
}

/// <summary>A gauge and the limits that the options set for it.</summary>
internal sealed class DirectoryLimit(Gauge gauge, double? degraded, double? unhealthy)
{
    private readonly GaugeLimits _limits = gauge.Resolve(degraded, unhealthy);

    public bool IsSet { get; } = (degraded ?? unhealthy) is not null;

    /// <summary>How bad a value is, and the limit in words when one is passed.</summary>
    public GaugeLevel Judge(double value, out string? limit)
    {
        var level = gauge.Judge(value, _limits);
        limit = level == GaugeLevel.Ok ? null : gauge.ExplainLimit(level, _limits);
        return level;
    }
}
