using HealthKit.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Sentry;

/// <summary>AddSentry in a real host.</summary>
public sealed class SentryRegistrationTests : IAsyncLifetime
{
    private const string Dsn = "https://PLANTEDkey@sentry.example/1";

    private SentryReceiver _receiver = null!;

    public async Task InitializeAsync() => _receiver = await SentryReceiver.StartAsync();

    public async Task DisposeAsync() => await _receiver.DisposeAsync();

    [Fact]
    public async Task A_check_that_fails_and_recovers_is_an_event_with_evidence_and_a_recovery_and_the_monitor_checks_in()
    {
        var status = HealthStatus.Healthy;
        var builder = Builder(("SENTRY_DSN", _receiver.Dsn), ("SENTRY_ENVIRONMENT", "night"), ("SENTRY_RELEASE", "shop@9"));
        builder.AddHealthKit(options => options.AddDefaultChecks = false)
            .AddDelegateCheck("a", _ => new(new HealthCheckResult(
                status, $"it is {status}", data: new Dictionary<string, object> { ["waitingCount"] = status == HealthStatus.Healthy ? 1 : 99, ["limit"] = 50, ["reason"] = "a.full" })))
            .AddSentry();
        await using (var host = await TestHost.Start(builder))
        {
            await host.Until("a", check => check.Status == HealthStatus.Healthy && check.CheckedAt is not null);
            status = HealthStatus.Unhealthy;
            await Wait.For(() => Events().Any());
            status = HealthStatus.Healthy;
            await Wait.For(() => Events().Count() == 2);
            await Wait.For(() => CheckIns().Any());
            Assert.Equal(SinkOutcome.Delivered, (await host.Host.Services.GetRequiredService<HealthIncidents>().TestAlertAsync()).Single(result => result.Sink == "sentry").Outcome);
            await Wait.For(() => Events().Count() == 3);
        }

        Assert.Empty(_receiver.Violations);
        var first = Events().First();
        var opened = first["event"];
        Assert.Equal(("night", "shop@9"), (opened.Text("environment"), opened.Text("release")));
        Assert.Equal(["healthkit", "a", "a.full"], opened.Texts("fingerprint"));
        Assert.Equal((99, 50), (opened.At("contexts", "readings at", "waitingCount").GetInt32(), opened.At("contexts", "check", "limit").GetInt32()));
        Assert.Contains("a: healthy → unhealthy (a.full)", opened.At("breadcrumbs").EnumerateArray().Select(crumb => crumb.Text("message")));
        Assert.Contains("attachment", first.Types);
        Assert.Equal(["healthkit", "a", "a.full", "recovered"], Events().ElementAt(1)["event"].Texts("fingerprint"));
        Assert.Equal(("ok", "night"), (CheckIns().First()["check_in"].Text("status"), CheckIns().First()["check_in"].Text("environment")));
        Assert.False(_receiver.Saw(SentryReceiver.Key));
    }

    [Fact]
    public async Task Configuration_alone_declares_sinks_with_DSNs_and_filters_of_their_own()
    {
        await using var other = await SentryReceiver.StartAsync();
        var status = HealthStatus.Healthy;
        ValueTask<HealthCheckResult?> Check(CancellationToken _) => new(new HealthCheckResult(status, "it is"));
        var builder = Builder(
            ("HealthKit:Sinks:sentry:Dsn", _receiver.Dsn), ("HealthKit:Sinks:sentry:Checks", "a"), ("HealthKit:Sinks:sentry:CheckIns", "false"),
            ("HealthKit:Sinks:db:Type", "Sentry"), ("HealthKit:Sinks:db:Dsn", other.Dsn), ("HealthKit:Sinks:db:Tags", "db"), ("HealthKit:Sinks:db:ProcessType", "web"));
        builder.AddHealthKit(options => options.AddDefaultChecks = false).AddSentry().AddDelegateCheck("a", Check).AddDelegateCheck("b", Check, tags: ["db"]);
        await using var host = await TestHost.Start(builder);
        await host.Until("b", check => check.Status == HealthStatus.Healthy && check.CheckedAt is not null);
        await host.Until("a", check => check.Status == HealthStatus.Healthy && check.CheckedAt is not null);
        status = HealthStatus.Unhealthy;
        await Wait.For(() => _receiver.Accepted.Count == 1 && other.Accepted.Count == 1);
        status = HealthStatus.Healthy;
        await Wait.For(() => _receiver.Accepted.Count == 2 && other.Accepted.Count == 2);

        Assert.All(_receiver.Accepted, envelope => Assert.Equal("a", envelope["event"].Text("tags", "check")));
        Assert.All(other.Accepted, envelope => Assert.Equal(("b", "web"), (envelope["event"].Text("tags", "check"), envelope["event"].Text("tags", "process_type"))));
        Assert.Empty(_receiver.Violations.Concat(other.Violations));
    }

    [Fact]
    public async Task Two_process_types_with_two_DSNs_never_cross()
    {
        await using var other = await SentryReceiver.StartAsync();
        (string Process, SentryReceiver Receiver)[] processes = [("web", _receiver), ("worker", other)];
        var hosts = new List<TestHost>();
        foreach (var (process, receiver) in processes)
        {
            var builder = Builder(("SENTRY_DSN", receiver.Dsn), ("HealthKit:Sinks:sentry:ProcessType", process));
            builder.AddHealthKit(options => options.AddDefaultChecks = false).AddDelegateCheck("of_" + process, _ => new(HealthCheckResult.Unhealthy("down"))).AddSentry();
            hosts.Add(await TestHost.Start(builder));
            hosts[^1].Host.Services.GetRequiredService<SentryMessages>().Capture(Microsoft.Extensions.Logging.LogLevel.Information, "message of " + process);
        }

        foreach (var (process, receiver) in processes)
        {
            await Wait.For(() => receiver.Accepted.SelectMany(envelope => envelope.Types).Distinct().Order().SequenceEqual(["attachment", "check_in", "event"])
                && receiver.Accepted.Count(envelope => envelope.Types.Contains("event")) == 2);
            var foreign = process == "web" ? "worker" : "web";
            Assert.All(receiver.Accepted, envelope => Assert.DoesNotContain(foreign, envelope.Text, StringComparison.Ordinal));
            Assert.All(receiver.Accepted.Where(envelope => envelope.Types.Contains("event")), envelope => Assert.Equal(process, envelope["event"].Text("tags", "process_type")));
            Assert.Contains($"-{process}-", receiver.Accepted.First(envelope => envelope.Types.Contains("check_in"))["check_in"].Text("monitor_slug"), StringComparison.Ordinal);
        }

        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task Without_a_DSN_the_app_starts_and_says_so_once()
    {
        var builder = Builder();
        builder.AddHealthKit(options => options.AddDefaultChecks = false).AddDelegateCheck("a", _ => new(HealthCheckResult.Unhealthy("down"))).AddSentry();
        await using var host = await TestHost.Start(builder);
        await Wait.For(() => host.Log.Lines.Any(line => line.StartsWith("Error 300", StringComparison.Ordinal)));
        await Wait.For(() => host.Log.Lines.Any(line => line.StartsWith("Information 9001", StringComparison.Ordinal)));
        Assert.Equal("Information 9001 Sentry sink 'sentry' has no DSN (option Dsn, or SENTRY_DSN): nothing is sent to Sentry ", Assert.Single(host.Log.Lines, line => line.Contains("Sentry", StringComparison.Ordinal)));
        Assert.Null(host.Host.Services.GetRequiredService<SentryMessages>().Capture(Microsoft.Extensions.Logging.LogLevel.Error, "text"));
        Assert.False(host.Host.Services.GetRequiredService<CheckInQueue>().IsAwake);
    }

    [Theory]
    [InlineData("SENTRY_DSN", "https://PLANTEDkey@sentry.example/PLANTEDproject")]
    [InlineData("SENTRY_DSN", "PLANTEDkey")]
    [InlineData("HealthKit:Sinks:sentry:Dsn", "https://PLANTEDkey:PLANTEDsecret@sentry.example")]
    [InlineData("HealthKit:Sinks:sentry:Dsn", "ftp://PLANTEDkey@sentry.example/1")]
    [InlineData("HealthKit:Sinks:sentry:Proxy", "PLANTED:8080")]
    public async Task A_wrong_DSN_or_proxy_fails_the_start_and_is_not_shown(string key, string value)
    {
        var builder = Builder((key, value));
        builder.AddHealthKit(options => options.AddDefaultChecks = false).AddSentry();
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => TestHost.Start(builder));
        Assert.Contains(key, refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("PLANTED", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Environment", "a b", "without blanks")]
    [InlineData("Environment", "None", "not None")]
    [InlineData("Release", "shop/1", "without slashes")]
    [InlineData("MonitorSlug", "Shop", "a-z")]
    [InlineData("CheckInInterval", "00:00:30", "00:01:00 to 1.00:00:00")]
    [InlineData("Recovery", "2", "one of Event, Monitor")]
    [InlineData("Proxy", "ftp://proxy:1", "http:// or https://")]
    public async Task Wrong_options_fail_the_start_and_say_what_is_allowed(string option, string value, string allowed)
    {
        var builder = Builder(("HealthKit:Sinks:sentry:Dsn", ""), ("HealthKit:Sinks:sentry:" + option, value));
        builder.AddHealthKit(options => options.AddDefaultChecks = false).AddSentry();
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => TestHost.Start(builder));
        Assert.Contains($"HealthKit:Sinks:sentry:{option} = ", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains(allowed, refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_variable_fails_the_start()
    {
        var builder = Builder(("SENTRY_ENVIRONMENT", "a/b"));
        builder.AddHealthKit(options => options.AddDefaultChecks = false).AddSentry();
        Assert.Contains("SENTRY_ENVIRONMENT = 'a/b'; allowed: ", (await Assert.ThrowsAnyAsync<Exception>(() => TestHost.Start(builder))).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_DSN_in_the_wrong_variable_is_not_shown()
    {
        var builder = Builder(("SENTRY_RELEASE", Dsn));
        builder.AddHealthKit(options => options.AddDefaultChecks = false).AddSentry();
        var refused = (await Assert.ThrowsAnyAsync<Exception>(() => TestHost.Start(builder))).ToString();
        Assert.Contains("SENTRY_RELEASE = ", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("PLANTED", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void The_environment_is_the_hosts_in_lower_case_and_the_options_win()
    {
        var services = new ServiceCollection().AddSingleton<IHostEnvironment>(new Env("Pre Production")).BuildServiceProvider();
        Assert.Equal("pre-production", SentrySettings.Of(new SentrySinkOptions(), services).Environment);
        Assert.Equal("Mine", SentrySettings.Of(new SentrySinkOptions { Environment = "Mine" }, services).Environment);
        Assert.Equal("production", SentrySettings.Of(new SentrySinkOptions(), new ServiceCollection().BuildServiceProvider()).Environment);
        Assert.Null(SentrySettings.Of(new SentrySinkOptions { Dsn = "" }, services).Dsn);
    }

    [Fact]
    public void The_options_show_no_key()
    {
        Assert.Equal("https://sentry.example/…/1", new SentrySinkOptions { Dsn = Dsn }.ToString());
        Assert.Equal("***", new SentrySinkOptions { Dsn = "PLANTED" }.ToString());
        Assert.Equal("SENTRY_DSN", new SentrySinkOptions().ToString());
    }

    private static HostApplicationBuilder Builder(params (string Key, string? Value)[] settings)
    {
        var builder = TestHost.Builder(("Defaults:Period", "00:00:00.1"));
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));
        return builder;
    }

    private IEnumerable<ReceivedEnvelope> Events() => _receiver.Accepted.Where(envelope => envelope.Types.Contains("event"));

    private IEnumerable<ReceivedEnvelope> CheckIns() => _receiver.Accepted.Where(envelope => envelope.Types.Contains("check_in"));

    private sealed class Env(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "shop";

        public string ContentRootPath { get; set; } = "/";

        public Microsoft.Extensions.FileProviders.IFileProvider ContentRootFileProvider { get; set; } = new Microsoft.Extensions.FileProviders.NullFileProvider();
    }
}
