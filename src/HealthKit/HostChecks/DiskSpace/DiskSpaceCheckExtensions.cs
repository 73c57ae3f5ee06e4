using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the disk check.</summary>
public static class DiskSpaceCheckExtensions
{
    /// <summary>
    /// Adds a check of the file system under a path: bytes and inodes free, read-only, missing, and when it will be full. Its type is
    /// <c>DiskSpace</c> in configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="path">An absolute path: a mount point, or any directory or file below one.</param>
    /// <param name="configure">Sets limits, and more paths.</param>
    /// <param name="name">The name; null means <c>disk</c> for <c>/</c>, <c>disk_var_log_app</c> for <c>/var/log/app</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags such as <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. It matters on network file systems, which can hang.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="path"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddDiskSpaceCheck<TBuilder>(
        this TBuilder builder,
        string path,
        Action<DiskSpaceOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(path);
        return builder.AddCheck(
            DiskSpaceCheck.Type,
            name ?? PathRules.CheckName("disk", path),
            options =>
            {
                options.Path = path;
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }

    /// <summary>Adds one check of the file systems under several paths; paths on one file system are one item.</summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="paths">Absolute paths.</param>
    /// <param name="configure">Sets limits.</param>
    /// <param name="name">The name; null means <c>disks</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags such as <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="paths"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddDiskSpaceCheck<TBuilder>(
        this TBuilder builder,
        IEnumerable<string> paths,
        Action<DiskSpaceOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(paths);
        string[] all = [.. paths];
        return builder.AddCheck(
            DiskSpaceCheck.Type,
            name ?? "disks",
            options =>
            {
                options.Paths = [.. all];
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }
}
