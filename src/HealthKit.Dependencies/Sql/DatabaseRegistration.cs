using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What the Add…Check methods of all databases have in common.</summary>
internal static class DatabaseRegistration
{
    /// <summary>The services that checks of databases need.</summary>
    public static void AddTo(IServiceCollection services)
    {
        Network.AddTo(services);
        services.TryAddSingleton(new RegisteredDataSources(services));
    }

    /// <summary>Adds a check whose connection is set first, in code.</summary>
    public static TBuilder Add<TBuilder, TOptions>(
        TBuilder builder,
        CheckType<TOptions> type,
        Action<TOptions> connect,
        Action<TOptions>? configure,
        string name,
        HealthStatus? failureStatus,
        IEnumerable<string>? tags,
        TimeSpan? timeout)
        where TBuilder : IHealthChecksBuilder
        where TOptions : DatabaseOptions, new()
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddTo(builder.Services);
        return builder.AddCheck(
            type,
            name,
            options =>
            {
                connect(options);
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }
}
