using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.HostChecks.Memory;

/// <summary>The memory check as configuration tunes and declares it, run by the monitor.</summary>
public class DeclaredMemoryTests
{
    [Fact]
    public async Task Configuration_tunes_the_check_that_code_added()
    {
        await using var host = await TestHost.Start(
            kit => kit.AddMemoryCheck(options => options.DegradedBelowFreePercent = 1, tags: ["ready"]),
            ("Checks:memory:UnhealthyBelowFreePercent", "99.99"),
            ("Checks:memory:DegradedBelowFreePercent", "100"));

        var state = await host.Monitor.RunAsync("memory");

        Assert.Equal(HealthStatus.Unhealthy, state.Status);
        Assert.Equal("memory.low", state.Reason);
        Assert.StartsWith("memory low (unhealthy below 99.99 %): ", state.Description, StringComparison.Ordinal);
        var readings = state.Readings.ToDictionary(reading => reading.Name);
        Assert.Equal("bytes", readings["freeBytes"].Unit);
        Assert.Equal("percent", readings["freePercent"].Unit);
        Assert.Equal("bytes", readings["ownRssBytes"].Unit);
        Assert.Contains("free -m", state.Descriptor!.WhereToLook, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_declared_by_its_type_alone()
    {
        await using var host = await TestHost.Start(
            _ => { },
            ("Checks:ram:Type", "memory"),
            ("Checks:ram:UnhealthyBelowFreeBytes", "1048576"),
            ("Checks:ram:ExpectedSwapBytes", "9007199254740992"));

        var state = await host.Monitor.RunAsync("ram");

        Assert.Equal(HealthStatus.Degraded, state.Status);
        Assert.Equal("memory.swap.missing", state.Reason);
    }

    [Fact]
    public async Task A_limit_out_of_range_stops_the_start()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            kit => kit.AddMemoryCheck(),
            ("Checks:memory:UnhealthyBelowFreePercent", "101")));

        Assert.Contains(
            "HealthKit:Checks:memory:UnhealthyBelowFreePercent = 101; allowed: a number from 0 to 100 (percent)", error.Message, StringComparison.Ordinal);
    }
}
