using System.Data.Common;
using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the PostgreSQL check.</summary>
public static class PostgreSqlCheckExtensions
{
    /// <summary>Adds a check that borrows a connection of the app's own data source at each run. Its type is <c>PostgreSql</c> in configuration.</summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="dataSource">The data source. The check does not dispose it.</param>
    /// <param name="configure">Sets the expected role, limits, facts.</param>
    /// <param name="name">The name; null means <c>postgres</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="dataSource"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddPostgreSqlCheck<TBuilder>(
        this TBuilder builder,
        DbDataSource dataSource,
        Action<PostgreSqlOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        return DatabaseRegistration.Add(builder, PostgreSqlCheck.Type, options => options.Source = dataSource, configure, name ?? "postgres", failureStatus, tags, timeout);
    }

    /// <summary>Adds a check that borrows a connection of the app's own data source at each run. Its type is <c>PostgreSql</c> in configuration.</summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="dataSource">Finds the data source among the app's services, once: <c>s => s.GetRequiredService&lt;NpgsqlDataSource&gt;()</c>.</param>
    /// <param name="configure">Sets the expected role, limits, facts.</param>
    /// <param name="name">The name; null means <c>postgres</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="dataSource"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddPostgreSqlCheck<TBuilder>(
        this TBuilder builder,
        Func<IServiceProvider, DbDataSource> dataSource,
        Action<PostgreSqlOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        return DatabaseRegistration.Add(builder, PostgreSqlCheck.Type, options => options.SourceOf = dataSource, configure, name ?? "postgres", failureStatus, tags, timeout);
    }

    /// <summary>
    /// Adds a check that opens a connection of its own, keeps it for five minutes, and then opens another, so that connecting and logging in stay tested. Its
    /// type is <c>PostgreSql</c> in configuration.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder, HealthKit's or Microsoft's.</param>
    /// <param name="connection">Makes a new closed connection, and does not block. Give it <c>Pooling=false</c>, or a pool stands between the check and the server.</param>
    /// <param name="configure">Sets the expected role, limits, facts.</param>
    /// <param name="name">The name; null means <c>postgres</c>.</param>
    /// <param name="failureStatus">What unhealthy and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags; null means <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default. Keep it above <see cref="DependencyOptions.Deadline"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="connection"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static TBuilder AddPostgreSqlCheck<TBuilder>(
        this TBuilder builder,
        Func<IServiceProvider, DbConnection> connection,
        Action<PostgreSqlOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(connection);
        return DatabaseRegistration.Add(builder, PostgreSqlCheck.Type, options => options.ConnectionOf = connection, configure, name ?? "postgres", failureStatus, tags, timeout);
    }
}
