using HealthKit.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Incidents;

/// <summary>Silences and dependencies as configuration and code say them, in a real host.</summary>
public sealed class DeclaredSilenceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hk-silence-").FullName;

    private string Settings => Path.Combine(_directory, "appsettings.json");

    private string MaintenanceFile => Path.Combine(_directory, "maintenance");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Dependencies_and_mutes_come_from_code_and_configuration()
    {
        await using var host = await TestHost.Start(
            builder =>
            {
                foreach (var name in new[] { "api", "db", "disk", "off" })
                {
                    builder.AddDelegateCheck(name, _ => new(HealthCheckResult.Healthy()));
                }

                builder
                    .Configure("api", policy => policy with { DependsOn = ["disk"] })
                    .Configure("db", policy => policy with { DependsOn = ["Disk"], MutedUntil = DateTimeOffset.MaxValue, MuteReason = "password=hunter2" });
            },
            ("Checks:api:DependsOn:0", "DB"),
            ("Checks:api:DependsOn:1", "off"),
            ("Checks:off:Enabled", "false"),
            ("Checks:disk:MutedUntil", "2040-11-22T22:00:00+01:00"),
            ("Checks:disk:MuteReason", "moving"));

        var rules = host.Host.Services.GetRequiredService<HealthKit.DeclaredChecks>().IncidentRules;
        Assert.Equal(["db", "disk"], rules.Dependencies.CausesOf("api"));
        Assert.Equal(["db", "api"], rules.Dependencies.DependentsOf("disk"));
        Assert.Equal(["DB", "off"], host["api"].Policy.DependsOn);

        var silences = host.Host.Services.GetRequiredService<Silences>();
        var now = DateTimeOffset.UnixEpoch;
        var until = new DateTimeOffset(2040, 11, 22, 21, 0, 0, TimeSpan.Zero);
        Assert.Equal(new Silencing(IncidentSilence.Muted, "moving", until), silences.Find("disk", now));
        Assert.DoesNotContain("hunter2", silences.Find("db", now)!.Reason + host["db"].Policy, StringComparison.Ordinal);
        Assert.Null(silences.Find("api", now));
    }

    [Fact]
    public async Task An_empty_list_takes_the_dependencies_of_code_away()
    {
        await using var host = await TestHost.Start(
            builder => builder
                .AddDelegateCheck("api", _ => new(HealthCheckResult.Healthy()))
                .AddDelegateCheck("db", _ => new(HealthCheckResult.Healthy()))
                .Configure("api", policy => policy with { DependsOn = ["db"] }),
            ("Checks:api:DependsOn", ""));
        Assert.Empty(host["api"].Policy.DependsOn);
    }

    [Fact]
    public async Task Windows_mutes_and_dependencies_follow_a_reload_and_a_wrong_one_changes_nothing()
    {
        var end = OffsetTime.Format(TimeProvider.System.GetUtcNow().AddHours(2).ToOffset(TimeSpan.FromHours(-3)));
        Write($$"""{ "HealthKit": { "Checks": { "api": { "DependsOn": "db" } }, "Maintenance": { "deploy": { "End": "{{end}}", "Reason": "new version", "Checks": "DB" }, "past": { "End": "2020-01-01T00:00:00Z" } } } }""");
        await using var host = await Start();
        var silences = host.Host.Services.GetRequiredService<Silences>();
        var rules = host.Host.Services.GetRequiredService<HealthKit.DeclaredChecks>();
        var window = Assert.Single(silences.Windows(TimeProvider.System.GetUtcNow()));
        Assert.Equal(("deploy", "new version"), (window.Name, window.Reason));
        Assert.Equal(["db"], window.Checks);
        Assert.Equal(IncidentSilence.Maintenance, silences.Find("db", TimeProvider.System.GetUtcNow())?.Kind);
        Assert.Equal(["db"], rules.IncidentRules.Dependencies.CausesOf("api"));

        // What is in force goes on as it began.
        Write($$"""{ "HealthKit": { "Checks": { "api": { "DependsOn": [] }, "db": { "MutedUntil": "2040-01-01T00:00:00Z", "MuteReason": "moving" } }, "Maintenance": { "Deploy": { "End": "{{end}}" } } } }""");
        await Wait.For(() => silences.Find("db", TimeProvider.System.GetUtcNow())?.Kind == IncidentSilence.Muted);
        Assert.Equal(window.Begin, Assert.Single(silences.Windows(TimeProvider.System.GetUtcNow())).Begin);
        Assert.Equal(IncidentSilence.Maintenance, silences.Find("api", TimeProvider.System.GetUtcNow())?.Kind);
        Assert.Empty(rules.IncidentRules.Dependencies.CausesOf("api"));

        var before = rules.IncidentRules;
        Write("""{ "HealthKit": { "Checks": { "api": { "DependsOn": "db" }, "db": { "DependsOn": "api" } } } }""");
        await Wait.For(() => host.Log.Lines.Any(line => line.Contains("api → db → api", StringComparison.Ordinal)));
        Assert.Same(before, rules.IncidentRules);
        Assert.Empty(host["api"].Policy.DependsOn);

        Write($$"""{ "HealthKit": { "MaintenanceFile": "{{MaintenanceFile}}", "Checks": { "api": {}, "db": { "Period": "00:00:09" } } } }""");
        await Wait.For(() => silences.Find("db", TimeProvider.System.GetUtcNow()) is null);
        Assert.Empty(silences.Windows(TimeProvider.System.GetUtcNow()));
        File.WriteAllText(MaintenanceFile, "");
        await Wait.For(() => silences.Find("db", TimeProvider.System.GetUtcNow())?.Window == "file");
    }

    [Fact]
    public async Task A_check_whose_entry_vanishes_keeps_its_dependencies_and_its_mute()
    {
        Write("""{ "HealthKit": { "Checks": { "api": { "DependsOn": "db", "MutedUntil": "2040-01-01T00:00:00Z", "MuteReason": "moving" }, "db": { "Period": "00:00:09" } } } }""");
        await using var host = await Start();
        var rules = host.Host.Services.GetRequiredService<HealthKit.DeclaredChecks>();
        var before = rules.IncidentRules;
        Write("""{ "HealthKit": { "Checks": { "db": { "Period": "00:00:08" } } } }""");
        await Wait.For(() => !ReferenceEquals(rules.IncidentRules, before));
        Assert.Equal(["db"], rules.IncidentRules.Dependencies.CausesOf("api"));
        Assert.Equal("moving", Assert.Single(rules.IncidentRules.Mutes).Reason);
    }

    [Fact]
    public async Task A_wrong_maintenance_file_shows_at_the_check_of_HealthKit_without_any_incident()
    {
        File.WriteAllText(MaintenanceFile, """{ "end": "tomorrow" }""");
        var builder = TestHost.Builder(("MaintenanceFile", MaintenanceFile), ("Checks:healthkit:Period", "00:00:00.2"));
        builder.AddHealthKit();
        await using var host = await TestHost.Start(builder);
        var self = await host.Until("healthkit", check => check is { Status: HealthStatus.Degraded, Condition: CheckCondition.Current });
        Assert.Equal("maintenance.fileInvalid", self.Reason);
        Assert.Contains($"Maintenance file {MaintenanceFile} silences nobody: end = \"tomorrow\"; allowed: a time with its offset", self.Description, StringComparison.Ordinal);
        Assert.Equal("Write the maintenance file anew as the description says, or remove it.", self.Remedy);
        File.WriteAllText(MaintenanceFile, "");
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
    }

    private async Task<TestHost> Start()
    {
        var builder = TestHost.Builder();
        builder.Configuration.AddJsonFile(Settings, optional: false, reloadOnChange: true);
        builder.AddHealthKit(options => options.AddDefaultChecks = false)
            .AddDelegateCheck("api", _ => new(HealthCheckResult.Healthy()))
            .AddDelegateCheck("db", _ => new(HealthCheckResult.Healthy()));
        return await TestHost.Start(builder);
    }

    private void Write(string text) => File.WriteAllText(Settings, text);
}
