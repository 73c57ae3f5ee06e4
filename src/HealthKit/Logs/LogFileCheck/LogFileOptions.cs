namespace HealthKit;

/// <summary>
/// What the log check watches, and its limits. A limit that is null is not set. With no limit of size set, the check is degraded when the
/// files take more than 25 % of their file system and unhealthy above 50 %. A limit set alone brings its other tier with it.
/// </summary>
public sealed class LogFileOptions
{
    /// <summary>
    /// The log: an absolute path. <c>*</c> and <c>?</c> stand for any characters of a name and for one, in any part of the path, as in
    /// <c>/var/log/*/production*.log</c>; names that begin with a dot are only matched by a dot.
    /// </summary>
    public string? Path { get; set; }

    /// <summary>More paths. All files of the check are counted together.</summary>
    public IList<string>? Paths { get; set; }

    /// <summary>Degraded when the files occupy more than this, in bytes on disk. Allowed: 0 or more bytes. Default: none.</summary>
    public long? DegradedAboveBytes { get; set; }

    /// <summary>Unhealthy when the files occupy more than this, in bytes on disk. Allowed: 0 or more bytes. Default: none.</summary>
    public long? UnhealthyAboveBytes { get; set; }

    /// <summary>Degraded when the files occupy more than this share of their file system, in percent. Allowed: 0 to 100 percent. Default: 25.</summary>
    public double? DegradedAboveFileSystemPercent { get; set; }

    /// <summary>Unhealthy when the files occupy more than this share of their file system, in percent. Allowed: 0 to 100 percent. Default: 50.</summary>
    public double? UnhealthyAboveFileSystemPercent { get; set; }

    /// <summary>
    /// Degraded when the files grow faster than this, in bytes a second over the last hour or what there is of it. 10 MB an hour are 2778. Allowed: 0 or
    /// more bytes/second. Default: none.
    /// </summary>
    public double? DegradedAboveGrowthBytesPerSecond { get; set; }

    /// <summary>
    /// Unhealthy when the files grow faster than this, in bytes a second over the last hour or what there is of it. Allowed: 0 or more bytes/second.
    /// Default: none.
    /// </summary>
    public double? UnhealthyAboveGrowthBytesPerSecond { get; set; }

    /// <summary>Degraded when, by its growth, the log will soon be at its unhealthy limit or have filled its file system.</summary>
    public bool DegradedWhenFilling { get; set; } = true;

    /// <summary>Whether a path at which there is no file is fine: a log that is not written yet.</summary>
    public bool AllowMissing { get; set; }

    /// <summary>
    /// Whether the files must be writable: true, by this process; false, it does not matter. Null: they must be writable by somebody, so a
    /// file system that is read-only and a file made immutable (<c>chattr +i</c>) are found. Only on Linux.
    /// </summary>
    public bool? MustBeWritable { get; set; }

    /// <summary>
    /// The longest time between two rotations; degraded when a log that has content was not rotated for longer. A rotation is seen when the file is a new
    /// one or was cut, and by the times of its neighbours (<c>app.log.1</c>, <c>app.log-20261122</c>), which are not judged themselves. A file that
    /// wildcards stand for is overdue when it was written for longer. Allowed: above 0. Default: none.
    /// </summary>
    public TimeSpan? RotatedEvery { get; set; }

    /// <summary>
    /// The size at which rotation must have set in, in bytes; degraded when one file is larger that is not itself rotated. Allowed: 0 or more bytes.
    /// Default: none.
    /// </summary>
    public long? RotatedAtBytes { get; set; }

    /// <summary>
    /// Turns on an action: when the files themselves are above an unhealthy limit of size, or have filled the disk, the largest file is cut in place to its
    /// last bytes, this many, at a line boundary (see <see cref="LogTrimmer"/>). At most once a minute. Not with wildcards. Allowed: 0 or more bytes.
    /// Default: none, which means nothing is ever cut.
    /// </summary>
    public long? TrimToBytes { get; set; }

    /// <summary>Whether files are looked for that were deleted and are still held open, by this process and by others where it may look. Only on Linux.</summary>
    public bool WatchDeleted { get; set; } = true;
}
