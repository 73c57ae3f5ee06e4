using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.IntegrationTests.Child;

/// <summary>Runs the directory check once and prints its status and text.</summary>
internal static class DirectoryMode
{
    public static async Task<int> RunAsync(string path)
    {
        await using var services = new ServiceCollection().AddLogging().AddHealthChecks().AddDirectoryCheck(path).Services.BuildServiceProvider();
        var entry = (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries.Values.Single();
        Console.WriteLine($"{entry.Status} {entry.Description}");
        return 0;
    }
}
