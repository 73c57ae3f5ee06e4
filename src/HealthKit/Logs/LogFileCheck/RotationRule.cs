namespace HealthKit;

/// <summary>Whether logs are rotated as the options say they are.</summary>
internal static class RotationRule
{
    /// <summary>The first log that should have been rotated by now, in words; null when there is none.</summary>
    public static string? FindOverdue(LogFileSet set, LogFileOptions options, DateTimeOffset now)
    {
        foreach (var file in set.Files)
        {
            // Wildcards stand for those that were rotated, too: they are what they should be.
            if ((options.RotatedAtBytes is null && options.RotatedEvery is null) || set.IsRotated(file))
            {
                continue;
            }

            // A log that was cut by a hole keeps its length.
            var bytes = Math.Min(file.Status.Length, file.Status.AllocatedBytes);
            if (bytes > options.RotatedAtBytes)
            {
                return $"{ForeignText.Clean(file.Path)} should have been rotated at {GaugeAmount.Bytes(options.RotatedAtBytes.Value):L}";
            }

            if (options.RotatedEvery is { } every && bytes > 0 && LastRotation(file, every, now) is { } last && now - last > every
                && IsMeantToBeRotated(file, last, every))
            {
                return $"{ForeignText.Clean(file.Path)} was not rotated for {GaugeAmount.Time(now - last)} (allowed: {GaugeAmount.Time(every)})";
            }
        }

        return null;
    }

    /// <summary>
    /// Wildcards stand, too, for files of days past, which have their dates in their names: what counts there is whether one was written for
    /// longer than it may be.
    /// </summary>
    private static bool IsMeantToBeRotated(WatchedLog file, DateTimeOffset last, TimeSpan every) =>
        !file.IsFromWildcard || file.Status.ModifiedAt - last > every;

    /// <summary>When the file was last seen to begin anew; null when that cannot be told.</summary>
    private static DateTimeOffset? LastRotation(WatchedLog file, TimeSpan every, DateTimeOffset now)
    {
        var last = Later(file.RotatedAt, file.Status.BornAt);
        if (last is null || now - last <= every || !IsMeantToBeRotated(file, last.Value, every))
        {
            return last;
        }

        // With copytruncate the file stays the same. Its newest copy was made when it was cut.
        try
        {
            var name = Path.GetFileName(file.Path);
            foreach (var path in Directory.EnumerateFiles(Path.GetDirectoryName(file.Path)!, name + "*"))
            {
                if (IsRotatedName(name, Path.GetFileName(path.AsSpan())) && FileStatus.Read(path, followLink: false, out var status) == 0 && status.Length > 0)
                {
                    last = Later(last, Later(status.BornAt, status.ModifiedAt));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // its neighbours cannot be seen
        }

        // So that neighbours are asked again only when this, too, is too long ago.
        file.RotatedAt = Later(file.RotatedAt, last);
        return last;
    }

    /// <summary>A number or a date behind the name, perhaps an archive's ending: <c>.1</c>, <c>.2.gz</c>, <c>-20261122</c>; not <c>.lock</c> or <c>.pos</c>.</summary>
    internal static bool IsRotatedName(string name, ReadOnlySpan<char> other) =>
        other.Length > name.Length + 1 && other[name.Length] is '.' or '-' or '_' && char.IsAsciiDigit(other[name.Length + 1]);

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;
}
