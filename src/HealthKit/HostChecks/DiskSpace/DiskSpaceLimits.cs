namespace HealthKit;

/// <summary>What options mean, worked out once for each options object: the paths and the limits in force.</summary>
internal sealed class DiskSpaceLimits
{
    private static readonly Gauge Percent = new(
        "free space",
        GaugeUnit.Percent,
        GaugeDirection.LowIsBad,
        nameof(DiskSpaceOptions.DegradedBelowFreePercent),
        nameof(DiskSpaceOptions.UnhealthyBelowFreePercent),
        new GaugeLimits(10, 5));

    private static readonly Gauge Bytes = new(
        "free space",
        GaugeUnit.Bytes,
        GaugeDirection.LowIsBad,
        nameof(DiskSpaceOptions.DegradedBelowFreeBytes),
        nameof(DiskSpaceOptions.UnhealthyBelowFreeBytes),
        new GaugeLimits(20L << 30, 10L << 30));

    private static readonly Gauge Inodes = new(
        "free inodes",
        GaugeUnit.Percent,
        GaugeDirection.LowIsBad,
        nameof(DiskSpaceOptions.DegradedBelowFreeInodesPercent),
        nameof(DiskSpaceOptions.UnhealthyBelowFreeInodesPercent),
        new GaugeLimits(10, 5));

    // Where the two defaults meet: 5 % of 200 GiB are 10 GiB.
    private static readonly double BytesRuleAbove = Bytes.Defaults.Unhealthy / Percent.Defaults.Unhealthy * 100;

    private readonly bool _defaults;
    private readonly GaugeLimits _percent;
    private readonly GaugeLimits _bytes;
    private readonly GaugeLimits _inodes;

    public DiskSpaceLimits(DiskSpaceOptions options)
    {
        Options = options;
        List<WatchedPath> paths = [];
        foreach (var path in AllPaths(options))
        {
            if (!paths.Exists(known => known.Path == path))
            {
                paths.Add(new WatchedPath(path));
            }
        }

        Paths = [.. paths];
        var percentSet = (options.DegradedBelowFreePercent ?? options.UnhealthyBelowFreePercent) is not null;
        var bytesSet = (options.DegradedBelowFreeBytes ?? options.UnhealthyBelowFreeBytes) is not null;
        _defaults = !percentSet && !bytesSet;
        _percent = percentSet ? Percent.Resolve(options.DegradedBelowFreePercent, options.UnhealthyBelowFreePercent) : GaugeLimits.None;
        _bytes = bytesSet ? Bytes.Resolve(options.DegradedBelowFreeBytes, options.UnhealthyBelowFreeBytes) : GaugeLimits.None;
        _inodes = Inodes.Resolve(options.DegradedBelowFreeInodesPercent, options.UnhealthyBelowFreeInodesPercent);
    }

    public DiskSpaceOptions Options { get; }

    public WatchedPath[] Paths { get; }

    public static IEnumerable<OptionError> Validate(DiskSpaceOptions options)
    {
        if (options.Path is not null && !PathRules.IsUsable(options.Path))
        {
            yield return new OptionError(nameof(options.Path), options.Path, PathRules.Allowed);
        }

        foreach (var path in options.Paths ?? [])
        {
            if (!PathRules.IsUsable(path))
            {
                yield return new OptionError(nameof(options.Paths), path, PathRules.Allowed);
            }
        }

        if (!AllPaths(options).Any())
        {
            yield return new OptionError(nameof(options.Path), options.Path, $"{PathRules.Allowed}, or several as {nameof(options.Paths)}");
        }

        foreach (var error in Percent.Validate(options.DegradedBelowFreePercent, options.UnhealthyBelowFreePercent)
            .Concat(Bytes.Validate(options.DegradedBelowFreeBytes, options.UnhealthyBelowFreeBytes))
            .Concat(Inodes.Validate(options.DegradedBelowFreeInodesPercent, options.UnhealthyBelowFreeInodesPercent)))
        {
            yield return error;
        }
    }

    /// <summary>How bad the space is, and the limit in words when one is passed.</summary>
    public GaugeLevel JudgeSpace(in FileSystemStat stat, out string? limit)
    {
        // One rule at a time where nothing is set: the one that asks for less.
        var byBytes = _defaults && stat.CapacityBytes > BytesRuleAbove;
        var percentLimits = _defaults && !byBytes ? Percent.Defaults : _percent;
        var bytesLimits = byBytes ? Bytes.Defaults : _bytes;
        var percentLevel = Percent.Judge(stat.FreePercent, percentLimits);
        var bytesLevel = Bytes.Judge(stat.FreeBytes, bytesLimits);
        if (bytesLevel > percentLevel)
        {
            limit = Bytes.ExplainLimit(bytesLevel, bytesLimits);
            return bytesLevel;
        }

        limit = percentLevel == GaugeLevel.Ok ? null : Percent.ExplainLimit(percentLevel, percentLimits);
        return percentLevel;
    }

    /// <summary>How bad the lack of inodes is, and the limit in words when one is passed.</summary>
    public GaugeLevel JudgeInodes(in FileSystemStat stat, out string? limit)
    {
        var level = stat.Inodes == 0 ? GaugeLevel.Ok : Inodes.Judge(stat.FreeInodesPercent, _inodes);
        limit = level == GaugeLevel.Ok ? null : Inodes.ExplainLimit(level, _inodes);
        return level;
    }

    private static IEnumerable<string> AllPaths(DiskSpaceOptions options) =>
        options.Path is { } path ? (options.Paths ?? []).Prepend(path) : options.Paths ?? [];
}
