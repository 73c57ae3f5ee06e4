using HealthKit;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the file check.</summary>
public static class FileCheckExtensions
{
    /// <summary>
    /// Adds a check of one file against its contract: there, fresh, of the right size, changed, and with the content that its readers rely on.
    /// Its type is <c>File</c> in configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="path">An absolute path. Symbolic links are followed.</param>
    /// <param name="configure">Sets the contract; without it the file must be there, readable, not empty, and no HTML page.</param>
    /// <param name="name">The name; null means <c>file_data_rates_csv</c> for <c>/data/rates.csv</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags such as <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. A run reads at most 2 seconds of a large file, the next one goes on.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="path"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddFileCheck<TBuilder>(
        this TBuilder builder,
        string path,
        Action<FileCheckOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(path);
        builder.Services.TryAddSingleton(FileMemory.Create);
        return builder.AddCheck(
            FileCheck.Type,
            name ?? PathRules.CheckName("file", path),
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
