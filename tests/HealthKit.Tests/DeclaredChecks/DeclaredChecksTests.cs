using System.Text;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.DeclaredChecks;

public class DeclaredChecksTests
{
    [Fact]
    public async Task An_entry_with_a_type_is_a_check_with_its_options_policy_and_tags()
    {
        await using var host = await TestHost.Start(
            builder => builder.AddCheckType(Probe.Type),
            ("Checks:root_disk:Type", "probe"),
            ("Checks:root_disk:Path", "/"),
            ("Checks:root_disk:unhealthybelowfreepercent", "7.5"),
            ("Checks:root_disk:MaxBytes", "2147483648"),
            ("Checks:root_disk:Tries", "3"),
            ("Checks:root_disk:Strict", "True"),
            ("Checks:root_disk:Window", "00:00:30"),
            ("Checks:root_disk:Mode", "thorough"),
            ("Checks:root_disk:Address", "http://127.0.0.1/x"),
            ("Checks:root_disk:Tags:0", "ready"),
            ("Checks:root_disk:FailureStatus", "Degraded"),
            ("Checks:root_disk:Period", "00:01:00"),
            ("Checks:root_disk:Timeout", "00:00:02"),
            ("Checks:root_disk:FailureThreshold", "3"),
            ("Checks:root_disk:RecoveryThreshold", "2"),
            ("Checks:root_disk:Remedy", "docs/runbook.md"));

        var state = await host.Until("root_disk", check => check.Data.ContainsKey("path"));
        Assert.Equal("/", state.Data["path"]);
        Assert.Equal(7.5, state.Data["free"]);
        Assert.Equal(2147483648L, state.Data["maxBytes"]);
        Assert.Equal(3L, state.Data["tries"]);
        Assert.Equal(true, state.Data["strict"]);
        Assert.Equal(TimeSpan.FromSeconds(30), state.Data["window"]);
        Assert.Equal("Thorough", state.Data["mode"]);
        Assert.Equal("http://127.0.0.1/x", state.Data["address"]);
        Assert.Equal("default.example", state.Data["hosts"]);
        Assert.Equal(["ready"], state.Tags);
        Assert.Equal("docs/runbook.md", state.Remedy);
        Assert.Equal(Probe.Type.Descriptor, state.Descriptor);
        var (p, policy) = (state.Policy, host.Monitor.Catalog.Single(entry => entry.Name == "root_disk").Policy);
        Assert.Equal((TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(2), 3, 2), (p.Period, p.Timeout, p.FailureThreshold, p.RecoveryThreshold));
        Assert.Equal(p, policy);
    }

    [Theory]
    [InlineData("Checks:a:Hosts", "one.example", "one.example")]
    [InlineData("Checks:a:Hosts:0", "two.example", "two.example")]
    [InlineData("Checks:a:Hosts", "", "")]
    public async Task A_configured_list_replaces_its_default_and_a_scalar_is_a_list_of_one(string key, string value, string expected)
    {
        await using var host = await TestHost.Start(builder => builder.AddCheckType(Probe.Type), ("Checks:a:Type", "Probe"), (key, value));
        Assert.Equal(expected, (await host.Until("a", check => check.Data.ContainsKey("hosts"))).Data["hosts"]);
    }

    [Theory]
    [InlineData("""["a", "b"]""", "\"c\"", "c")]
    [InlineData("""["a", "b"]""", "[]", "")]
    [InlineData("""["a", "b"]""", """["c"]""", "c")]
    [InlineData("""["a"]""", """["c", "d"]""", "c d")]
    [InlineData("\"a\"", """["c", "d"]""", "c d")]
    [InlineData("""["a", "b"]""", """{ "1": "c" }""", "c")]
    [InlineData("""["a", "b"]""", "\"\"", "")]
    [InlineData("""["a", "b"]""", "null", "default.example")]
    [InlineData("[]", """["c"]""", "c")]
    public async Task A_list_is_what_the_last_source_says_that_says_anything_of_it(string first, string second, string expected)
    {
        var builder = TestHost.Builder(("Checks:a:Type", "Probe"));
        foreach (var text in new[] { first, second })
        {
            builder.Configuration.AddJsonStream(Json($$"""{ "HealthKit": { "Checks": { "a": { "Hosts": {{text}} } } } }"""));
        }

        builder.Configuration.AddJsonStream(Json("""{ "HealthKit": { "Checks": { "a": { "Tries": 2 } } } }"""));
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddCheckType(Probe.Type);
        await using var host = await TestHost.Start(builder);
        Assert.Equal(expected, (await host.Until("a", check => check.Condition == CheckCondition.Current)).Data["hosts"]);
    }

    [Fact]
    public async Task Every_list_is_replaced_also_tags_and_those_of_sinks_and_windows_and_by_a_configuration_inside_the_apps()
    {
        var builder = TestHost.Builder();
        builder.Configuration.AddJsonStream(Json("""
            {
              "HealthKit": {
                "Checks": { "a": { "Type": "Probe", "Tags": ["live", "x"], "DependsOn": ["b", "c"] }, "b": { "Type": "Probe" }, "c": { "Type": "Probe" } },
                "Sinks": { "log": { "Tags": ["x", "y"], "Checks": ["a", "b"] } },
                "Maintenance": { "w": { "End": "2020-01-01T00:00:00Z", "Checks": ["a", "b"] } }
              }
            }
            """));
        builder.Configuration.AddConfiguration(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["HealthKit:Checks:a:Tags"] = "ready",
            ["HealthKit:Checks:a:DependsOn"] = "c",
            ["HealthKit:Sinks:log:Tags"] = "",
            ["HealthKit:Sinks:log:Checks:0"] = "c",
            ["HealthKit:Maintenance:w:Checks"] = "c",
        }).Build());
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddCheckType(Probe.Type);
        await using var host = await TestHost.Start(builder);
        Assert.Equal(["ready"], host["a"].Tags);
        Assert.Equal(["c"], host["a"].Policy.DependsOn);
        var sink = host.Host.Services.GetRequiredService<DeclaredSinks>().Sinks.Single(sink => sink.Name == "log");
        Assert.Empty(sink.Policy.Tags);
        Assert.Equal(["c"], sink.Policy.Checks);
        Assert.Equal(["c"], host.Host.Services.GetRequiredService<HealthKit.DeclaredChecks>().IncidentRules.Windows.Single().Checks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_name_is_spelled_as_where_it_is_declared_and_not_as_an_environment_variable_in_capitals(bool isFileFirst)
    {
        var builder = TestHost.Builder();
        Action[] sources =
        [
            () => builder.Configuration.AddJsonStream(Json("""
                {
                  "HealthKit": {
                    "Checks": { "tiny": { "Type": "Probe" } },
                    "Sinks": { "notes": { "Type": "Log" } },
                    "Maintenance": { "Deploy": { "End": "2020-01-01T00:00:00Z" } }
                  }
                }
                """)),
            () => builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["HEALTHKIT:CHECKS:TINY:PERIOD"] = "00:00:20",
                ["HEALTHKIT:SINKS:NOTES:ENABLED"] = "false",
            }),
        ];
        foreach (var add in isFileFirst ? sources : sources.Reverse())
        {
            add();
        }

        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["HEALTHKIT:MAINTENANCE:DEPLOY:REASON"] = "new disk" });
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddCheckType(Probe.Type);
        await using var host = await TestHost.Start(builder);
        Assert.Equal(TimeSpan.FromSeconds(20), host["tiny"].Policy.Period);
        Assert.False(host.Host.Services.GetRequiredService<DeclaredSinks>().Sinks.Single(sink => sink.Name == "notes").Policy.Enabled);
        var window = host.Host.Services.GetRequiredService<HealthKit.DeclaredChecks>().IncidentRules.Windows.Single();
        Assert.Equal(("Deploy", "new disk"), (window.Name, window.Reason));
    }

    [Fact]
    public async Task Configuration_wins_over_code_and_code_over_the_registration_and_that_over_the_defaults()
    {
        var builder = TestHost.Builder(("Defaults:Period", "00:00:20"), ("Defaults:Timeout", "00:00:03"), ("Checks:c:Period", "00:00:40"), ("Checks:c:Tries", "9"));
        var kit = builder.AddHealthKit(o =>
        {
            o.AddDefaultChecks = false;
            o.Defaults = o.Defaults with { Period = TimeSpan.FromSeconds(15) };
        });
        kit.AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy()));
        kit.AddDelegateCheck("b", _ => new(HealthCheckResult.Healthy()), timeout: TimeSpan.FromSeconds(1));
        kit.AddCheck(Probe.Type, "c", o => o.Tries = 2);
        kit.Configure("b", policy => policy with { Period = TimeSpan.FromSeconds(30) });
        kit.Configure("C", policy => policy with { Period = TimeSpan.FromSeconds(30) });
        await using var host = await TestHost.Start(builder);

        Assert.Equal((20, 3), Seconds(host["a"]));
        Assert.Equal((30, 1), Seconds(host["b"]));
        Assert.Equal((40, 3), Seconds(host["c"]));
        Assert.Equal(9L, (await host.Until("c", check => check.Data.ContainsKey("tries"))).Data["tries"]);

        static (double, double) Seconds(CheckState check) => (check.Policy.Period.TotalSeconds, check.Policy.Timeout.TotalSeconds);
    }

    [Fact]
    public async Task An_entry_without_a_type_tunes_anyones_check_also_under_another_name()
    {
        var builder = TestHost.Builder(("Checks:redis_write:Name", "redis:write"), ("Checks:redis_write:FailureThreshold", "3"), ("Checks:off:Enabled", "false"), ("Checks:disp:Type", "Probe"), ("Checks:disp:Name", "a name / of its own"));
        builder.Services.AddHealthChecks().AddCheck("redis:write", () => HealthCheckResult.Healthy()).AddCheck("off", () => HealthCheckResult.Healthy());
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddCheckType(Probe.Type);
        await using var host = await TestHost.Start(builder);
        Assert.Equal(["redis:write", "a name / of its own"], host.Monitor.Current.Checks.Select(check => check.Name));
        Assert.Equal(3, host["redis:write"].Policy.FailureThreshold);
        Assert.False(host.Monitor.Catalog.Single(entry => entry.Name == "off").Policy.Enabled);
    }

    [Theory]
    [InlineData("Checks:tiny:UnhealthyBelowFreePercent", "101", "HealthKit:Checks:tiny:UnhealthyBelowFreePercent = 101; allowed: a number from 0 to 100 (percent)")]
    [InlineData("Checks:tiny:UnhealthyBelowFreePercent", "", "HealthKit:Checks:tiny:UnhealthyBelowFreePercent = ''; allowed: a finite number")]
    [InlineData("Checks:tiny:UnhealthyBelowFreePercent", "NaN", "HealthKit:Checks:tiny:UnhealthyBelowFreePercent = 'NaN'; allowed: a finite number")]
    [InlineData("Checks:tiny:UnhealthyBelowFreePercent", "1e999", "= '1e999'; allowed: a finite number")]
    [InlineData("Checks:tiny:UnhealthyBelowFreePercent", "5,5", "= '5,5'; allowed: a finite number, with a dot")]
    [InlineData("Checks:tiny:Tries", "", "HealthKit:Checks:tiny:Tries = ''; allowed: a whole number")]
    [InlineData("Checks:tiny:Tries", "2.5", "HealthKit:Checks:tiny:Tries = '2.5'; allowed: a whole number")]
    [InlineData("Checks:tiny:Strict", "yes", "HealthKit:Checks:tiny:Strict = 'yes'; allowed: true or false")]
    [InlineData("Checks:tiny:Window", "10", "HealthKit:Checks:tiny:Window = '10'; allowed: a time span as hh:mm:ss up to 23:59:59, or with days before it: 00:00:10 is ten seconds")]
    [InlineData("Checks:tiny:Mode", "1", "HealthKit:Checks:tiny:Mode = '1'; allowed: one of Fast, Thorough")]
    [InlineData("Checks:tiny:Mode", "Fastest", "HealthKit:Checks:tiny:Mode = 'Fastest'; allowed: one of Fast, Thorough")]
    [InlineData("Checks:tiny:Address", "nowhere", "HealthKit:Checks:tiny:Address = ***; allowed: an absolute URI: a web address starts with http:// or https://")]
    [InlineData("Checks:tiny:Address", "", "HealthKit:Checks:tiny:Address = ''; allowed: an absolute URI")]
    [InlineData("Checks:tiny:Address", "host/?token=pw", "HealthKit:Checks:tiny:Address = ***; allowed: an absolute URI")]
    [InlineData("Checks:web:Url", "example.com", "HealthKit:Checks:web:Url = 'example.com'; allowed: an absolute URI: a web address starts with http:// or https://", "Checks:web:Type", "Http")]
    [InlineData("Checks:web:Url", "", "HealthKit:Checks:web:Url = ''; allowed: an absolute URI: a web", "Checks:web:Type", "Http")]
    [InlineData("Checks:web:Url", "localhost:5080/health", "HealthKit:Checks:web:Url = 'localhost:5080/***'; allowed: an absolute address that starts with http:// or https://", "Checks:web:Type", "Http")]
    [InlineData("Checks:tiny:MutedUntil", "tomorrow", "HealthKit:Checks:tiny:MutedUntil = 'tomorrow'; allowed: a time with its offset", "Checks:tiny:MuteReason", "moving")]
    [InlineData("Checks:tiny:Address", "https://user:pw@host:port/", "HealthKit:Checks:tiny:Address = ***; allowed: an absolute URI")]
    [InlineData("Checks:tiny:Tries:0", "1", "HealthKit:Checks:tiny:Tries holds several values; allowed: one value")]
    [InlineData("Checks:tiny:Hosts:0:Name", "x", "HealthKit:Checks:tiny:Hosts:0 holds keys of its own; allowed: a text")]
    [InlineData("Checks:tiny:Trys", "1", "HealthKit:Checks:tiny:Trys is not a known key; allowed: Path,")]
    [InlineData("Checks:tiny:CodeOnly", "1", "HealthKit:Checks:tiny:CodeOnly can be set by code only; allowed: Path,")]
    [InlineData("Checks:tiny:Period", "10", "HealthKit:Checks:tiny:Period = '10'; allowed: a time span as hh:mm:ss")]
    [InlineData("Checks:tiny:Period", "00:00:00.05", "HealthKit:Checks:tiny:Period = 00:00:00.0500000; allowed: a time span from 00:00:00.1 (100 ms) to 1.00:00:00 (1 day)")]
    [InlineData("Checks:tiny:Period", "2.00:00:00", "HealthKit:Checks:tiny:Period = 2.00:00:00; allowed: a time span from")]
    [InlineData("Checks:tiny:Timeout", "-00:00:01", "HealthKit:Checks:tiny:Timeout = -00:00:01; allowed")]
    [InlineData("Checks:tiny:FailureThreshold", "0", "HealthKit:Checks:tiny:FailureThreshold = 0; allowed: a whole number from 1 to 1000")]
    [InlineData("Checks:tiny:FailureStatus", "2", "HealthKit:Checks:tiny:FailureStatus = '2'; allowed: one of Unhealthy, Degraded")]
    [InlineData("Checks:tiny:FailureStatus", "Healthy", "HealthKit:Checks:tiny:FailureStatus = 'Healthy'; allowed: one of Unhealthy, Degraded")]
    [InlineData("Checks:tiny:Enabled", "1", "HealthKit:Checks:tiny:Enabled = '1'; allowed: true or false")]
    [InlineData("Checks:other:Type", "DiskSpaze", "HealthKit:Checks:other:Type = 'DiskSpaze'; allowed: ")]
    [InlineData("Checks:nobody:Period", "00:00:10", "HealthKit:Checks:nobody names no check: 'nobody' is not registered; allowed: ")]
    [InlineData("Checks:theirs:Path", "/", "HealthKit:Checks:theirs:Path is not a known key; allowed: Type, Name")]
    [InlineData("Checks:theirs:Type", "Probe", "HealthKit:Checks:theirs:Type = 'Probe' declares check 'theirs', which is there already")]
    [InlineData("Checks:again:Name", "Theirs", "both name check 'theirs'", "Checks:theirs:Period", "00:00:10")]
    [InlineData("Checks:red-is:Period", "00:00:10", "'red-is' is no key for a check; allowed: letters and digits, with single underscores")]
    [InlineData("Checks:red__is:Period", "00:00:10", "'red__is' is no key for a check")]
    [InlineData("Checks:tiny2", "x", "HealthKit:Checks:tiny2 = 'x'; allowed: keys, such as HealthKit:Checks:tiny2:Type")]
    [InlineData("Checks:tiny:Window", "24:00:00", "HealthKit:Checks:tiny:Window = '24:00:00'; allowed: a time span as hh:mm:ss")]
    [InlineData("Checks:tiny:Window", "5:00", "HealthKit:Checks:tiny:Window = '5:00'; allowed: a time span as hh:mm:ss")]
    [InlineData("Checks:tiny:Timeout", "0:30", "HealthKit:Checks:tiny:Timeout = '0:30'; allowed: a time span as hh:mm:ss")]
    [InlineData("Checks:tiny:Window", "1.02:00", "HealthKit:Checks:tiny:Window = '1.02:00'; allowed: a time span as hh:mm:ss")]
    [InlineData("Checks:tiny:Window", "90:00", "HealthKit:Checks:tiny:Window = '90:00'; allowed: a time span")]
    [InlineData("Checks:tiny:Delay", "30:00:00", "HealthKit:Checks:tiny:Delay = '30:00:00'; allowed: a time span")]
    [InlineData("Checks:tiny:StaleAfter", "40.00:00:00", "HealthKit:Checks:tiny:StaleAfter = 40.00:00:00; allowed: a time span from")]
    [InlineData("Checks:tiny:StaleAfter", "00:00:10", "HealthKit:Checks:tiny:StaleAfter = 00:00:10; allowed: more than Period (00:00:10), best the sum")]
    [InlineData("Checks:tiny:StaleAfter", "00:00:30", "HealthKit:Checks:tiny:StaleAfter = 00:00:30; allowed: more than Period (00:00:30), best the sum", "Defaults:Period", "00:00:30")]
    [InlineData("Maintenance:night:Checks", "", "HealthKit:Maintenance:night:Checks is empty; allowed: at least one check", "Maintenance:night:End", "2026-07-01T04:00:00Z")]
    [InlineData("Checks:web:Url", "9f8a7c6d5e4f3a2b1c", "HealthKit:Checks:web:Url = ***; allowed: an absolute URI", "Checks:web:Type", "Http")]
    [InlineData("Checks:web:Url", "hooks.example\\services\\SECRET", "HealthKit:Checks:web:Url = 'hooks.example\\***'; allowed: an absolute URI", "Checks:web:Type", "Http")]
    [InlineData("Checks:tiny:Hosts:0", "", "HealthKit:Checks:tiny:Hosts:0 = ''; allowed: a text that is not empty")]
    [InlineData("Checks:tiny:Tags:0", " ", "HealthKit:Checks:tiny:Tags:0 = ' '; allowed: a text that is not empty")]
    [InlineData("Checks:tiny:Name", "", "HealthKit:Checks:tiny:Name = ''; allowed: a text that is not empty")]
    [InlineData("Checks:tiny:Tags", "ready,live", "HealthKit:Checks:tiny:Tags = 'ready,live'; allowed: tags without commas and spaces; several are a list: HealthKit:Checks:tiny:Tags:0, HealthKit:Checks:tiny:Tags:1")]
    [InlineData("Checks:tiny:Tags", "ready live", "HealthKit:Checks:tiny:Tags = 'ready live'; allowed: tags without commas and spaces")]
    [InlineData("Checks:tiny:Tags", " ", "HealthKit:Checks:tiny:Tags = ''; allowed: tags without commas and spaces")]
    [InlineData("Checks:tiny:Tags:ready", "true", "HealthKit:Checks:tiny:Tags:ready is no item of a list; allowed: HealthKit:Checks:tiny:Tags:0, HealthKit:Checks:tiny:Tags:1, and so on")]
    [InlineData("Checks:other:Type:0", "", "HealthKit:Checks:other:Type holds several values; allowed: one value")]
    [InlineData("Checks:other:Type", "Postgres", "Did you mean PostgreSql?")]
    [InlineData("Checks:other:Type", "Reddis", "Did you mean Redis?")]
    [InlineData("Checks:other:Name:0", "theirs", "HealthKit:Checks:other:Name holds several values", "Checks:other:Period", "00:00:10")]
    [InlineData("Checks", "x", "HealthKit:Checks = 'x'; allowed: keys below it")]
    [InlineData("Defaults", "x", "HealthKit:Defaults = 'x'; allowed: keys below it")]
    [InlineData("Defaults:Period", "3", "HealthKit:Defaults:Period = '3'; allowed: a time span as hh:mm:ss")]
    [InlineData("Defaults:Timeout", "3.00:00:00", "HealthKit:Defaults:Timeout = 3.00:00:00; allowed: a time span from")]
    [InlineData("Defaults:Perod", "00:00:10", "HealthKit:Defaults:Perod is not a known key; allowed: Period, Timeout")]
    [InlineData("MaxConcurrentRuns", "0", "HealthKit:MaxConcurrentRuns = 0; allowed: a whole number from 1 to 1000")]
    [InlineData("Cheks:a:Type", "Probe", "HealthKit:Cheks is not a known key; allowed: ")]
    [InlineData("Checks:tiny:DependsOn", "nobody", "HealthKit:Checks:tiny:DependsOn = 'nobody'; allowed: registered checks: theirs, tiny")]
    [InlineData("Checks:tiny:DependsOn:0", "Tiny", "HealthKit:Checks:tiny:DependsOn = 'Tiny'; allowed: other checks, not the check itself (tiny → tiny)")]
    [InlineData("Checks:tiny:DependsOn", "THEIRS", "HealthKit:Checks:theirs:DependsOn = ['tiny']; allowed: checks that do not depend on it in turn; the loop is theirs → tiny → theirs", "Checks:theirs:DependsOn:0", "tiny")]
    [InlineData("Checks:tiny:MutedUntil", "2026-12-01T10:00:00", "HealthKit:Checks:tiny:MutedUntil = '2026-12-01T10:00:00'; allowed: a time with its offset, 2026-11-22T22:00:00+01:00, or of UTC", "Checks:theirs:Period", "00:00:10")]
    [InlineData("Checks:tiny:MutedUntil", "2026-12-01T10:00:00Z", "HealthKit:Checks:tiny:MuteReason is missing; allowed: a text that is not empty, beside MutedUntil: a mute needs a reason")]
    [InlineData("Checks:tiny:MutedUntil", "2026-12-01T10:00:00Z", "HealthKit:Checks:tiny:MuteReason = ' '; allowed: a text", "Checks:tiny:MuteReason", " ")]
    [InlineData("Checks:tiny:MuteReason", "moving", "HealthKit:Checks:tiny:MutedUntil is missing; allowed: a time with its offset")]
    [InlineData("Maintenance", "x", "HealthKit:Maintenance = 'x'; allowed: keys below it")]
    [InlineData("Maintenance:deploy", "x", "HealthKit:Maintenance:deploy = 'x'; allowed: keys, such as HealthKit:Maintenance:deploy:End")]
    [InlineData("Maintenance:deploy:Reason", "x", "HealthKit:Maintenance:deploy:End is missing; allowed: a time with its offset")]
    [InlineData("Maintenance:deploy:End", "tomorrow", "HealthKit:Maintenance:deploy:End = 'tomorrow'; allowed: a time with its offset")]
    [InlineData("Maintenance:deploy:End", "", "HealthKit:Maintenance:deploy:End = ''; allowed: a time with its offset")]
    [InlineData("Maintenance:deploy:End", "9999-01-01T00:00:00Z", "HealthKit:Maintenance:deploy:End = 9999-01-01T00:00:00Z; allowed: a time after the begin (")]
    [InlineData("Maintenance:deploy:End", "2026-02-02T00:00:01Z", "End = 2026-02-02T00:00:01Z; allowed: a time after the begin (2026-01-02T00:00:00Z), at most 31 days after it", "Maintenance:deploy:Begin", "2026-01-02T00:00:00Z")]
    [InlineData("Maintenance:deploy:End", "2026-01-02T01:00:00+01:00", "End = 2026-01-02T01:00:00+01:00; allowed: a time after the begin", "Maintenance:deploy:Begin", "2026-01-02T00:00:00Z")]
    [InlineData("Maintenance:deploy:Ends", "2026-01-02T00:00:00Z", "HealthKit:Maintenance:deploy:Ends is not a known key; allowed: Begin, End, Reason, Checks", "Maintenance:deploy:End", "2020-01-01T00:00:00Z")]
    [InlineData("Maintenance:deploy:Checks", "nobody", "HealthKit:Maintenance:deploy:Checks = 'nobody'; allowed: registered checks: theirs, tiny", "Maintenance:deploy:End", "2020-01-01T00:00:00Z")]
    [InlineData("MaintenanceFile", "maintenance", "HealthKit:MaintenanceFile = 'maintenance'; allowed: an absolute path, or nothing")]
    public async Task A_bad_setting_stops_the_start_and_names_path_value_and_what_is_allowed(
        string key, string value, string expected, string? otherKey = null, string? otherValue = null)
    {
        var settings = new List<(string, string?)> { ("Checks:tiny:Type", "Probe"), (key, value) };
        if (otherKey is not null)
        {
            settings.Add((otherKey, otherValue));
        }

        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            builder => builder.AddCheckType(Probe.Type).AddDelegateCheck("theirs", _ => new(HealthCheckResult.Healthy())), [.. settings]));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Single(error.Failures);
    }

    [Fact]
    public async Task What_binding_left_of_a_value_that_could_not_be_read_is_no_second_mistake()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            static _ => { },
            ("Checks:files:Type", "Inventory"),
            ("Checks:files:Expected", "a"),
            ("Checks:files:Url", "example.com"),
            ("Checks:port:Type", "Tcp"),
            ("Checks:port:Port", "http"),
            ("Sinks:hook:Type", "Webhook"),
            ("Sinks:hook:Url", "hooks.example/T0/s3cr3t")));
        Assert.Collection(
            error.Failures.Order(StringComparer.Ordinal),
            url => Assert.StartsWith("HealthKit:Checks:files:Url = 'example.com'; allowed: an absolute URI", url, StringComparison.Ordinal),
            host => Assert.StartsWith("HealthKit:Checks:port:Host is missing", host, StringComparison.Ordinal),
            port => Assert.StartsWith("HealthKit:Checks:port:Port = 'http'; allowed: a whole number", port, StringComparison.Ordinal),
            hook => Assert.StartsWith("HealthKit:Sinks:hook:Url = ***; allowed: an absolute URI", hook, StringComparison.Ordinal));
    }

    [Fact]
    public async Task All_that_is_wrong_is_said_at_once_and_no_secret_with_it()
    {
        var builder = TestHost.Builder(("Checks:a:Type", "None"), ("Checks:b:Type", "Probe"), ("Checks:b:Tries", "tok-7f3a9c1e"), ("Cheks", "1"));
        var redactor = new Redactor();
        redactor.AddSecret("tok-7f3a9c1e");
        builder.Services.AddSingleton(redactor);
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddCheckType(Probe.Type);
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(builder));
        Assert.Equal(3, error.Failures.Count());
        Assert.DoesNotContain("tok-7f3a9c1e", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_options_in_code_stop_the_start_too_also_without_HealthKits_monitor()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            builder => builder.AddCheck(Probe.Type, "disk", o => o.UnhealthyBelowFreePercent = -1)));
        Assert.Contains("Check 'disk': UnhealthyBelowFreePercent = -1; allowed: a number from 0 to 100 (percent)", error.Message, StringComparison.Ordinal);

        var services = new ServiceCollection();
        services.AddLogging();
        services.AddHealthChecks().AddCheck(Probe.Type, "disk", o => o.UnhealthyBelowFreePercent = -1);
        await using var provider = services.BuildServiceProvider();
        Assert.ThrowsAny<OptionsValidationException>(() => provider.GetRequiredService<HealthCheckService>());
    }

    [Fact]
    public async Task A_typed_check_works_under_Microsofts_own_service_and_keeps_its_instance()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddHealthChecks().AddCheck(Probe.Type, "disk", o => o.Path = "/");
        await using var provider = services.BuildServiceProvider();
        var service = provider.GetRequiredService<HealthCheckService>();
        await service.CheckHealthAsync();
        var report = await service.CheckHealthAsync();
        Assert.Equal(2, report.Entries["disk"].Data["runs"]);
    }

    [Fact]
    public async Task Duplicate_names_are_an_error_that_names_them()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(builder => builder
            .AddDelegateCheck("same", _ => new(HealthCheckResult.Healthy()))
            .AddDelegateCheck("Same", _ => new(HealthCheckResult.Healthy()))));
        Assert.Contains("Two checks are named 'Same'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_no_key_is_refused_whoever_registers_the_check()
    {
        foreach (var (name, shown) in new[] { ("", ""), ("a\ud800", @"a\uD800"), ("\udc00a", @"\uDC00a"), ("a\u001b[31m\n", @"a\x0A"), ("a\u202e", @"a\u202E") })
        {
            Assert.Equal(
                [$"A check is named '{shown}'; allowed: 1 to 200 characters, without control and format characters and lone surrogates"],
                (await Refusal(name)).Failures);
        }
    }

    [Fact]
    public async Task Names_and_tags_without_end_are_refused_and_shown_in_short()
    {
        var name = new string('n', 1_000_000);
        Assert.Equal(
            [$"A check is named '{name[..60]}…' (1000000 characters); allowed: 1 to 200 characters, without control and format characters and lone surrogates"],
            (await Refusal(name)).Failures);
        Assert.Equal([$"Check 'a' has the tag '{name[..60]}…' (101 characters); allowed: a text of at most 100 characters"], (await Refusal("a", "ready", name[..101])).Failures);

        await using var host = await TestHost.Start(builder => builder.AddDelegateCheck(name[..200], _ => new(HealthCheckResult.Healthy()), tags: [name[..100], ""]));
        Assert.Equal(name[..200], host.Monitor.Current.Checks.Single().Name);
    }

    [Fact]
    public async Task A_tag_that_is_null_is_refused_with_the_checks_name() =>
        Assert.Equal(["Check 'a' has the tag null; allowed: a text of at most 100 characters"], (await Refusal("a", "ready", null!)).Failures);

    [Fact]
    public async Task A_stale_limit_that_is_the_sum_of_period_and_timeout_is_allowed()
    {
        await using var host = await TestHost.Start(
            builder => builder.AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy())), ("Checks:a:StaleAfter", "00:00:15"));
        Assert.Equal(TimeSpan.FromSeconds(15), host["a"].Policy.StaleAfter);
    }

    [Theory]
    [InlineData("Checks:c:Name", "Checks:c:Type", "Probe", "A check is named 'nnn")]
    [InlineData("Checks:c:Tags:0", "Checks:c:Type", "Probe", "Check 'c' has the tag 'nnn")]
    public async Task Configuration_can_name_no_such_check_either(string key, string other, string value, string expected)
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            builder => builder.AddCheckType(Probe.Type), (key, new string('n', 201)), (other, value)));
        Assert.StartsWith(expected, Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    private static async Task<OptionsValidationException> Refusal(string name, params string[] tags)
    {
        var builder = TestHost.Builder();
        builder.Services.AddHealthChecks().AddCheck(name, () => HealthCheckResult.Healthy(), tags);
        builder.AddHealthKit(o => o.AddDefaultChecks = false);
        return await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(builder));
    }

    [Fact]
    public async Task A_policy_for_no_check_is_an_error()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(builder => builder.Configure("nobody", policy => policy)));
        Assert.Contains("Configure(\"nobody\"): no check has that name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_around_the_name_the_type_and_the_tags_are_trimmed_and_null_tags_are_as_if_not_there()
    {
        await using var host = await TestHost.Start(
            builder => builder.AddCheckType(Probe.Type),
            ("Checks:a:Type", " Probe "),
            ("Checks:a:Name", " disk "),
            ("Checks:a:Tags:0", " ready"),
            ("Checks:b:Type", "Tcp"),
            ("Checks:b:Host", "127.0.0.1"),
            ("Checks:b:Port", "1"),
            ("Checks:b:Tags", null));
        Assert.Equal(["ready"], host["disk"].Tags);
        Assert.Equal(["ready"], host["b"].Tags);
    }

    [Theory]
    [InlineData("Redis", ". Redis is known once AddDependencyChecks() of HealthKit.Dependencies is called beside AddHealthKit()")]
    [InlineData("postgres", ". Did you mean PostgreSql? It is known once AddDependencyChecks() of HealthKit.Dependencies is called beside AddHealthKit()")]
    [InlineData("DiskSpaze", ". Did you mean DiskSpace?")]
    [InlineData("Nonsense", "stands beside AddHealthKit(): AddDependencyChecks() of HealthKit.Dependencies, AddRabbitMqChecks() of HealthKit.RabbitMq")]
    public async Task An_unknown_types_error_says_what_was_meant_and_which_call_is_missing(string type, string expected)
    {
        var builder = TestHost.Builder(("Checks:a:Type", type));
        builder.AddHealthKit();
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(builder));
        Assert.EndsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_type_names_no_call_that_was_made()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(static _ => { }, ("Checks:a:Type", "Nonsense")));
        Assert.DoesNotContain("AddDependencyChecks", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AddRabbitMqChecks", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_registered_after_AddHealthKit_by_PostConfigure_runs_like_any_other()
    {
        var builder = TestHost.Builder(("Checks:late:FailureThreshold", "3"));
        builder.AddHealthKit(o => o.AddDefaultChecks = false);
        builder.Services.PostConfigure<HealthCheckServiceOptions>(options => options.Registrations.Add(
            new HealthCheckRegistration("late", new DelegateCheck((_, _) => new(HealthCheckResult.Healthy()), new ServiceCollection().BuildServiceProvider()), null, null)));
        await using var host = await TestHost.Start(builder);
        var state = await host.Until("late", check => check.Condition == CheckCondition.Current);
        Assert.Equal(3, state.Policy.FailureThreshold);
        Assert.Contains("late", (await host.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries.Keys);
    }

    [Fact]
    public async Task What_another_packages_registration_says_is_brought_into_bounds_at_both_ends()
    {
        var builder = TestHost.Builder();
        builder.AddHealthKit(o => o.AddDefaultChecks = false);
        builder.Services.AddHealthChecks().AddCheck("short", () => HealthCheckResult.Healthy(), timeout: TimeSpan.FromMilliseconds(50));
        builder.Services.AddHealthChecks().Add(
            new HealthCheckRegistration("long", _ => throw new InvalidOperationException(), null, null, TimeSpan.FromDays(2)) { Period = TimeSpan.FromDays(3), Delay = TimeSpan.FromDays(4) });
        await using var host = await TestHost.Start(builder);
        var day = TimeSpan.FromDays(1);
        Assert.Equal(TimeSpan.FromMilliseconds(100), host["short"].Policy.Timeout);
        Assert.Equal((day, day, day), (host["long"].Policy.Timeout, host["long"].Policy.Period, host["long"].Policy.Delay));
    }

    [Fact]
    public async Task A_policy_in_code_that_throws_or_is_null_is_an_error_that_names_the_check_beside_all_others()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            builder => builder
                .AddCheckType(Probe.Type)
                .AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy()))
                .Configure("a", _ => throw new InvalidOperationException("no such setting"))
                .Configure("a", _ => null!),
            ("Checks:b:Type", "Probe"),
            ("Checks:b:Tries", "x")));
        Assert.Equal(3, error.Failures.Count());
        Assert.Contains("HealthKit is set up with 3 mistakes:", error.Message, StringComparison.Ordinal);
        Assert.Contains("Configure(\"a\") threw System.InvalidOperationException: no such setting", error.Message, StringComparison.Ordinal);
        Assert.Contains("Configure(\"a\") returned null; allowed: a policy", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_options_that_are_shown_are_the_ones_in_force()
    {
        var builder = TestHost.Builder(("MaxConcurrentRuns", "3"), ("Defaults:Period", "00:00:20"));
        builder.AddHealthKit(o => (o.AddDefaultChecks, o.MaxConcurrentRuns) = (false, 5)).AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy()));
        builder.Services.PostConfigure<HealthKitOptions>(options => options.Defaults = options.Defaults with { Timeout = TimeSpan.FromSeconds(7) });
        await using var host = await TestHost.Start(builder);
        var shown = host.Host.Services.GetRequiredService<IOptions<HealthKitOptions>>().Value;
        var policy = host["a"].Policy;
        Assert.Equal((3, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(7)), (shown.MaxConcurrentRuns, shown.Defaults.Period, shown.Defaults.Timeout));
        Assert.Equal((shown.Defaults.Period, shown.Defaults.Timeout), (policy.Period, policy.Timeout));
    }

    [Fact]
    public async Task What_the_app_finds_wrong_with_the_options_and_a_value_in_place_of_the_section_stop_the_start()
    {
        var builder = TestHost.Builder();
        builder.Configuration["HealthKit"] = "x";
        builder.AddHealthKit();
        builder.Services.AddOptions<HealthKitOptions>().Validate(options => options.MaxConcurrentRuns < 4, "too many for this machine");
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(builder));
        Assert.Equal(["too many for this machine", "HealthKit = 'x'; allowed: keys below it"], error.Failures.OrderDescending(StringComparer.Ordinal));
    }

    [Fact]
    public void An_option_with_a_policy_keys_name_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => CheckType.Create<BadOptions>(Probe.Type.Descriptor, _ => [], (_, _) => throw new InvalidOperationException()));
        Assert.Contains("BadOptions.Period", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_descriptor_without_a_remedy_is_refused() =>
        Assert.Throws<ArgumentException>(() => CheckType.Create<ProbeOptions>(
            Probe.Type.Descriptor with { Remedy = " " }, _ => [], (_, _) => throw new InvalidOperationException()));

    [Theory]
    [InlineData("HealthKit:Checks:tcp1:Host is missing; allowed: ", "Checks:tcp1:Port", "80")]
    [InlineData("HealthKit:Checks:tcp1:Host = ''; allowed: ", "Checks:tcp1:Port", "80", "Checks:tcp1:Host", "")]
    [InlineData("HealthKit:Checks:tcp1:Port is missing; allowed: ", "Checks:tcp1:Host", "db")]
    [InlineData("HealthKit:Checks:tcp1:Port = 0; allowed: ", "Checks:tcp1:Host", "db", "Checks:tcp1:Port", "0")]
    public async Task An_option_that_is_not_given_is_said_to_be_missing_where_it_would_stand(string expected, params string[] settings)
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            _ => { }, [("Checks:tcp1:Type", "Tcp"), .. settings.Chunk(2).Select(pair => (pair[0], (string?)pair[1]))]));
        Assert.StartsWith(expected, Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_code_what_is_null_is_missing_and_a_number_is_shown()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(builder => builder.AddTcpCheck("db", 1, o => (o.Host, o.Port) = (null!, 0), name: "tcp1")));
        Assert.Collection(
            error.Failures,
            host => Assert.StartsWith("Check 'tcp1': Host is missing; allowed: ", host, StringComparison.Ordinal),
            port => Assert.StartsWith("Check 'tcp1': Port = 0; allowed: ", port, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AddHealthKit_twice_is_one_HealthKit()
    {
        var builder = TestHost.Builder();
        builder.AddHealthKit(o => o.AddDefaultChecks = false);
        builder.AddHealthKit().AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy()));
        await using var host = await TestHost.Start(builder);
        Assert.Equal(["a"], host.Monitor.Current.Checks.Select(check => check.Name));
        Assert.Single(host.Host.Services.GetServices<HealthMonitor>());
    }

    [Fact]
    public async Task A_plain_collection_of_services_is_enough()
    {
        var state = Directory.CreateTempSubdirectory("hk-test-");
        try
        {
            var services = new ServiceCollection();
            services.AddHealthKit(o => (o.AddDefaultChecks, o.StateDirectory) = (false, state.FullName)).AddDelegateCheck("a", _ => new(HealthCheckResult.Degraded("b")));
            await using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
            var monitor = provider.GetRequiredService<HealthMonitor>();
            Assert.Equal(CheckCondition.Pending, monitor.Current.Checks.Single().Condition);

            // What a host does.
            var hosted = provider.GetServices<IHostedService>().OfType<IHostedLifecycleService>().Single();
            await hosted.StartAsync(default);
            await hosted.StartedAsync(default);
            await Wait.For(() => monitor.Current.Status == HealthStatus.Degraded && monitor.Current.Checks.Single().Condition == CheckCondition.Current);
            await hosted.StopAsync(default);
            await hosted.StoppedAsync(default);
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    private static MemoryStream Json(string text) => new(Encoding.UTF8.GetBytes(text));

    private sealed class BadOptions
    {
        public TimeSpan Period { get; set; }
    }
}
