using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the check of a server's certificate.</summary>
public static class TlsCertificateCheckExtensions
{
    /// <summary>
    /// Adds a check of the certificate that a server shows: its time, name and chain, or that it is a pinned one. Its type is <c>Tls</c> in
    /// configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="host">The host: a name or an IP address.</param>
    /// <param name="port">The port, 1 to 65535.</param>
    /// <param name="configure">Sets limits and pins.</param>
    /// <param name="name">The name; null means <c>tls_shop_example</c> for <c>shop.example</c>, with the port where it is not 443.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="host"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddTlsCertificateCheck<TBuilder>(
        this TBuilder builder,
        string host,
        int port = 443,
        Action<TlsCertificateOptions>? configure = null,
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
            TlsCertificateCheck.Type,
            name ?? HostRules.CheckName("tls", host, port == 443 ? null : port),
            options =>
            {
                options.Host = host;
                options.Port = port;
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }
}
