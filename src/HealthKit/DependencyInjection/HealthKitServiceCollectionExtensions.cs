using HealthKit;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds HealthKit to an app.</summary>
public static class HealthKitServiceCollectionExtensions
{
    /// <summary>
    /// Adds the monitor, the default host checks and the check types. It replaces Microsoft's <see cref="HealthCheckService"/>:
    /// every registered check, anyone's, runs in the background, and whatever asks that service reads the monitor's picture.
    /// The order of this call and of <c>AddHealthChecks()</c> does not matter, and calling it again only adds to its options.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">
    /// Changes the options; the configuration section <c>HealthKit</c> wins over it, and <c>PostConfigure</c> over both.
    /// </param>
    /// <returns>A builder for more checks.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static IHealthKitBuilder AddHealthKit(this IServiceCollection services, Action<HealthKitOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var builder = new HealthKitBuilder(services);
        if (configure is not null)
        {
            services.Configure(configure);
        }

        if (services.Any(service => service.ServiceType == typeof(DeclaredChecks)))
        {
            return builder;
        }

        services.AddOptions();
        services.AddLogging();
        services.AddHealthChecks();
        services.Replace(ServiceDescriptor.Singleton<HealthCheckService, SnapshotHealthCheckService>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Redactor>();
        services.TryAddSingleton<CheckInstances>();
        services.TryAddSingleton<GrowingFiles>();
        services.TryAddSingleton<DeletedFiles>();
        services.AddSingleton<ResultFreezer>();
        services.AddSingleton<HealthKitConfiguration>();
        services.AddSingleton<IOptionsFactory<HealthKitOptions>, HealthKitOptionsFactory>();
        services.AddSingleton<DeclaredSinks>();
        services.AddSingleton(new HealthKitSection(DeclaredSinks.SectionName));
        services.AddSingleton<DeclaredChecks>();
        services.AddSingleton<IValidateOptions<HealthCheckServiceOptions>>(s => s.GetRequiredService<DeclaredChecks>());
        services.AddSingleton<SelfReport>();
        services.AddSingleton(CreateStateDirectory);
        services.AddSingleton(CreateStartLog);
        services.AddSingleton(CreateMonitor);
        services.AddSingleton<HealthMonitor>(s => s.GetRequiredService<BackgroundMonitor>());
        IncidentServices.Add(services);
        services.AddHostedService<MonitorHostedService>();
        builder.AddCheckType(DiskSpaceCheck.Type).AddCheckType(MemoryCheck.Type).AddCheckType(SelfCheck.Type).AddCheckType(SinkCheck.Type);
        builder.AddCheckType(LogFileCheck.Type);
        builder.AddCheckType(DirectoryCheck.Type);
        builder.AddCheckType(FileCheck.Type);
        services.TryAddSingleton(FileMemory.Create);
        services.AddSingleton(ForecastMemory.Create);
        builder.AddSinkType(LogSink.Type).AddSinkType(WebhookSink.Type);
        services.AddSingleton(s => DefaultCheck.Of(
            "disk", DiskSpaceCheck.Type, o => o.Path = s.GetService<IHostEnvironment>()?.ContentRootPath ?? AppContext.BaseDirectory));
        services.AddSingleton(DefaultCheck.Of("temp_disk", DiskSpaceCheck.Type, o => o.Path = Path.GetTempPath()));
        services.AddSingleton(DefaultCheck.Of("memory", MemoryCheck.Type));
        services.AddSingleton(DefaultCheck.Of("healthkit", SelfCheck.Type, failureStatus: HealthStatus.Degraded));
        return builder;
    }

    private static StateDirectory CreateStateDirectory(IServiceProvider services) => new(
        services.GetRequiredService<HealthKitConfiguration>().OptionsAtStart().StateDirectory,
        services.GetService<IHostEnvironment>()?.ApplicationName ?? AppInfo.Name,
        Environment.GetEnvironmentVariable,
        StateAccount.Current(),
        new SafeLogger(services.GetRequiredService<ILoggerFactory>().CreateLogger<StateDirectory>()),
        services.GetRequiredService<TimeProvider>());

    private static StartLog CreateStartLog(IServiceProvider services) => new(
        services.GetRequiredService<StateDirectory>(),
        AppInfo.Version,
        services.GetRequiredService<TimeProvider>(),
        new SafeLogger(services.GetRequiredService<ILoggerFactory>().CreateLogger<StateDirectory>()));

    private static BackgroundMonitor CreateMonitor(IServiceProvider services)
    {
        // Reading the registrations resolves and validates them.
        _ = services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations;
        var declared = services.GetRequiredService<DeclaredChecks>();
        return new BackgroundMonitor(
            declared.Checks,
            services.GetRequiredService<HealthKitConfiguration>().OptionsAtStart().MaxConcurrentRuns,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<IServiceScopeFactory>(),
            services.GetServices<IHealthObserver>,
            services.GetRequiredService<ResultFreezer>(),
            services.GetRequiredService<ILoggerFactory>().CreateLogger<HealthMonitor>());
    }
}
