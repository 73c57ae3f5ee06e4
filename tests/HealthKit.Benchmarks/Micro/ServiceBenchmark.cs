using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// <see cref="HealthCheckService.CheckHealthAsync(CancellationToken)"/> with the same 20 checks: Microsoft's runs them, HealthKit's reads
/// what its monitor ran.
/// </summary>
public class ServiceBenchmark : IDisposable
{
    private readonly ServiceProvider _microsoft;
    private readonly ServiceProvider _healthKit;
    private readonly HealthCheckService _microsoftService;
    private readonly HealthCheckService _healthKitService;
    private readonly HealthMonitor _monitor;

    public ServiceBenchmark()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        new TwentyChecks().AddTo(services.AddHealthChecks());
        _microsoft = services.BuildServiceProvider();
        _microsoftService = _microsoft.GetRequiredService<HealthCheckService>();

        services = new ServiceCollection();
        services.AddLogging();
        new TwentyChecks().AddTo(services.AddHealthKit(options => options.AddDefaultChecks = false));
        _healthKit = services.BuildServiceProvider();
        _healthKitService = _healthKit.GetRequiredService<HealthCheckService>();
        _monitor = _healthKit.GetRequiredService<HealthMonitor>();

        // Waits for the first results.
        foreach (var report in new[] { HealthKitService(), MicrosoftService() })
        {
            if (report.Entries.Count != TwentyChecks.Count || report.Entries.Values.Any(entry => entry.Description is null))
            {
                throw new InvalidOperationException("Not every check has a result.");
            }
        }
    }

    [Benchmark(Baseline = true)]
    public HealthReport MicrosoftService() => _microsoftService.CheckHealthAsync().GetAwaiter().GetResult();

    [Benchmark]
    public HealthReport HealthKitService() => _healthKitService.CheckHealthAsync().GetAwaiter().GetResult();

    [Benchmark]
    public HealthSnapshot Current() => _monitor.Current;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _healthKit.Dispose();
            _microsoft.Dispose();
        }
    }
}
