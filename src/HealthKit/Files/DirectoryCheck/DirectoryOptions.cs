namespace HealthKit;

/// <summary>
/// What the directory check watches, and its limits. A limit that is null is not set. A limit set alone brings its other tier with it:
/// unhealthy is twice degraded.
/// </summary>
public sealed class DirectoryOptions
{
    /// <summary>The directory. Absolute; it may be a symbolic link to one.</summary>
    public string? Path { get; set; }

    /// <summary>
    /// Which files count, by their names without directories: <c>*</c> is any text, <c>?</c> one character, and case counts. Null means all.
    /// With a pattern, the size is that of the files that match.
    /// </summary>
    public string? Pattern { get; set; }

    /// <summary>Whether the directories below count, too.</summary>
    public bool Recursive { get; set; } = true;

    /// <summary>Whether the walk goes on where another file system, or a part of the same one, is mounted below.</summary>
    public bool CrossFileSystems { get; set; }

    /// <summary>Degraded when more files are there. Allowed: 0 or more. Default: none.</summary>
    public long? DegradedAboveFilesCount { get; set; }

    /// <summary>Unhealthy when more files are there. Allowed: 0 or more. Default: none.</summary>
    public long? UnhealthyAboveFilesCount { get; set; }

    /// <summary>Degraded when they occupy more than this, in bytes, as du(1) counts. Allowed: 0 or more bytes. Default: none.</summary>
    public long? DegradedAboveBytes { get; set; }

    /// <summary>Unhealthy when they occupy more than this, in bytes, as du(1) counts. Allowed: 0 or more bytes. Default: none.</summary>
    public long? UnhealthyAboveBytes { get; set; }

    /// <summary>Degraded when a file is there that was last written longer ago: a queue that nobody empties. Allowed: above 0. Default: none.</summary>
    public TimeSpan? DegradedAboveOldestAge { get; set; }

    /// <summary>Unhealthy when a file is there that was last written longer ago. Allowed: above 0. Default: none.</summary>
    public TimeSpan? UnhealthyAboveOldestAge { get; set; }

    /// <summary>
    /// Degraded when no file was written for longer: a backup that was not made. At least one file must be there then. Allowed: above 0. Default: none.
    /// </summary>
    public TimeSpan? DegradedAboveNewestAge { get; set; }

    /// <summary>Unhealthy when no file was written for longer. At least one file must be there then. Allowed: above 0. Default: none.</summary>
    public TimeSpan? UnhealthyAboveNewestAge { get; set; }

    /// <summary>Unhealthy when fewer files are there. Allowed: 0 or more. Default: 0.</summary>
    public long MinimumFilesCount { get; set; }

    /// <summary>Whether this process must be able to make and remove files in it. It is asked of the system (access(2)); nothing is written.</summary>
    public bool MustBeWritable { get; set; } = true;

    /// <summary>Whether everybody may write to it without the sticky bit that /tmp has.</summary>
    public bool AllowWorldWritable { get; set; }

    /// <summary>
    /// When a walk ends at the latest. What it found then are lower bounds. Keep it below the check's timeout. Allowed: 100 ms to 1 h. Default: 00:00:02.
    /// </summary>
    public TimeSpan MaxWalkTime { get; set; } = TimeSpan.FromSeconds(2);
}
