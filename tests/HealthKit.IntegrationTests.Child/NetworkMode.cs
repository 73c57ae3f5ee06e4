using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HealthKit.IntegrationTests.Child;

/// <summary>
/// Checks of dependencies that configuration declares. At each line it reads it runs all of them at once, prints name, status, reason and text of
/// each, tab-separated, and then how many threads it has and how many lookups are under way.
/// </summary>
internal static class NetworkMode
{
    public static async Task<int> RunAsync(IEnumerable<string> settings)
    {
        var state = Directory.CreateTempSubdirectory("hk-network-").FullName;
        try
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Configuration.AddInMemoryCollection(
            [
                new("HealthKit:StateDirectory", state),
                new("HealthKit:Defaults:Period", "23:00:00"),
                .. settings.Select(setting => setting.Split('=', 2)).Select(pair => KeyValuePair.Create<string, string?>($"HealthKit:Checks:{pair[0]}", pair[1])),
            ]);
            builder.AddHealthKit(options => options.AddDefaultChecks = false).AddDependencyChecks();
            using var host = builder.Build();
            await host.StartAsync();
            var monitor = host.Services.GetRequiredService<HealthMonitor>();
            var lookups = host.Services.GetRequiredService<Network>().Lookups;

            // The runs at the start end before the first that is asked for.
            await Task.WhenAll(monitor.Catalog.Select(check => monitor.RunAsync(check.Name)));
            Console.WriteLine("ready");
            while (Console.ReadLine() is not null)
            {
                var states = await Task.WhenAll(monitor.Catalog.Select(check => monitor.RunAsync(check.Name)));
                foreach (var one in states)
                {
                    Console.WriteLine($"{one.Name}\t{one.Status}\t{one.Reason}\t{one.Description}");
                }

                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"threads\t{Directory.GetDirectories("/proc/self/task").Length}\t{lookups.UnderWay}"));
            }

            await host.StopAsync();
            return 0;
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }
}
