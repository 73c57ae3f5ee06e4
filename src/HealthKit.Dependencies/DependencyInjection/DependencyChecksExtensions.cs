using HealthKit;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes the checks of dependencies known to the configuration.</summary>
public static class DependencyChecksExtensions
{
    /// <summary>
    /// Registers the check types of this package, so that configuration alone can declare checks of them: <c>Tcp</c>, <c>Dns</c>, <c>Tls</c>,
    /// <c>Http</c>, <c>Inventory</c>, <c>Redis</c>, <c>Sql</c>, <c>PostgreSql</c>, <c>MySql</c>, <c>Queue</c>. Checks added in code do not need it.
    /// Calling it again changes nothing.
    /// </summary>
    /// <param name="builder">What <c>AddHealthKit()</c> returned.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <returns>The same builder.</returns>
    public static IHealthKitBuilder AddDependencyChecks(this IHealthKitBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Services.Any(service => service.ServiceType == typeof(DependencyTypes)))
        {
            return builder;
        }

        builder.Services.AddSingleton<DependencyTypes>();
        Network.AddTo(builder.Services);
        QueueSourceKinds.AddTo(builder.Services);
        builder.AddCheckType(TcpCheck.Type);
        builder.AddCheckType(DnsCheck.Type);
        builder.AddCheckType(TlsCertificateCheck.Type);
        builder.AddCheckType(HttpCheck.Type);
        builder.AddCheckType(RedisCheck.Type);
        builder.AddCheckType(InventoryCheck.Type);
        builder.AddCheckType(QueueCheck.Type);
        DatabaseRegistration.AddTo(builder.Services);
        builder.AddCheckType(SqlCheck.Type);
        builder.AddCheckType(PostgreSqlCheck.Type);
        builder.AddCheckType(MySqlCheck.Type);
        return builder;
    }

    /// <summary>Marks that the types are registered.</summary>
    private sealed class DependencyTypes;
}
