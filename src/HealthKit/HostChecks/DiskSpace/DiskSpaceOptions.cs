namespace HealthKit;

/// <summary>
/// What the disk check watches, and its limits. A limit that is null is not set. With no limit of space set, the check is degraded below
/// 10 % or 20 GiB free and unhealthy below 5 % or 10 GiB, whichever is less. A limit set alone brings its other tier with it: degraded is
/// twice unhealthy. A limit of 0 is never passed.
/// </summary>
public sealed class DiskSpaceOptions
{
    /// <summary>The path whose file system is watched: a mount point, or any directory or file below one. Absolute.</summary>
    public string? Path { get; set; }

    /// <summary>More paths. Those on one file system are one item of the result.</summary>
    public IList<string>? Paths { get; set; }

    /// <summary>
    /// Degraded when less than this is free, in percent of what an unprivileged process can use. Allowed: 0 to 100 percent. Default: none, which means 10 % or 20 GiB,
    /// whichever is less.
    /// </summary>
    public double? DegradedBelowFreePercent { get; set; }

    /// <summary>
    /// Unhealthy when less than this is free, in percent of what an unprivileged process can use. Allowed: 0 to 100 percent. Default: none, which means 5 % or 10 GiB,
    /// whichever is less.
    /// </summary>
    public double? UnhealthyBelowFreePercent { get; set; }

    /// <summary>
    /// Degraded when less than this is free to an unprivileged process, in bytes. It acts beside the percentages: the worst counts. Allowed: 0 or more
    /// bytes. Default: none.
    /// </summary>
    public long? DegradedBelowFreeBytes { get; set; }

    /// <summary>
    /// Unhealthy when less than this is free to an unprivileged process, in bytes. It acts beside the percentages: the worst counts. Allowed: 0 or more
    /// bytes. Default: none.
    /// </summary>
    public long? UnhealthyBelowFreeBytes { get; set; }

    /// <summary>Degraded when fewer inodes are free, in percent of all. Allowed: 0 to 100 percent. Default: 10.</summary>
    public double? DegradedBelowFreeInodesPercent { get; set; }

    /// <summary>Unhealthy when fewer inodes are free, in percent of all. Allowed: 0 to 100 percent. Default: 5.</summary>
    public double? UnhealthyBelowFreeInodesPercent { get; set; }

    /// <summary>
    /// Whether the path may be read-only: true, always; false, never. Null judges by where it comes from: a read-only <em>mount</em> of a
    /// writable file system (a container with a read-only root, a bind mount) and a file system that can only be read (squashfs, ISO 9660)
    /// are deliberate; a writable <em>file system</em> that is read-only is not: so the kernel leaves it after errors (mount(8),
    /// <c>errors=remount-ro</c>).
    /// </summary>
    public bool? AllowReadOnly { get; set; }

    /// <summary>Degraded when, by its growth, the file system will soon be full.</summary>
    public bool DegradedWhenFilling { get; set; } = true;
}
