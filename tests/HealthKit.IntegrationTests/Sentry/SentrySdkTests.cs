using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace HealthKit.IntegrationTests.Sentry;

/// <summary>Sentry's own receiver understands us, and we send what Sentry's own SDK for Node sends.</summary>
public sealed class SentrySdkTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset At = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    /// <summary>What both send, in the same place and as the same kind of JSON. "=" where the values are the same too.</summary>
    private static readonly string[] EnvelopeFields = ["event_id", "sent_at", "sdk.name", "sdk.version"];

    private static readonly string[] EventFields =
        ["event_id", "platform", "level=", "server_name=", "release=", "environment=", "sdk.name", "sdk.version", "contexts.runtime.name", "contexts.runtime.version", "contexts.app"];

    private static readonly string[] MessageFields =
        ["fingerprint=", "tags.check=", "contexts.incident.id=", "breadcrumbs.0.category=", "breadcrumbs.0.message", "breadcrumbs.0.level="];

    private static readonly string[] ExceptionFields =
        ["exception.values.0.type=", "exception.values.0.value=", "exception.values.0.mechanism.type", "exception.values.0.mechanism.handled="];

    private static readonly string[] CheckInFields =
        ["check_in_id", "monitor_slug=", "status=", "duration=", "release=", "environment=", "monitor_config=", "contexts.trace.trace_id"];

    [Fact]
    public async Task Spotlight_shows_an_incident_its_recovery_a_message_and_the_check_in()
    {
        if (SentryOracle.WhyNot() is { } why)
        {
            output.WriteLine(why);
            return;
        }

        await using var spotlight = Spotlight.Start();
        var directory = Directory.CreateTempSubdirectory("healthkit-spotlight-").FullName;
        try
        {
            var status = HealthStatus.Healthy;
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Configuration.AddInMemoryCollection([
                KeyValuePair.Create("SENTRY_DSN", (string?)spotlight.Dsn), KeyValuePair.Create("HealthKit:StateDirectory", (string?)directory),
                KeyValuePair.Create("HealthKit:Defaults:Period", (string?)"00:00:00.1"),
            ]);
            builder.Services.AddLogging();
            builder.AddHealthKit(options => options.AddDefaultChecks = false).AddSentry()
                .AddDelegateCheck("a", _ => new(new HealthCheckResult(status, $"it is {status}", data: new Dictionary<string, object> { ["waitingCount"] = 7, ["reason"] = "a.full" })));
            using var host = builder.Build();
            await host.StartAsync();
            var monitor = host.Services.GetRequiredService<HealthMonitor>();
            while (monitor.Current.Checks.Any(check => check.Name == "a" && check.CheckedAt is null))
            {
                await Task.Delay(20);
            }

            status = HealthStatus.Unhealthy;
            var (_, opened) = await spotlight.NextAsync("event", json => Fingerprint(json) == "healthkit,a,a.full");
            status = HealthStatus.Healthy;
            await spotlight.NextAsync("event", json => Fingerprint(json) == "healthkit,a,a.full,recovered");
            var id = host.Services.GetRequiredService<SentryMessages>().Capture(LogLevel.Warning, "text", new Dictionary<string, object?> { ["rows"] = 17 });
            var (_, message) = await spotlight.NextAsync("event", json => json["event_id"]!.GetValue<string>() == id);
            var (_, checkIn) = await spotlight.NextAsync("check_in", _ => true);
            Assert.Equal(7, opened["contexts"]!["readings at"]!["waitingCount"]!.GetValue<int>());
            Assert.Equal(17, message["extra"]!["rows"]!.GetValue<int>());
            Assert.Equal("ok", checkIn["status"]!.GetValue<string>());
            await host.StopAsync();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task A_message_an_exception_and_a_check_in_hold_what_Sentrys_SDK_for_Node_sends()
    {
        if (SentryOracle.WhyNot() is { } why)
        {
            output.WriteLine(why);
            return;
        }

        await using var spotlight = Spotlight.Start();
        using (var node = ChildProcess.Start("node", SentryOracle.Script("sender.cjs"), SentryOracle.Packages, spotlight.Dsn))
        {
            Assert.True(node.WaitForExit() == 0, node.Errors);
        }

        bool IsOurs(JsonNode json) => json["logger"]?.GetValue<string>() == "healthkit";
        var theirMessage = await spotlight.NextAsync("event", json => json["tags"]?["check"] is not null);
        var theirException = await spotlight.NextAsync("event", json => json["exception"] is not null);
        var theirCheckIn = await spotlight.NextAsync("check_in", _ => true);
        await SendOurs(spotlight.Dsn);
        var message = await spotlight.NextAsync("event", json => IsOurs(json) && json["exception"] is null);
        var exception = await spotlight.NextAsync("event", json => IsOurs(json) && json["exception"] is not null);
        var checkIn = await spotlight.NextAsync("check_in", json => json["check_in_id"]!.GetValue<string>() != theirCheckIn.Payload["check_in_id"]!.GetValue<string>());

        Compare("envelope", EnvelopeFields, theirMessage.Header, message.Header);
        Compare("message", [.. EventFields, .. MessageFields], theirMessage.Payload, message.Payload);
        Compare("exception", [.. EventFields.Where(field => field != "level="), .. ExceptionFields], theirException.Payload, exception.Payload);
        Compare("check-in", CheckInFields, theirCheckIn.Payload, checkIn.Payload);

        // Where we differ, knowingly: the text has a template of its own, and the time is RFC 3339 instead of seconds. Sentry takes both.
        Assert.Equal("disk: disk.space.low", theirMessage.Payload["message"]!.GetValue<string>());
        Assert.StartsWith("disk: disk.space.low\n", message.Payload["logentry"]!["formatted"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.True(theirMessage.Payload["timestamp"]!.GetValue<double>() > 1e9);
        Assert.Equal(At, message.Payload["timestamp"]!.GetValue<DateTimeOffset>());
    }

    /// <summary>The same message, exception and check-in as sender.cjs.</summary>
    private static async Task SendOurs(string text)
    {
        Assert.True(SentryDsn.TryParse(text, out var dsn, out _));
        var settings = new SentrySettings { Dsn = dsn, Release = "shop@1.2.3", Environment = "test", AttachEvidence = false };
        var redactor = new Redactor();
        var trail = new SentryTrail();
        var before = new CheckState { Name = "disk", Status = HealthStatus.Unhealthy, Condition = CheckCondition.Current, Since = At, Policy = new CheckPolicy() };
        trail.OnTransition(before, before with { Status = HealthStatus.Healthy });
        var transport = new SentryTransport(dsn, new SentryTransportOptions(), redactor, TimeProvider.System);
        var client = new SentryClient("sentry", settings, transport, sender: null, redactor, trail, new SentryApp("shop", "1.2.3", "web-1"));
        using var sink = new SentrySink(new SentryClients(), client, _ => null, check => check, TimeProvider.System);
        var incident = new Incident
        {
            Id = "1", Check = "disk", Reason = "disk.space.low", Status = HealthStatus.Unhealthy, WorstStatus = HealthStatus.Unhealthy, OpenedAt = At, UpdatedAt = At,
        };
        var message = new IncidentMessage { Id = "1-1", Kind = IncidentMessageKind.Opened, At = At, Incident = incident, Application = "shop", Version = "1.2.3", Host = "web-1" };
        foreach (var each in new[]
        {
            message,
            message with { Id = "2-1", Incident = incident with { Exception = new("TypeError", "No space left on device", "") } },
        })
        {
            Assert.Equal(SinkResult.Delivered, await sink.SendAsync(each, CancellationToken.None));
        }

        var checkIn = new CheckIn(CheckIn.NewId(), "shop-web-1", SentryCheckInStatus.Ok)
        {
            Duration = TimeSpan.FromSeconds(1.5), Monitor = CheckInQueue.OwnMonitor(TimeSpan.FromMinutes(1)), TraceId = CheckIn.NewId(),
        };
        Assert.Equal(SinkResult.Delivered, await client.SendAsync(checkIn, isSentAgain: false, CancellationToken.None));
    }

    private void Compare(string what, IReadOnlyList<string> fields, JsonNode theirs, JsonNode ours)
    {
        foreach (var field in fields)
        {
            var path = field.TrimEnd('=');
            var (their, our) = (Find(theirs, path), Find(ours, path));
            output.WriteLine($"{what} {field}: {their?.ToJsonString()} | {our?.ToJsonString()}");
            Assert.True(their is not null, $"{what}: {path} is not what the SDK sends any more");
            Assert.True(our is not null, $"{what}: {path} is missing");
            Assert.True(their.GetValueKind() == our.GetValueKind(), $"{what}: {path} is {our.ToJsonString()} here and {their.ToJsonString()} there");
            Assert.True(!field.EndsWith('=') || JsonNode.DeepEquals(their, our), $"{what}: {path} is {our.ToJsonString()} here and {their.ToJsonString()} there");
        }
    }

    private static JsonNode? Find(JsonNode json, string path) => path.Split('.').Aggregate(
        (JsonNode?)json, (node, part) => node is JsonArray list ? (list.Count > int.Parse(part, System.Globalization.CultureInfo.InvariantCulture) ? list[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)] : null) : node?[part]);

    private static string Fingerprint(JsonNode json) => string.Join(',', json["fingerprint"]?.AsArray().Select(part => part!.GetValue<string>()) ?? []);
}
