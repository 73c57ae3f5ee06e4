using HealthKit.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Monitoring;

public class OlderHostTests
{
    [Fact]
    public async Task A_host_that_knows_no_lifecycle_services_starts_the_monitor_too()
    {
        var state = Directory.CreateTempSubdirectory("hk-older").FullName;
#pragma warning disable ASPDEPR004, ASPDEPR008 // The host of old is what is tested.
        using (var host = new WebHostBuilder()
            .UseKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0))
            .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection([new("HealthKit:StateDirectory", state)]))
            .ConfigureServices(services => services.AddHealthKit(o => o.AddDefaultChecks = false)
                .AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy("fine"))))
            .Configure(_ => { })
            .Build())
#pragma warning restore ASPDEPR004, ASPDEPR008
        {
            await host.StartAsync();
            var monitor = host.Services.GetRequiredService<HealthMonitor>();
            await Wait.For(() => monitor.Current.Checks.All(check => check.Description == "fine"));
            await host.StopAsync();
        }

        Directory.Delete(state, recursive: true);
    }
}
