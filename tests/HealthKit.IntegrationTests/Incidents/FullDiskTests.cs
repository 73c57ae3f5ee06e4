using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.IntegrationTests.Incidents;

/// <summary>Alerts when the disk that the state is kept on is the trouble itself, and one disk that takes others with it.</summary>
public sealed class FullDiskTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Alerts_go_out_when_the_state_directory_cannot_be_written(bool full)
    {
        using var mount = TempMount.Ext4(8 << 20);
        if (full)
        {
            mount.FillBytes();
        }
        else
        {
            mount.RemountReadOnly();
        }

        await using var receiver = await Receiver.StartAsync();
        var bad = false;
        using var host = await StartAsync(
            mount.Path, receiver, builder => builder.AddDelegateCheck("a", _ => new(bad ? HealthCheckResult.Unhealthy("down") : HealthCheckResult.Healthy())));
        await CurrentAsync(host);
        bad = true;
        await Eventually.TrueAsync(() => Kinds(receiver, "a") is ["Opened"], "it is told");
        bad = false;
        await Eventually.TrueAsync(() => Kinds(receiver, "a") is ["Opened", "Resolved"], "the resolve is told");
        await host.StopAsync();
    }

    [Fact]
    public async Task The_incident_of_the_full_disk_is_durable_on_that_disk()
    {
        using var mount = TempMount.Ext4(48 << 20);
        await using var receiver = await Receiver.StartAsync();
        receiver.StatusCode = _ => 500;
        string id;
        using (var host = await StartAsync(mount.Path, receiver, builder => builder.AddDiskSpaceCheck(mount.Path, OneLimit, name: "state_disk")))
        {
            await CurrentAsync(host);
            mount.FillBytes();
            await Eventually.TrueAsync(() => Kinds(receiver, "state_disk").Count > 0, "it was tried to tell it");
            id = host.Services.GetRequiredService<HealthIncidents>().Open.Single(incident => incident.Check == "state_disk").Id;
            await host.StopAsync();
        }

        // Still not a byte free: what was reserved is enough to write it down, and to send it by the next run.
        receiver.StatusCode = static _ => 200;
        using (var host = await StartAsync(mount.Path, receiver, builder => builder.AddDiskSpaceCheck(mount.Path, OneLimit, name: "state_disk")))
        {
            await Eventually.TrueAsync(
                () => receiver.Messages.Any(message => message is { StatusCode: 200, Kind: "Opened", Check: "state_disk" }), "the run before's message is delivered");
            await Eventually.TrueAsync(
                () => host.Services.GetRequiredService<HealthIncidents>().Open.SingleOrDefault(incident => incident.Check == "state_disk")?.Id == id, "the incident goes on");
            await host.StopAsync();
        }

        Assert.Single(receiver.Messages.Where(message => message.Check == "state_disk").DistinctBy(message => message.Key));
    }

    [Fact]
    public async Task A_disk_that_fills_and_two_checks_that_depend_on_it_are_one_message_and_one_resolve()
    {
        using var mount = TempMount.Tmpfs(4 << 20);
        using var state = TempMount.Tmpfs(64 << 20);
        await using var receiver = await Receiver.StartAsync();
        using var host = await StartAsync(state.Path, receiver, builder => builder
            .AddDelegateCheck("uploads", token => TakesFilesAsync(mount.Path, "uploads", token))
            .AddDelegateCheck("exports", token => TakesFilesAsync(mount.Path, "exports", token))
            .AddDiskSpaceCheck(mount.Path, OneLimit, name: "tiny")
            .Configure("uploads", policy => policy with { DependsOn = ["tiny"] })
            .Configure("exports", policy => policy with { DependsOn = ["tiny"] }));
        var incidents = host.Services.GetRequiredService<HealthIncidents>();
        await CurrentAsync(host);

        var filler = mount.FillBytes();
        await Eventually.TrueAsync(() => incidents.Open.Count(incident => incident.Silence == IncidentSilence.Cause && incident.Cause == "tiny") == 2, "both symptoms are recorded with their cause");
        await Eventually.TrueAsync(() => Kinds(receiver, "tiny") is ["Opened"], "the cause is told");
        var told = receiver.Messages.Single().Json.GetProperty("incident");
        Assert.StartsWith("disk.space", told.GetProperty("reason").GetString(), StringComparison.Ordinal);
        double Reading(string when, string name) => told.GetProperty(when).EnumerateArray().First(r => r.GetProperty("name").GetString() == name).GetProperty("value").GetDouble();
        Assert.True(Reading("readingsBefore", "freeBytes") > Reading("readingsAt", "freeBytes"));

        File.Delete(filler);
        await Eventually.TrueAsync(() => incidents.Open.Count == 0, "all recover");
        await Eventually.TrueAsync(() => receiver.Messages.Count == 2, "the resolve is told", seen: () => string.Join(", ", receiver.Messages.Select(message => $"{message.Check} {message.Kind}")));
        Assert.Equal(["Opened", "Resolved"], Kinds(receiver, "tiny"));
        Assert.Equal(["exports", "tiny", "uploads"], incidents.Recent.Select(incident => incident.Check).Order());
        await host.StopAsync();
    }

    /// <summary>A run in the middle of the filling finds it full or not: degraded first and unhealthy then would be two messages.</summary>
    private static void OneLimit(DiskSpaceOptions options) => (options.DegradedBelowFreePercent, options.UnhealthyBelowFreePercent) = (5, 5);

    private static IReadOnlyList<string> Kinds(Receiver receiver, string check) => [.. receiver.Messages.Where(message => message.Check == check).Select(message => message.Kind)];

    private static async ValueTask<HealthCheckResult?> TakesFilesAsync(string folder, string name, CancellationToken token)
    {
        var path = Path.Combine(folder, name);
        try
        {
            await File.WriteAllBytesAsync(path, new byte[64 * 1024], token);
            return HealthCheckResult.Healthy();
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Task CurrentAsync(IHost host) => Eventually.TrueAsync(
        () => host.Services.GetRequiredService<HealthMonitor>().Current.Checks.All(check => check.Condition == CheckCondition.Current), "every check has had a result");

    private static async Task<IHost> StartAsync(string state, Receiver receiver, Action<IHealthKitBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["HealthKit:StateDirectory"] = Path.Combine(state, "state"),
            ["HealthKit:Defaults:Period"] = "00:00:00.2",
            ["HealthKit:Sinks:ops:Type"] = "Webhook",
            ["HealthKit:Sinks:ops:Url"] = receiver.Url.ToString(),
        });
        configure(builder.AddHealthKit(options => options.AddDefaultChecks = false));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
