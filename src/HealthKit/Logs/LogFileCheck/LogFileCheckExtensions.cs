using HealthKit;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the log check.</summary>
public static class LogFileCheckExtensions
{
    /// <summary>
    /// Adds a check of a log, or of all logs that a path with wildcards stands for: what they occupy, how fast they grow, when they will be at
    /// their limit or have filled the disk, whether they are rotated, and what is deleted and still held open. Its type is <c>LogFile</c> in
    /// configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="path">An absolute path; <c>*</c> and <c>?</c> stand for any characters of a name and for one.</param>
    /// <param name="configure">Sets limits, and more paths.</param>
    /// <param name="name">The name; null means <c>log_var_log_app_log</c> for <c>/var/log/app.log</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags such as <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="path"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddLogFileCheck<TBuilder>(
        this TBuilder builder,
        string path,
        Action<LogFileOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(path);
        builder.Services.TryAddSingleton<GrowingFiles>();
        builder.Services.TryAddSingleton<DeletedFiles>();
        return builder.AddCheck(
            LogFileCheck.Type,
            name ?? PathRules.CheckName("log", path),
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
