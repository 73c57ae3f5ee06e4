using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>Makes the parts of incidents services. Nothing is opened or started before <see cref="IncidentService.Begin"/>.</summary>
internal static class IncidentServices
{
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<SinkRegistration>(new SinkRegistration<LogSinkOptions>(LogSink.Type, "log", configure: null, policy: null));
        services.AddSingleton<MaintenanceFile>();
        services.AddSingleton(CreateSilences);
        services.AddSingleton(s => new JournalFlusher(TimeOf(s), LoggerOf<StateDirectory>(s)));
        services.AddSingleton(CreateDelivery);
        services.AddSingleton(s => new IncidentJournal(s.GetRequiredService<StateDirectory>(), TimeOf(s), IncidentLogger(s)));
        services.AddSingleton(s => new DowntimeLedger(s.GetRequiredService<StateDirectory>(), TimeOf(s), IncidentLogger(s)));
        services.AddSingleton(CreateEvidenceStore);
        services.AddSingleton(CreateService);
        services.AddSingleton<HealthIncidents>(s => s.GetRequiredService<IncidentService>());
        services.AddSingleton<IHealthObserver>(s => s.GetRequiredService<IncidentService>());
    }

    private static Silences CreateSilences(IServiceProvider services)
    {
        var declared = ResolvedChecks(services);
        return new Silences(
            () => declared.IncidentRules,
            services.GetRequiredService<StateDirectory>(),
            services.GetRequiredService<MaintenanceFile>(),
            services.GetRequiredService<JournalFlusher>(),
            services.GetRequiredService<ResultFreezer>(),
            TimeOf(services),
            IncidentLogger(services));
    }

    private static IncidentDelivery CreateDelivery(IServiceProvider services)
    {
        _ = ResolvedChecks(services);
        return new IncidentDelivery(
            services.GetRequiredService<DeclaredSinks>().Sinks,
            services,
            services.GetRequiredService<StateDirectory>(),
            services.GetRequiredService<JournalFlusher>(),
            TimeOf(services),
            services.GetRequiredService<ResultFreezer>(),
            IncidentLogger(services));
    }

    private static EvidenceStore CreateEvidenceStore(IServiceProvider services) => new(
        services.GetRequiredService<StateDirectory>(),
        services.GetServices<IIncidentEvidence>(),
        () => services.GetRequiredService<HealthMonitor>().Current,
        services.GetRequiredService<ResultFreezer>(),
        TimeOf(services),
        IncidentLogger(services));

    private static IncidentService CreateService(IServiceProvider services) => new(
        services.GetRequiredService<IncidentJournal>(),
        services.GetRequiredService<IncidentDelivery>(),
        services.GetRequiredService<JournalFlusher>(),
        services.GetRequiredService<DowntimeLedger>(),
        services.GetRequiredService<EvidenceStore>(),
        services.GetRequiredService<Silences>(),
        ResolvedChecks(services),
        services.GetRequiredService<BackgroundMonitor>(),
        services.GetRequiredService<SelfReport>(),
        TimeOf(services),
        services.GetService<IHostEnvironment>()?.ApplicationName ?? AppInfo.Name,
        IncidentLogger(services));

    /// <summary>Reading the registrations resolves and validates checks, dependencies and sinks.</summary>
    private static DeclaredChecks ResolvedChecks(IServiceProvider services)
    {
        _ = services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations;
        return services.GetRequiredService<DeclaredChecks>();
    }

    private static TimeProvider TimeOf(IServiceProvider services) => services.GetRequiredService<TimeProvider>();

    /// <summary>The category of the log sink too: who leaves out what incidents log leaves out all of it.</summary>
    private static SafeLogger IncidentLogger(IServiceProvider services) => new(services.GetRequiredService<ILoggerFactory>().CreateLogger(LogSink.Category));

    private static SafeLogger LoggerOf<T>(IServiceProvider services) => new(services.GetRequiredService<ILoggerFactory>().CreateLogger<T>());
}
