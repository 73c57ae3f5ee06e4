namespace HealthKit;

/// <summary>What options mean, worked out once for each options object: the paths and the limits in force.</summary>
internal sealed class LogFileLimits
{
    private static readonly Gauge Bytes = new(
        "log size",
        GaugeUnit.Bytes,
        GaugeDirection.HighIsBad,
        nameof(LogFileOptions.DegradedAboveBytes),
        nameof(LogFileOptions.UnhealthyAboveBytes));

    private static readonly Gauge Share = new(
        "share of the file system",
        GaugeUnit.Percent,
        GaugeDirection.HighIsBad,
        nameof(LogFileOptions.DegradedAboveFileSystemPercent),
        nameof(LogFileOptions.UnhealthyAboveFileSystemPercent),
        new GaugeLimits(25, 50));

    private static readonly Gauge Growth = new(
        "growth",
        GaugeUnit.BytesPerSecond,
        GaugeDirection.HighIsBad,
        nameof(LogFileOptions.DegradedAboveGrowthBytesPerSecond),
        nameof(LogFileOptions.UnhealthyAboveGrowthBytesPerSecond));

    private readonly GaugeLimits _growth;
    private readonly GaugeLimits _bytes;
    private readonly GaugeLimits _share;

    public LogFileLimits(LogFileOptions options, TimeProvider time)
    {
        Options = options;
        Patterns = [.. AllPaths(options).Distinct().Select(path => new FilePattern(path, time))];
        var bytesSet = (options.DegradedAboveBytes ?? options.UnhealthyAboveBytes) is not null;
        var shareSet = (options.DegradedAboveFileSystemPercent ?? options.UnhealthyAboveFileSystemPercent) is not null;
        _growth = Growth.Resolve(options.DegradedAboveGrowthBytesPerSecond, options.UnhealthyAboveGrowthBytesPerSecond);
        _bytes = Bytes.Resolve(options.DegradedAboveBytes, options.UnhealthyAboveBytes);
        _share = bytesSet && !shareSet
            ? GaugeLimits.None
            : Share.Resolve(options.DegradedAboveFileSystemPercent, options.UnhealthyAboveFileSystemPercent);
    }

    public LogFileOptions Options { get; }

    public FilePattern[] Patterns { get; }

    public static IEnumerable<OptionError> Validate(LogFileOptions options)
    {
        const string Allowed = "an absolute path such as /var/log/app.log, in which * and ? may stand for any characters and for one";
        if (options.Path is not null && !PathRules.IsUsable(options.Path))
        {
            yield return new OptionError(nameof(options.Path), options.Path, Allowed);
        }

        foreach (var path in options.Paths ?? [])
        {
            if (!PathRules.IsUsable(path))
            {
                yield return new OptionError(nameof(options.Paths), path, Allowed);
            }
        }

        if (!AllPaths(options).Any())
        {
            yield return new OptionError(nameof(options.Path), options.Path, $"{Allowed}, or several as {nameof(options.Paths)}");
        }

        if (AllPaths(options).FirstOrDefault(path => path is not null && path.Contains("**", StringComparison.Ordinal)) is { } deep)
        {
            yield return new OptionError(
                options.Path == deep ? nameof(options.Path) : nameof(options.Paths), deep, "one * a name: it does not go down into directories");
        }

        foreach (var error in Bytes.Validate(options.DegradedAboveBytes, options.UnhealthyAboveBytes)
            .Concat(Share.Validate(options.DegradedAboveFileSystemPercent, options.UnhealthyAboveFileSystemPercent))
            .Concat(Growth.Validate(options.DegradedAboveGrowthBytesPerSecond, options.UnhealthyAboveGrowthBytesPerSecond)))
        {
            yield return error;
        }

        if (options.RotatedEvery is { } every && every <= TimeSpan.Zero)
        {
            yield return new OptionError(nameof(options.RotatedEvery), every, "a time above zero, as 1.02:00:00 for 26 hours");
        }

        if (options.RotatedAtBytes < 0)
        {
            yield return new OptionError(nameof(options.RotatedAtBytes), options.RotatedAtBytes, "a whole number of 0 or more (bytes)");
        }

        if (options.TrimToBytes < 0)
        {
            yield return new OptionError(nameof(options.TrimToBytes), options.TrimToBytes, "a whole number of 0 or more (bytes)");
        }
        else if (options.TrimToBytes is { } kept)
        {
            if (AllPaths(options).FirstOrDefault(path => path is not null && FilePattern.IsWild(path)) is { } wild)
            {
                yield return new OptionError(
                    nameof(options.TrimToBytes), kept, $"nothing beside the wildcards of {wild}: only a file that is listed by its own path is cut");
            }

            if (options.UnhealthyAboveBytes is { } limit && kept > limit)
            {
                yield return new OptionError(
                    nameof(options.TrimToBytes),
                    kept,
                    $"a whole number from 0 to {nameof(options.UnhealthyAboveBytes)} ({GaugeAmount.Bytes(limit):L}) (bytes)");
            }
        }
    }

    /// <summary>How bad the size is, and the limit in words when one is passed.</summary>
    /// <param name="bytes">What the files occupy.</param>
    /// <param name="sharePercent">Their share of the file system; null when that is not known.</param>
    /// <param name="limit">The limit in words.</param>
    public GaugeLevel JudgeSize(long bytes, double? sharePercent, out string? limit)
    {
        var byBytes = Bytes.Judge(bytes, _bytes);
        var byShare = sharePercent is { } share ? Share.Judge(share, _share) : GaugeLevel.Ok;
        limit = byBytes == GaugeLevel.Ok && byShare == GaugeLevel.Ok ? null
            : byShare > byBytes ? $"{Share.ExplainLimit(byShare, _share)} of the file system"
            : Bytes.ExplainLimit(byBytes, _bytes);
        return byShare > byBytes ? byShare : byBytes;
    }

    /// <summary>How bad the growth is, and the limit in words when one is passed.</summary>
    public GaugeLevel JudgeGrowth(double bytesPerSecond, out string? limit)
    {
        var level = Growth.Judge(bytesPerSecond, _growth);
        limit = level == GaugeLevel.Ok ? null : Growth.ExplainLimit(level, _growth);
        return level;
    }

    /// <summary>The size at which the check turns unhealthy; infinite when nothing sets one.</summary>
    public double UnhealthyAt(double? capacityBytes)
    {
        var bytes = double.IsNaN(_bytes.Unhealthy) ? double.PositiveInfinity : _bytes.Unhealthy;
        var share = double.IsNaN(_share.Unhealthy) || capacityBytes is null ? double.PositiveInfinity : capacityBytes.Value * _share.Unhealthy / 100;
        return Math.Min(bytes, share);
    }

    private static IEnumerable<string> AllPaths(LogFileOptions options) =>
        options.Path is { } path ? (options.Paths ?? []).Prepend(path) : options.Paths ?? [];
}
