using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.HostChecks.DiskSpace;

/// <summary>The disk check as configuration alone declares it, run by the monitor.</summary>
public class DeclaredDiskSpaceTests
{
    [Fact]
    public async Task A_limit_that_no_disk_can_keep_turns_it_unhealthy_and_the_numbers_are_readings()
    {
        using var host = Build(("Path", "/"), ("UnhealthyBelowFreePercent", "99.9"), ("Tags:0", "ready"));
        await host.StartAsync();

        var state = await host.Services.GetRequiredService<HealthMonitor>().RunAsync("tiny");
        await host.StopAsync();

        Assert.Equal(HealthStatus.Unhealthy, state.Status);
        Assert.Equal("disk.space.low", state.Reason);
        Assert.Equal(["ready"], state.Tags);
        Assert.StartsWith("disk space low (unhealthy below 99.9 %): ", state.Description, StringComparison.Ordinal);
        var readings = state.Readings.ToDictionary(reading => reading.Name);
        Assert.Equal("bytes", readings["freeBytes"].Unit);
        Assert.Equal("percent", readings["freePercent"].Unit);
        Assert.Contains("lsof +L1", state.Descriptor!.WhereToLook, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_out_of_range_stops_the_start()
    {
        using var host = Build(("Path", "/"), ("UnhealthyBelowFreePercent", "101"));

        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains(
            "HealthKit:Checks:tiny:UnhealthyBelowFreePercent = 101; allowed: a number from 0 to 100 (percent)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_readings_of_every_file_system_name_it()
    {
        using var host = Build(("Paths:0", "/"), ("Paths:1", "/dev/shm"), ("Paths:2", "/no/such/path"));
        await host.StartAsync();

        var state = await host.Services.GetRequiredService<HealthMonitor>().RunAsync("tiny");
        await host.StopAsync();

        Assert.Equal("disk.path.missing", state.Reason);
        Assert.Contains(state.Readings, reading => reading is { Item: "/", Name: "freeBytes" });
        Assert.Contains(state.Readings, reading => reading is { Item: "/dev/shm", Name: "freePercent" });
        Assert.DoesNotContain(state.Readings, reading => reading.Item == "/no/such/path");
        Assert.All(state.Readings, reading => Assert.True(double.IsFinite(reading.Value)));
    }

    private static IHost Build(params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(
            settings.Append(("Type", "DiskSpace")).Select(s => KeyValuePair.Create("HealthKit:Checks:tiny:" + s.Item1, (string?)s.Item2)));
        var healthKit = builder.Services.AddHealthKit();
        if (!builder.Services.Any(service => ReferenceEquals(service.ImplementationInstance, DiskSpaceCheck.Type)))
        {
            healthKit.AddCheckType(DiskSpaceCheck.Type);
        }

        return builder.Build();
    }
}
