using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the directory check.</summary>
public static class DirectoryCheckExtensions
{
    /// <summary>
    /// Adds a check of a directory: how many files are in it, what they occupy, how old the oldest and the newest are, whether this process can
    /// write there and not everybody. Its type is <c>Directory</c> in configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="path">The directory's absolute path.</param>
    /// <param name="configure">Sets limits.</param>
    /// <param name="name">The name; null means <c>directory_var_spool_app</c> for <c>/var/spool/app</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags such as <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DirectoryOptions.MaxWalkTime"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="path"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddDirectoryCheck<TBuilder>(
        this TBuilder builder,
        string path,
        Action<DirectoryOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(path);
        return builder.AddCheck(
            DirectoryCheck.Type,
            name ?? PathRules.CheckName("directory", path),
            options =>
            {
                options.Path = path;
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }
}
