using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit.IntegrationTests;

/// <summary>A check that ends on the thread that runs it, as an app registers it.</summary>
internal sealed partial class SynchronousCheck : IDisposable
{
    private const uint Nobody = 65534;

    private readonly ServiceProvider _services;
    private readonly HealthCheckContext _context;
    private readonly IHealthCheck _check;

    /// <param name="add">Adds the one check.</param>
    /// <param name="time">The clock, when it is not the system's.</param>
    public SynchronousCheck(Action<IHealthChecksBuilder> add, TimeProvider? time = null)
    {
        var services = new ServiceCollection().AddLogging();
        if (time is not null)
        {
            services.AddSingleton(time);
        }

        add(services.AddHealthChecks());
        _services = services.BuildServiceProvider();
        var registration = _services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations.Single();
        _check = registration.Factory(_services);
        _context = new HealthCheckContext { Registration = registration };
    }

    public HealthCheckResult Run()
    {
        var result = _check.CheckHealthAsync(_context);
        Assert.True(result.IsCompletedSuccessfully);
        return result.Result;
    }

    /// <summary>Runs it without root's right to read and enter any directory, which setfsuid(2) takes from this thread alone (capabilities(7)).</summary>
    public HealthCheckResult RunAsNobody()
    {
        _ = SetFileSystemUser(Nobody);
        try
        {
            return Run();
        }
        finally
        {
            _ = SetFileSystemUser(0);
        }
    }

    public void Dispose() => _services.Dispose();

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileSystemUser(uint user);
}
