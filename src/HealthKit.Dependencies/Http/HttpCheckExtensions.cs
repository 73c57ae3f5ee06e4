using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the HTTP check.</summary>
public static class HttpCheckExtensions
{
    /// <summary>
    /// Adds a check that asks an HTTP server: how far it got, what the answer means (throttled, unavailable, their fault, a gateway's upstream,
    /// wrong content, …) and who gave it. Its type is <c>Http</c> in configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="url">An absolute http or https address without user information.</param>
    /// <param name="configure">Sets what is sent and what is expected.</param>
    /// <param name="name">The name; null means <c>http_api_example_health</c> for <c>https://api.example/health</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="url"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddHttpCheck<TBuilder>(
        this TBuilder builder,
        Uri url,
        Action<HttpCheckOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(url);
        Network.AddTo(builder.Services);
        return builder.AddCheck(
            HttpCheck.Type,
            name ?? HttpTarget.CheckName(url),
            options =>
            {
                options.Url = url;
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }

    /// <inheritdoc cref="AddHttpCheck{TBuilder}(TBuilder, Uri, Action{HttpCheckOptions}?, string?, HealthStatus?, IEnumerable{string}?, TimeSpan?)"/>
    /// <exception cref="ArgumentException"><paramref name="url"/> is no absolute http or https address without user information.</exception>
    public static TBuilder AddHttpCheck<TBuilder>(
        this TBuilder builder,
        string url,
        Action<HttpCheckOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(url);
        return builder.AddHttpCheck(HttpRequestRules.ParseUrl(url, nameof(url)), configure, name, failureStatus, tags, timeout);
    }
}
