using HealthKit.Tests.Incidents.Sinks.Webhook;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Incidents;

/// <summary>Incidents in a real host: monitor, tracker, journal, sinks.</summary>
public sealed class IncidentServiceTests
{
    private static readonly (string, string?)[] Quick = [("Defaults:Period", "00:00:00.1")];

    [Fact]
    public async Task A_check_that_fails_and_recovers_is_told_and_kept()
    {
        var sink = new Recorder();
        var status = HealthStatus.Healthy;
        await using var host = await Start(sink, builder => builder
            .AddDelegateCheck("a", _ => new(new HealthCheckResult(status, $"it is {status}", data: new Dictionary<string, object> { ["waitingCount"] = status == HealthStatus.Healthy ? 1 : 99 }))));
        var incidents = Incidents(host);
        await host.Until("a", check => check.Status == HealthStatus.Healthy && check.CheckedAt is not null);
        status = HealthStatus.Unhealthy;
        await Wait.For(() => sink.Kinds("a").Contains("Opened"));
        var open = Assert.Single(incidents.Open);
        Assert.Equal(("a", HealthStatus.Unhealthy, "it is Unhealthy"), (open.Check, open.Status, open.Description));
        Assert.Equal([new Reading("waitingCount", 1, "count")], open.ReadingsBefore);
        Assert.Equal([new Reading("waitingCount", 99, "count")], open.ReadingsAt);
        await Wait.For(() => incidents.FindEvidence(open.Id.ToUpperInvariant()) is not null);
        status = HealthStatus.Healthy;
        await Wait.For(() => sink.Kinds("a").Contains("Resolved"));

        Assert.Empty(incidents.Open);
        var resolved = Assert.Single(incidents.Recent);
        Assert.Equal((open.Id, IncidentResolution.Recovered), (resolved.Id, resolved.Resolution));
        Assert.Equal(resolved, incidents.Find(open.Id));
        Assert.Equal([$"{open.Id}-1", $"{open.Id}-2"], sink.Messages.Select(message => message.Id));
        Assert.Contains(host.Log.Lines, line => line.StartsWith("Error 300", StringComparison.Ordinal));
        await Wait.For(() => host.Log.Lines.Any(line => line.StartsWith("Information 302", StringComparison.Ordinal))); // the sink may be told first
        Assert.Equal(1, incidents.GetDowntime().App.Outages);
    }

    [Fact]
    public async Task A_host_that_is_built_asked_and_disposed_of_does_not_begin_anew_after_its_end()
    {
        var place = Directory.CreateTempSubdirectory("hk-incidents").FullName;
        for (var run = 0; run < 2; run++)
        {
            var log = new LogLines();
            var builder = TestHost.Builder([.. Quick, ("StateDirectory", place)]);
            builder.Services.AddLogging().AddSingleton<Microsoft.Extensions.Logging.ILoggerProvider>(log);
            var kit = builder.AddHealthKit(options => options.AddDefaultChecks = false);
            for (var check = 0; check < 20; check++)
            {
                kit.AddDelegateCheck("a" + check, _ => new(HealthCheckResult.Unhealthy("down")));
            }

            using (var host = builder.Build())
            {
                await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
                if (run == 0)
                {
                    await Wait.For(() => host.Services.GetRequiredService<HealthIncidents>().Open.Count == 20);
                }
            }

            Assert.DoesNotContain(log.Lines, line => line.Contains("IncidentService failed", StringComparison.Ordinal));
        }

        Directory.Delete(place, recursive: true);
    }

    [Fact]
    public async Task What_is_found_while_the_app_starts_is_no_incident_and_is_looked_at_again_when_it_has_started()
    {
        var sink = new Recorder();
        var runs = 0;
        await using var host = await Start(
            sink,
            builder =>
            {
                builder.AddDelegateCheck("warm", _ => new(Interlocked.Increment(ref runs) == 1 ? HealthCheckResult.Unhealthy("not migrated yet") : HealthCheckResult.Healthy()));
                builder.AddDelegateCheck("bad", _ => new(HealthCheckResult.Unhealthy("gone")));
                builder.Configure("warm", policy => policy with { Period = TimeSpan.FromHours(1) }).Configure("bad", policy => policy with { Period = TimeSpan.FromHours(1) });
                builder.Services.AddHostedService(services => new AtStart(() => services.GetRequiredService<HealthCheckService>().CheckHealthAsync()));
            });
        await host.Until("warm", check => check.Status == HealthStatus.Healthy);
        await Wait.For(() => sink.Kinds("bad").Contains("Opened"));
        Assert.Equal(["bad"], host.Host.Services.GetRequiredService<HealthIncidents>().Open.Select(incident => incident.Check));
        Assert.Empty(sink.Kinds("warm"));
        Assert.Empty(host.Host.Services.GetRequiredService<HealthIncidents>().Recent);
    }

    [Fact]
    public async Task A_symptom_is_not_told_and_the_log_says_why()
    {
        var sink = new Recorder();
        var status = HealthStatus.Healthy;
        await using var host = await Start(
            sink,
            builder => builder
                .AddDelegateCheck("root", _ => new(new HealthCheckResult(status, "root")))
                .AddDelegateCheck("d", _ => new(new HealthCheckResult(status, "d")))
                .Configure("d", policy => policy with { DependsOn = ["root"] }));
        await host.Until("d", check => check.Status == HealthStatus.Healthy && check.CheckedAt is not null);
        status = HealthStatus.Unhealthy;
        await Wait.For(() => sink.Kinds("root").Contains("Opened"));
        await Wait.For(() => host.Log.Lines.Any(line => line.StartsWith("Information 304", StringComparison.Ordinal) && line.Contains("root", StringComparison.Ordinal)));
        var symptom = Assert.Single(Incidents(host).Open, incident => incident.Check == "d");
        Assert.Equal(("root", IncidentSilence.Cause), (symptom.Cause, symptom.Silence));
        status = HealthStatus.Healthy;
        await Wait.For(() => Incidents(host).Open.Count == 0);
        await Wait.For(() => sink.Kinds("root").Contains("Resolved"));
        Assert.Empty(sink.Kinds("d"));
    }

    [Fact]
    public async Task What_is_muted_is_told_when_that_is_ended()
    {
        var sink = new Recorder();
        await using var host = await Start(sink, builder => builder.AddDelegateCheck("a", _ => new(HealthCheckResult.Unhealthy("down"))), mute: "a");
        var incidents = Incidents(host);
        await Wait.For(() => incidents.Open is [{ Silence: IncidentSilence.Muted, SilenceReason: "we know" }]);
        Assert.Empty(sink.Messages);
        Assert.True(incidents.Unmute("A"));
        await Wait.For(() => sink.Kinds("a").Contains("Opened"));
        Assert.Equal("we know", Assert.Throws<ArgumentException>(() => incidents.Mute("b", TimeSpan.FromHours(1), "we know")) is { Message: var text } && text.Contains("'b'", StringComparison.Ordinal) ? "we know" : "no name");
    }

    [Fact]
    public async Task What_was_in_maintenance_is_told_when_its_file_is_gone_although_its_check_has_no_result_for_an_hour()
    {
        var sink = new Recorder();
        var file = Path.Combine(Directory.CreateTempSubdirectory("hk-maintenance-").FullName, "maintenance");
        await File.WriteAllTextAsync(file, "");
        await using var host = await Start(
            sink,
            builder => builder
                .AddDelegateCheck("often", _ => new(HealthCheckResult.Healthy()))
                .AddDelegateCheck("seldom", _ => new(HealthCheckResult.Unhealthy("down")))
                .Configure("seldom", policy => policy with { Period = TimeSpan.FromHours(1) }),
            settings: ("MaintenanceFile", file));
        await Wait.For(() => Incidents(host).Open is [{ Silence: IncidentSilence.Maintenance }]);
        Assert.Empty(sink.Messages);
        File.Delete(file);
        await Wait.For(() => sink.Kinds("seldom").Contains("Opened"));
    }

    [Fact]
    public async Task A_look_at_open_incidents_that_fails_does_not_end_the_app_and_is_made_up_for()
    {
        var sink = new Recorder();
        var time = new BrokenOnce("HealthKit incidents");
        await using var host = await Start(
            sink,
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.AddDelegateCheck("a", _ => new(HealthCheckResult.Unhealthy("down"))).Configure("a", policy => policy with { Period = TimeSpan.FromHours(1) });
            },
            mute: "a",
            muteFor: TimeSpan.FromSeconds(6));
        await Wait.For(() => Incidents(host).Open is [{ Silence: IncidentSilence.Muted }]);
        await Wait.For(() => sink.Kinds("a").Contains("Opened"));
        Assert.True(time.HasBroken);
    }

    [Fact]
    public async Task An_incident_that_is_reopened_again_and_again_takes_one_place_among_the_recent_ones()
    {
        await using var host = await Start(new Recorder(), _ => { });
        var incidents = Incidents(host);
        void Commit(int id, bool isOpen) => ((IIncidentEffects)incidents).Commit(
            new Incident
            {
                Id = $"id{id}",
                Check = $"c{id}",
                Status = HealthStatus.Unhealthy,
                WorstStatus = HealthStatus.Unhealthy,
                OpenedAt = DateTimeOffset.UnixEpoch,
                UpdatedAt = DateTimeOffset.UnixEpoch,
                ResolvedAt = isOpen ? null : DateTimeOffset.UnixEpoch,
            },
            notice: null,
            told: null);
        for (var id = 0; id < 100; id++)
        {
            Commit(id, isOpen: false);
        }

        for (var times = 0; times < 150; times++)
        {
            Commit(0, isOpen: true);
            Commit(0, isOpen: false);
        }

        Assert.Equal(100, incidents.Recent.Count);
        Commit(100, isOpen: false);
        Assert.Equal(100, incidents.Recent.Count);
        Assert.Null(incidents.Find("id1"));
        Assert.NotNull(incidents.Find("id0"));
    }

    [Fact]
    public async Task Space_is_reserved_when_the_app_starts()
    {
        var place = Directory.CreateTempSubdirectory("hk-incidents-").FullName;
        await using var host = await Start(new Recorder(), _ => { }, settings: ("StateDirectory", place));
        await Wait.For(() => new[] { "incidents", "evidence", "ledger", "silence", "outbox-log" }.All(
            name => Directory.EnumerateFiles(place, name + ".journal", SearchOption.AllDirectories).Any(file => new FileInfo(file).Length > 0)));
    }

    [Fact]
    public async Task An_incident_outlives_the_app_and_is_resolved_once()
    {
        var place = Directory.CreateTempSubdirectory("hk-incidents-").FullName;
        var status = HealthStatus.Unhealthy;
        async Task<TestHost> StartThere(Recorder sink) =>
            await Start(sink, builder => builder.AddDelegateCheck("a", _ => new(new HealthCheckResult(status, "x"))), settings: ("StateDirectory", place));
        var first = new Recorder();
        var host = await StartThere(first);
        await Wait.For(() => first.Kinds("a").Contains("Opened"));
        var id = Incidents(host).Open.Single().Id;
        await host.Host.StopAsync();
        host.Host.Dispose();

        status = HealthStatus.Healthy;
        var second = new Recorder();
        await using var again = await StartThere(second);
        await Wait.For(() => second.Kinds("a").Contains("Resolved"));
        var resolved = Assert.Single(Incidents(again).Recent);
        Assert.Equal(id, resolved.Id);
        Assert.NotNull(resolved.Gap?.From);
        Assert.Equal(["Resolved"], second.Kinds("a"));
        Assert.Equal([$"{id}-2"], second.Messages.Select(message => message.Id));
    }

    [Theory]
    [InlineData(HealthStatus.Healthy, IncidentResolution.Recovered)]
    [InlineData(HealthStatus.Unhealthy, IncidentResolution.Superseded)]
    public async Task What_the_run_before_left_open_is_resolved_when_the_state_directory_comes_back(HealthStatus found, IncidentResolution resolution)
    {
        var place = Directory.CreateTempSubdirectory("hk-incidents-").FullName;
        var (state, aside) = (Path.Combine(place, "state"), Path.Combine(place, "aside"));
        var status = HealthStatus.Unhealthy;
        async Task<TestHost> StartThere(Recorder sink) =>
            await Start(sink, builder => builder.AddDelegateCheck("a", _ => new(new HealthCheckResult(status, "x"))), settings: ("StateDirectory", state));
        var first = new Recorder();
        var host = await StartThere(first);
        await Wait.For(() => first.Kinds("a").Contains("Opened"));
        var id = Incidents(host).Open.Single().Id;
        await host.Host.StopAsync();
        host.Host.Dispose();

        Directory.Move(state, aside);
        await File.WriteAllTextAsync(state, "no directory");
        status = found;
        var second = new Recorder();
        var again = await StartThere(second);
        await again.Until("a", check => check.Condition == CheckCondition.Current && check.Status == found);
        await Wait.For(() => Incidents(again).Open.Count == (found == HealthStatus.Healthy ? 0 : 1));
        File.Delete(state);
        Directory.Move(aside, state);

        await Wait.For(() => second.Messages.Any(message => message.Id == $"{id}-2"));
        var resolved = Incidents(again).Find(id)!;
        Assert.Equal((false, resolution), (resolved.IsOpen, resolved.Resolution));
        Assert.Equal("Resolved", second.Messages.Single(message => message.Incident.Id == id).Kind.ToString());
        Assert.Equal(found == HealthStatus.Healthy ? 0 : 1, Incidents(again).Open.Count);
        await again.Host.StopAsync();
        again.Host.Dispose();

        await using (var third = await StartThere(new Recorder()))
        {
            await Wait.For(() => Incidents(third).Find(id) is { IsOpen: false });
            Assert.Equal(resolution, Incidents(third).Find(id)!.Resolution);
        }

        Directory.Delete(place, recursive: true);
    }

    [Fact]
    public async Task An_orderly_stop_loses_no_message_of_an_outbox_that_is_in_memory_only()
    {
        var place = Directory.CreateTempSubdirectory("hk-incidents-").FullName;
        var obstacle = Directory.CreateDirectory(Path.Combine(place, "outbox-recorder.journal"));
        async Task<TestHost> StartThere(Recorder sink) =>
            await Start(
                sink,
                builder => builder.AddDelegateCheck("a", _ => new(HealthCheckResult.Unhealthy("down"))),
                settings: [("StateDirectory", place), ("Checks:sink_recorder:Enabled", "false")]); // its incident would be the last change
        var host = await StartThere(new Recorder { Result = SinkResult.Retry("not now") });
        await Wait.For(() => Incidents(host).Sinks.Single(sink => sink.Name == "recorder").Waiting == 1);
        var id = Incidents(host).Open.Single().Id;
        await host.Host.StopAsync();
        host.Host.Dispose();

        obstacle.Delete();
        var second = new Recorder();
        await using var again = await StartThere(second);
        await Wait.For(() => second.Messages.Any(message => message.Id == $"{id}-1"));
    }

    [Fact]
    public async Task A_test_goes_through_every_sink_and_each_is_reported()
    {
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"));
        var sink = new Recorder();
        await using var host = await Start(sink, _ => { }, settings: [("Sinks:hook:Type", "Webhook"), ("Sinks:hook:Url", receiver.Url("/services/PLANTED").AbsoluteUri)]);
        var results = await Incidents(host).TestAlertAsync();
        Assert.Equal(["hook", "log", "recorder"], results.Select(result => result.Sink).Order());
        Assert.Equal(SinkOutcome.Retry, results.Single(result => result.Sink == "hook").Outcome);
        Assert.DoesNotContain("PLANTED", string.Join(' ', results), StringComparison.Ordinal);
        Assert.All(results.Where(result => result.Sink != "hook"), result => Assert.Equal(SinkOutcome.Delivered, result.Outcome));
        Assert.Equal(["Test"], sink.Messages.Select(message => message.Kind.ToString()));
    }

    [Fact]
    public async Task A_sink_that_fails_is_a_check_and_the_others_hear_of_it()
    {
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"));
        var sink = new Recorder();
        await using var host = await Start(
            sink,
            builder => builder.AddDelegateCheck("a", _ => new(HealthCheckResult.Unhealthy("down"))),
            settings: [("Sinks:hook:Type", "Webhook"), ("Sinks:hook:Url", receiver.Url("/services/PLANTED").AbsoluteUri)]);
        await Wait.For(() => sink.Kinds("sink_hook").Contains("Opened"));
        var told = sink.Messages.Single(message => message.Incident.Check == "sink_hook").Incident;
        Assert.Equal("sink.failing", told.Reason);
        Assert.DoesNotContain("PLANTED", told.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(receiver.Requests, request => request.Text.Contains("sink_hook", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_planted_secret_is_in_any_byte_that_is_sent_logged_shown_or_kept()
    {
        var place = Directory.CreateTempSubdirectory("hk-incidents-").FullName;
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer(WebhookReceiver.Ok));
        var sink = new Recorder();
        await using (var host = await Start(
            sink,
            builder => builder
                .AddDelegateCheck("text", _ => new(HealthCheckResult.Unhealthy(
                    "redis://:PLANTED1@cache:6379 refused; Server=db;Password=PLANTED2;",
                    data: new Dictionary<string, object> { ["connection"] = "amqp://u:PLANTED3@mq/", ["password"] = "PLANTED4", ["reason"] = "x.y" })))
                .AddDelegateCheck("throws", _ => throw new InvalidOperationException("GET https://u:PLANTED5@api.example/?token=PLANTED6 failed: Bearer PLANTED7PLANTED7PLANTED7"))
                .AddDelegateCheck("app", _ => new(HealthCheckResult.Unhealthy("cannot log in as shop with PLANTED8"))),
            settings:
            [
                ("StateDirectory", place),
                ("Sinks:hook:Type", "Webhook"),
                ("Sinks:hook:Url", receiver.Url("/services/PLANTED9/abcdefghijkl").AbsoluteUri),
                ("Sinks:hook:Authorization", "Bearer PLANTED0PLANTED0"),
            ],
            secret: "PLANTED8"))
        {
            await Wait.For(() => sink.Messages.Count >= 3 && Incidents(host).Open.All(incident => Incidents(host).FindEvidence(incident.Id) is not null));
            await Wait.For(() => receiver.Requests.Count >= 3);
            var shown = new System.Buffers.ArrayBufferWriter<byte>();
            using (var writer = new System.Text.Json.Utf8JsonWriter(shown))
            {
                writer.WriteStartArray();
                foreach (var incident in Incidents(host).Open)
                {
                    IncidentJson.Write(writer, incident);
                    writer.WriteRawValue(Incidents(host).FindEvidence(incident.Id)!);
                }

                Incidents(host).GetDowntime().WriteJson(writer);
                writer.WriteEndArray();
            }

            Assert.DoesNotContain("PLANTED", System.Text.Encoding.UTF8.GetString(shown.WrittenSpan), StringComparison.Ordinal);
            Assert.All(host.Log.Lines, line => Assert.DoesNotContain("PLANTED", line, StringComparison.Ordinal));
            Assert.All(receiver.Requests, request => Assert.DoesNotContain("PLANTED", request.Text, StringComparison.Ordinal));
            var kept = Directory.GetFiles(place, "*.journal", SearchOption.AllDirectories);
            Assert.Contains(kept, file => file.Contains("outbox-hook", StringComparison.Ordinal));
            Assert.All(kept, file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf("PLANTED"u8)));
        }
    }

    private static HealthIncidents Incidents(TestHost host) => host.Host.Services.GetRequiredService<HealthIncidents>();

    private static async Task<TestHost> Start(
        Recorder sink, Action<IHealthKitBuilder> configure, string? mute = null, TimeSpan? muteFor = null, string? secret = null, params (string, string?)[] settings)
    {
        var builder = TestHost.Builder([.. Quick, .. settings]);
        if (secret is not null)
        {
            var redactor = new Redactor();
            redactor.AddSecret(secret);
            builder.Services.AddSingleton(redactor);
        }

        builder.Services.AddSingleton(sink);
        configure(builder.AddHealthKit(options => options.AddDefaultChecks = false).AddSink<Recorder>("recorder"));
        if (mute is not null)
        {
            builder.Services.AddSingleton<Microsoft.Extensions.Hosting.IHostedService>(s => new MuteFirst(s.GetRequiredService<HealthIncidents>(), mute, muteFor ?? TimeSpan.FromHours(1)));
        }

        return await TestHost.Start(builder);
    }

    private sealed class AtStart(Func<Task> act) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => act();

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    internal sealed class Recorder : IIncidentSink
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<IncidentMessage> _messages = new();

        public IReadOnlyList<IncidentMessage> Messages => [.. _messages];

        public IReadOnlyList<string> Kinds(string check) => [.. _messages.Where(message => message.Incident.Check == check).Select(message => message.Kind.ToString())];

        public SinkResult Result { get; init; } = SinkResult.Delivered;

        public Task<SinkResult> SendAsync(IncidentMessage message, CancellationToken cancellationToken)
        {
            _messages.Enqueue(message);
            return Task.FromResult(Result);
        }
    }

    /// <summary>The system's time, which fails one thread once.</summary>
    private sealed class BrokenOnce(string thread) : TimeProvider
    {
        private int _broken;

        public bool HasBroken => Volatile.Read(ref _broken) != 0;

        public override DateTimeOffset GetUtcNow() =>
            Thread.CurrentThread.Name == thread && Interlocked.Exchange(ref _broken, 1) == 0 ? throw new TimeZoneNotFoundException() : base.GetUtcNow();
    }

    private sealed class MuteFirst(HealthIncidents incidents, string check, TimeSpan duration) : Microsoft.Extensions.Hosting.BackgroundService
    {
        public override Task StartAsync(CancellationToken cancellationToken)
        {
            incidents.Mute(check, duration, "we know");
            return Task.CompletedTask;
        }

        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
    }
}
