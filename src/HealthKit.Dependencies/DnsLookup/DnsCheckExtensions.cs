using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the DNS check.</summary>
public static class DnsCheckExtensions
{
    /// <summary>
    /// Adds a check that looks a name up as the app itself would, by the system's resolver, the hosts file included. Its type is <c>Dns</c> in
    /// configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="host">The name to look up.</param>
    /// <param name="configure">Sets what is expected.</param>
    /// <param name="name">The check's name; null means <c>dns_db_example</c> for <c>db.example</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="host"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddDnsCheck<TBuilder>(
        this TBuilder builder,
        string host,
        Action<DnsOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(host);
        Network.AddTo(builder.Services);
        return builder.AddCheck(
            DnsCheck.Type,
            name ?? HostRules.CheckName("dns", host),
            options =>
            {
                options.Host = host;
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }
}
