using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the TCP check.</summary>
public static class TcpCheckExtensions
{
    /// <summary>
    /// Adds a check that connects to a port and closes the connection again. Its type is <c>Tcp</c> in configuration. Not for MySQL and
    /// MariaDB: they count such connections and block the host in the end; <c>AddMySqlCheck</c> is for them.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="host">The host: a name or an IP address.</param>
    /// <param name="port">The port, 1 to 65535.</param>
    /// <param name="configure">Sets the limits.</param>
    /// <param name="name">The name; null means <c>tcp_db_example_5432</c> for <c>db.example</c> and 5432.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="host"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddTcpCheck<TBuilder>(
        this TBuilder builder,
        string host,
        int port,
        Action<TcpOptions>? configure = null,
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
            TcpCheck.Type,
            name ?? HostRules.CheckName("tcp", host, port),
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
