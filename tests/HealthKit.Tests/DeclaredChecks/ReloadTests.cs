using System.Globalization;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.DeclaredChecks;

/// <summary>Reloads of a real settings file.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hk-reload").FullName;

    private string Settings => Path.Combine(_directory, "appsettings.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Thresholds_and_policies_follow_a_reload()
    {
        await using var host = await Start("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 1, "Period": "00:00:00.2" } } } }""");
        await host.Until("a", check => check.Data.GetValueOrDefault("tries") is 1L);
        Write("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7, "Period": "00:00:00.3", "Remedy": "new" } } } }""");
        await host.Until("a", check => check.Data.GetValueOrDefault("tries") is 7L && check.Policy.Period == TimeSpan.FromSeconds(0.3) && check.Remedy == "new");

        // A key that goes falls back to what is below it.
        Write("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Period": "00:00:00.3" } } } }""");
        await host.Until("a", check => check is { Policy.Remedy: null, Remedy: "None." });
    }

    [Fact]
    public async Task After_a_reload_every_check_runs_at_once_and_the_log_says_each_thing_once()
    {
        await using var host = await Start("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Period": "01:00:00" }, "b": { "Type": "Probe" } } } }""");
        await host.Until("a", check => check.Condition == CheckCondition.Current);
        Write("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7, "Period": "01:00:00" } } } }""");
        await host.Until("a", check => check.Data.GetValueOrDefault("tries") is 7L);
        Write("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 8, "Period": "01:00:00" } } } }""");
        await host.Until("a", check => check.Data.GetValueOrDefault("tries") is 8L);
        Assert.Single(host.Log.Lines, line => line.Contains("entry of check 'b' is gone", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_check_can_be_turned_off_and_on()
    {
        await using var host = await Start("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe" }, "healthkit": { "Period": "00:00:00.2" } } } }""");
        Write("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Enabled": false } } } }""");
        await Wait.For(() => host.Monitor.Current.Checks.All(check => check.Name != "a"));
        Write("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe" } } } }""");
        await Wait.For(() => host.Monitor.Current.Checks.Any(check => check is { Name: "a", Status: HealthStatus.Healthy }));
    }

    [Theory]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": "many" }, "healthkit": { "Period": "00:00:00.2" } } } }""", "HealthKit:Checks:a:Tries = 'many'")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7 }, "nobody": { "Period": "00:00:10" } } } }""", "names no check")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7, "DependsOn": [ "healthkit" ] }, "healthkit": { "DependsOn": "a" } } } }""", "healthkit → a → healthkit")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7 } }, "Maintenance": { "w": { "End": "now" } } } }""", "HealthKit:Maintenance:w:End = 'now'")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Tries": 7 } } } }""", "HealthKit:Checks:a:Type is missing; allowed while the app runs: 'Probe'")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Memory" } } } }""", "HealthKit:Checks:a:Type = 'Memory'; allowed while the app runs: 'Probe'")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7 }, "healthkit": { "Type": "HealthKit" } } } }""", "declares check 'healthkit', which is there already")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7 }, "late": { "Type": "Nonsense" } } } }""", "HealthKit:Checks:late:Type = 'Nonsense'; allowed: ")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7 }, "late": { "Type": "Probe", "Pth": "rel" } } } }""", "HealthKit:Checks:late:Pth is not a known key")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7 }, "late": { "Type": "Probe", "Period": "00:00:00" } } } }""", "HealthKit:Checks:late:Period = 00:00:00; allowed: ")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7 }, "late": { "Type": "Probe", "DependsOn": "nobody" } } } }""", "HealthKit:Checks:late:DependsOn = 'nobody'; allowed: ")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7, "StaleAfter": "00:00:10" } } } }""", "HealthKit:Checks:a:StaleAfter = 00:00:10; allowed: more than Period (00:00:10)")]
    [InlineData("""{ }""", "for 'appsettings.json' (Required) held settings of HealthKit or connection strings and is empty now")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Ty""", "for 'appsettings.json' (Required) held settings of HealthKit or connection strings and is empty now")]
    [InlineData("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 7, "Tags": [ "ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt" ] } } } }""", "has the tag 'tttt")]
    public async Task A_bad_or_torn_reload_changes_nothing_and_shows(string text, string expected)
    {
        await using var host = await Start("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 1, "Period": "00:00:00.2" }, "healthkit": { "Period": "00:00:00.2" } } } }""");
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
        Write(text);
        var self = await host.Until("healthkit", check => check.Reason == "config.reloadRejected" && check.Description!.Contains(expected, StringComparison.Ordinal));
        Assert.Equal(HealthStatus.Degraded, self.Status);
        await Wait.For(() => host.Log.Lines.Any(line => line.Contains(self.Description!, StringComparison.Ordinal)));
        Assert.Equal(1L, (await host.Monitor.RunAsync("a")).Data["tries"]);

        Write("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 2, "Period": "00:00:00.2" }, "healthkit": { "Period": "00:00:00.2" } } } }""");
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
        await host.Until("a", check => check.Data.GetValueOrDefault("tries") is 2L);
    }

    [Fact]
    public async Task An_entry_that_vanishes_keeps_running_and_a_new_one_waits_for_the_next_start()
    {
        await using var host = await Start("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 5 }, "b": { "Type": "Probe" } } } }""");
        await host.Until("a", check => check.Status == HealthStatus.Healthy);
        Write("""{ "HealthKit": { "Checks": { "b": { "Type": "Probe", "Tries": 3 }, "c": { "Type": "Probe" } } } }""");
        await Wait.For(() => host.Log.Lines.Any(line => line.Contains("entry of check 'a' is gone", StringComparison.Ordinal)));
        await Wait.For(() => host.Log.Lines.Any(line => line.Contains("HealthKit:Checks:c declares a new check", StringComparison.Ordinal)));
        Assert.Equal(5L, (await host.Monitor.RunAsync("a")).Data["tries"]);
        Assert.Equal(3L, (await host.Monitor.RunAsync("b")).Data["tries"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lost_file_changes_nothing_although_other_sources_go_on_and_tell_of_reloads(bool isTorn)
    {
        const string Whole = """{ "HealthKit": { "Defaults": { "Period": "00:00:00.2" }, "Checks": { "b": { "Type": "Probe", "Tries": 5 } } } }""";
        var others = new Others();
        await using var host = await Start(Whole, builder => ((IConfigurationBuilder)builder.Configuration).Add(others), new()
        {
            ["HealthKit:Checks:a:Type"] = "Probe",
        });
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
        if (isTorn)
        {
            Write("""{ "HealthKit": { "Defaults": { "Per""");
        }
        else
        {
            File.Delete(Settings);
        }

        await host.Until("healthkit", check => check.Status == HealthStatus.Degraded && check.Description!.Contains("is empty now", StringComparison.Ordinal));
        others.Provider!.Tell();
        await Wait.For(() => host.Log.Lines.Any(line => line.StartsWith("Error 110", StringComparison.Ordinal)));
        Assert.All(host.Monitor.Current.Checks, check => Assert.Equal(TimeSpan.FromSeconds(0.2), check.Policy.Period));
        Assert.Equal("config.reloadRejected", (await host.Monitor.RunAsync("healthkit")).Reason);

        Write(Whole);
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_torn_file_that_holds_defaults_only_is_noticed()
    {
        await using var host = await Start("""{ "HealthKit": { "Defaults": { "Period": "00:00:00.2" } } }""");
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
        Write("""{ "HealthKit": { "Defaults": { "Per""");
        await host.Until("healthkit", check => check.Reason == "config.reloadRejected");
        Assert.Equal(TimeSpan.FromSeconds(0.2), host["healthkit"].Policy.Period);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lost_file_that_holds_connection_strings_only_is_noticed(bool isTorn)
    {
        const string Whole = """{ "ConnectionStrings": { "Main": "redis://:hunter2@127.0.0.1:1" } }""";
        var secrets = Path.Combine(_directory, "secrets.json");
        File.WriteAllText(secrets, Whole);
        await using var host = await Start(
            """{ "HealthKit": { "Checks": { "healthkit": { "Period": "00:00:00.2" }, "r": { "Type": "Redis", "ConnectionString": "Main", "Enabled": false } } } }""",
            builder =>
            {
                builder.Configuration.AddJsonFile(secrets, optional: true, reloadOnChange: true);
                builder.AddHealthKit().AddDependencyChecks();
            });
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
        if (isTorn)
        {
            File.WriteAllText(secrets, Whole[..^5]);
        }
        else
        {
            File.Delete(secrets);
        }

        var self = await host.Until("healthkit", check => check.Reason == "config.reloadRejected");
        Assert.Contains("for 'secrets.json' (Optional) held settings of HealthKit or connection strings", self.Description, StringComparison.Ordinal);
        File.WriteAllText(secrets, Whole);
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_lost_file_of_a_configuration_inside_the_apps_is_noticed()
    {
        var inner = Path.Combine(_directory, "inner.json");
        File.WriteAllText(inner, """{ "HealthKit": { "Defaults": { "Period": "00:00:00.2" } } }""");
        var root = new ConfigurationBuilder().AddJsonFile(inner, optional: true, reloadOnChange: true).Build();
        await using var host = await Start("{ }", builder => builder.Configuration.AddConfiguration(root, shouldDisposeConfiguration: true));
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
        File.Delete(inner);
        var self = await host.Until("healthkit", check => check.Reason == "config.reloadRejected");
        Assert.Contains("for 'inner.json' (Optional) held settings", self.Description, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(0.2), self.Policy.Period);
    }

    [Fact]
    public async Task A_source_that_is_lost_while_it_is_read_changes_nothing()
    {
        var source = new Vanishing();
        await using var host = await Start("{ }", builder => ((IConfigurationBuilder)builder.Configuration).Add(source));
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
        source.VanishAtTheNextReading();
        await host.Until("healthkit", check => check.Reason == "config.reloadRejected");
        Assert.Equal(TimeSpan.FromSeconds(0.2), host["healthkit"].Policy.Period);
        Assert.Contains(host.Log.Lines, line => line.Contains("is empty now", StringComparison.Ordinal));
        source.ComeBack();
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_reload_may_refer_to_checks_of_the_next_start_and_leaves_them_out_until_then()
    {
        var end = TimeProvider.System.GetUtcNow().AddHours(1).ToString("O", CultureInfo.InvariantCulture);
        var next = $$"""
            {
              "HealthKit": {
                "Checks": {
                  "a": { "Type": "Probe", "Tries": 7, "DependsOn": ["C", "healthkit", "sink_hook"] },
                  "c": { "Type": "Probe" },
                  "sink_hook": { "Period": "00:01:00" }
                },
                "Sinks": { "hook": { "Type": "Webhook", "Url": "http://127.0.0.1:1/", "Checks": ["c"] } },
                "Maintenance": {
                  "all": { "End": "{{end}}" },
                  "both": { "End": "{{end}}", "Checks": ["a", "c"] },
                  "later": { "End": "{{end}}", "Checks": "c" }
                }
              }
            }
            """;
        await using (var host = await Start("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 1 } } } }"""))
        {
            await host.Until("a", check => check.Status == HealthStatus.Healthy);
            Write(next);
            var state = await host.Until("a", check => check.Data["tries"] is 7L);
            Assert.Equal(["healthkit"], state.Policy.DependsOn);
            var rules = host.Host.Services.GetRequiredService<HealthKit.DeclaredChecks>().IncidentRules;
            Assert.Equal(["healthkit"], rules.Dependencies.CausesOf("a"));
            Assert.Equal(["all:", "both:a"], rules.Windows.Select(window => $"{window.Name}:{string.Join(',', window.Checks)}"));
            foreach (var remark in new[]
            {
                "HealthKit:Checks:a:DependsOn names the new check 'C': that counts from the next start of the app on.",
                "HealthKit:Checks:a:DependsOn names the new check 'sink_hook'",
                "HealthKit:Maintenance:both:Checks names the new check 'c'",
                "HealthKit:Maintenance:later:Checks names the new check 'c'",
            })
            {
                await Wait.For(() => host.Log.Lines.Any(line => line.Contains(remark, StringComparison.Ordinal)));
            }
        }

        await using var restarted = await Start(next);
        Assert.Equal(["C", "healthkit", "sink_hook"], restarted["a"].Policy.DependsOn);
    }

    [Fact]
    public async Task A_reload_may_turn_the_default_checks_on_and_tune_them()
    {
        const string Next = """{ "HealthKit": { "AddDefaultChecks": true, "Checks": { "a": { "Type": "Probe", "Tries": TRIES, "DependsOn": "disk" }, "memory": { "UnhealthyBelowFreePercent": FREE } } } }""";
        await using var host = await Start("""{ "HealthKit": { "AddDefaultChecks": false, "Checks": { "a": { "Type": "Probe", "Tries": 1 } } } }""");
        await host.Until("a", check => check.Status == HealthStatus.Healthy);
        Write(Next.Replace("TRIES", "7", StringComparison.Ordinal).Replace("FREE", "3", StringComparison.Ordinal));
        Assert.Empty((await host.Until("a", check => check.Data["tries"] is 7L)).Policy.DependsOn);
        await Wait.For(() => host.Log.Lines.Any(line => line.Contains("AddDefaultChecks or StateDirectory has changed", StringComparison.Ordinal)));

        Write(Next.Replace("TRIES", "8", StringComparison.Ordinal).Replace("FREE", "300", StringComparison.Ordinal));
        await Wait.For(() => host.Log.Lines.Any(line => line.Contains("HealthKit:Checks:memory:UnhealthyBelowFreePercent = 300", StringComparison.Ordinal)));
        Assert.Equal(7L, (await host.Monitor.RunAsync("a")).Data["tries"]);
    }

    [Fact]
    public async Task Entries_taken_out_on_purpose_keep_running_and_are_no_fault()
    {
        await using var host = await Start("""{ "HealthKit": { "Defaults": { "Period": "00:00:00.2" }, "Checks": { "a": { "Type": "Probe", "Tries": 5 } } } }""");
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
        Write("""{ "HealthKit": { "Defaults": { "Period": "00:00:00.3" }, "Checks": { } } }""");
        await host.Until("healthkit", check => check.Policy.Period == TimeSpan.FromSeconds(0.3));
        await Wait.For(() => host.Log.Lines.Any(line => line.Contains("The entry of check 'a' is gone", StringComparison.Ordinal)));
        Assert.Equal(5L, (await host.Monitor.RunAsync("a")).Data["tries"]);
        await host.Until("healthkit", check => check.Status == HealthStatus.Healthy);
    }

    [Fact]
    public async Task Tags_or_a_failure_status_taken_out_of_an_entry_are_said_to_wait_for_the_next_start()
    {
        await using var host = await Start("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tags": ["x"] }, "b": { "Type": "Probe", "FailureStatus": "Degraded" } } } }""");
        await host.Until("a", check => check.Status == HealthStatus.Healthy);
        Write("""{ "HealthKit": { "Checks": { "a": { "Type": "Probe" }, "b": { "Type": "Probe" } } } }""");
        foreach (var name in new[] { "a", "b" })
        {
            await Wait.For(() => host.Log.Lines.Any(line => line.Contains($"HealthKit:Checks:{name}: FailureStatus or Tags has changed", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Settings_saved_while_the_app_starts_are_in_force_once_it_has_started()
    {
        var others = new Others();
        await using var host = await Start(
            """{ "HealthKit": { "Checks": { "a": { "Type": "Probe", "Tries": 1, "Period": "01:00:00" } } } }""",
            builder =>
            {
                ((IConfigurationBuilder)builder.Configuration).Add(others);
                builder.Services.AddHostedService(services => new Saves(services, () =>
                {
                    others.Provider!.Set("HealthKit:Checks:a:Tries", "7");
                    others.Provider.Tell();
                }));
            });
        await host.Until("a", check => check.Data.GetValueOrDefault("tries") is 7L);
        Assert.Single(host.Log.Lines, line => line.StartsWith("Information 114", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_options_that_are_shown_stay_those_of_the_start_whatever_a_reload_brings()
    {
        await using var host = await Start("""{ "HealthKit": { "Checks": { "healthkit": { "Period": "00:00:00.2" } } } }""");
        Write("""{ "HealthKit": { "MaxConcurrentRuns": 5, "Checks": { "healthkit": { "Period": "00:00:00.3" } } } }""");
        await host.Until("healthkit", check => check.Policy.Period == TimeSpan.FromSeconds(0.3));
        Assert.Equal(16, Snapshot().MaxConcurrentRuns);

        Write("""{ "HealthKit": { "MaxConcurrentRuns": 0, "Checks": { "healthkit": { "Period": "00:00:00.3" } } } }""");
        await host.Until("healthkit", check => check.Reason == "config.reloadRejected");
        Assert.Equal(16, Snapshot().MaxConcurrentRuns);
        var shown = host.Host.Services.GetRequiredService<IOptions<HealthKitOptions>>().Value;
        shown.MaxConcurrentRuns = 3;
        Assert.Equal(16, Snapshot().MaxConcurrentRuns);

        HealthKitOptions Snapshot()
        {
            using var scope = host.Host.Services.CreateScope();
            return scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<HealthKitOptions>>().Value;
        }
    }

    private async Task<TestHost> Start(string settings, Action<HostApplicationBuilder>? configure = null, Dictionary<string, string?>? more = null)
    {
        Write(settings);
        var builder = TestHost.Builder();
        builder.Configuration.AddJsonFile(Settings, optional: false, reloadOnChange: true);
        builder.Configuration.AddInMemoryCollection(more ?? []);
        configure?.Invoke(builder);
        builder.AddHealthKit().AddCheckType(Probe.Type);
        return await TestHost.Start(builder);
    }

    private void Write(string text) => File.WriteAllText(Settings, text);

    /// <summary>A hosted service that saves settings when it starts: HealthKit's monitor has been made by then.</summary>
    private sealed class Saves(IServiceProvider services, Action save) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            Assert.Single(services.GetRequiredService<HealthMonitor>().Catalog, entry => entry.Name == "a");
            save();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>A source beside the file, which tells of a reload when it is told to.</summary>
    private sealed class Others : IConfigurationSource
    {
        public OtherProvider? Provider { get; private set; }

        public IConfigurationProvider Build(IConfigurationBuilder builder) => Provider = new OtherProvider();
    }

    private sealed class OtherProvider : ConfigurationProvider
    {
        public override void Load() => Data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Logging:x"] = "y" };

        public void Tell() => OnReload();
    }

    /// <summary>A source that loses all it holds in the middle of a reading.</summary>
    private sealed class Vanishing : ConfigurationProvider, IConfigurationSource
    {
        private volatile bool _vanishes;

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public override void Load() => Data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["HealthKit:Defaults:Period"] = "00:00:00.2" };

        public override bool TryGet(string key, out string? value)
        {
            if (_vanishes && key == "HealthKit:Maintenance")
            {
                Data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
            }

            return base.TryGet(key, out value);
        }

        public void VanishAtTheNextReading()
        {
            _vanishes = true;
            OnReload();
        }

        public void ComeBack()
        {
            _vanishes = false;
            Load();
            OnReload();
        }
    }
}
