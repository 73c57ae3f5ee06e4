using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Incidents.Sinks;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.Sentry;

/// <summary>Incidents as events, as they arrive.</summary>
public sealed class SentryEventTests : IAsyncLifetime
{
    private SentryBench _bench = null!;

    public async Task InitializeAsync() => _bench = await SentryBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task An_incident_arrives_with_all_that_is_known_of_it()
    {
        _bench.Sink(settings => settings with { ProcessType = "web", Environment = "staging" });
        _bench.Trail.OnTransition(State("db", HealthStatus.Healthy), State("db", HealthStatus.Degraded, Messages.Opened.AddSeconds(-5), "db.slow"));
        _bench.Trail.OnTransition(State("disk", HealthStatus.Healthy), State("disk", HealthStatus.Unhealthy, Messages.Opened, "disk.space.low"));
        _bench.Evidence = id => $$$"""{"at":"2026-11-22T10:00:05Z","check":{"name":"disk","data":{"path":"/data","unhealthyBelowFreePercent":5}},"id":"{{{id}}}"}""";
        var message = Messages.Message(incident: Messages.Incident() with
        {
            Exception = new("System.IO.IOException", "No space left on device", "System.IO.IOException: No space left on device\n   at A.B()"),
            Item = "/data",
            Cause = "nfs",
            CauseIncidentId = "0194f3c2b7a17c3e8d5e6f7a8b9c0d10",
        });

        var envelope = await _bench.SendAsync(message);

        var json = envelope["event"];
        Assert.Equal(SentryEvents.IdOf(message.Id), json.Text("event_id"));
        Assert.Equal("2026-11-22T10:12:05.000000Z", json.Text("timestamp"));
        Assert.Equal(
            ("error", "csharp", "healthkit", "web-1", "shop@1.2.3", "staging"),
            (json.Text("level"), json.Text("platform"), json.Text("logger"), json.Text("server_name"), json.Text("release"), json.Text("environment")));
        Assert.Equal(["healthkit", "disk", "disk.space.low"], json.Texts("fingerprint"));
        Assert.Equal("%s: %s", json.Text("logentry", "message"));
        Assert.StartsWith("disk: disk.space.low\n/data: free space 1.2 %, unhealthy below 5 %\n", json.Text("logentry", "formatted"), StringComparison.Ordinal);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["check"] = "disk", ["reason"] = "disk.space.low", ["status"] = "unhealthy", ["host"] = "web-1", ["app"] = "shop",
                ["version"] = "1.2.3", ["process_type"] = "web", ["item"] = "/data",
            },
            json.At("tags").EnumerateObject().ToDictionary(tag => tag.Name, tag => tag.Value.GetString()!));
        var contexts = json.At("contexts");
        Assert.Equal((42.1, 1.2), (contexts.At("readings before", "freePercent").GetDouble(), contexts.At("readings at", "freePercent").GetDouble()));
        Assert.Equal((5, "DiskSpace"), (contexts.At("check", "unhealthyBelowFreePercent").GetInt32(), contexts.Text("check", "check_type")));
        Assert.Equal(("nfs", Messages.IncidentId, "2026-11-22T10:00:05.000000Z"), (contexts.Text("incident", "cause"), contexts.Text("incident", "id"), contexts.Text("incident", "opened_at")));
        Assert.Contains("at A.B()", contexts.Text("exception details", "text"), StringComparison.Ordinal);
        var exception = json.At("exception", "values")[0];
        Assert.Equal(("System.IO.IOException", "No space left on device"), (exception.Text("type"), exception.Text("value")));
        Assert.False(exception.Has("stacktrace"));
        Assert.Equal(
            ["db: healthy → degraded (db.slow)", "disk: healthy → unhealthy (disk.space.low)"],
            json.At("breadcrumbs").EnumerateArray().Select(crumb => crumb.Text("message")));
        var attachment = Assert.Single(envelope.Items, item => item.Type == "attachment");
        Assert.Equal(("evidence.json", "application/json"), (attachment.Header.Text("filename"), attachment.Header.Text("content_type")));
        Assert.Equal(Messages.IncidentId, attachment.Json.Text("id"));
    }

    [Fact]
    public async Task Fifty_values_texts_and_times_of_two_hosts_are_one_issue()
    {
        SentrySink[] sinks = [_bench.Sink(host: "web-1"), _bench.Sink(host: "web-2")];
        var fingerprints = new HashSet<string>();
        var titles = new HashSet<string>();
        var ids = new HashSet<string>();
        for (var i = 0; i < 50; i++)
        {
            var at = Messages.Opened.AddMinutes(i);
            var message = Messages.Message(incident: Messages.Incident() with
            {
                Id = Guid.NewGuid().ToString("N"),
                Description = $"/data/{i}.log: free space {i} % at {at:O}",
                ReadingsAt = [new("freeBytes", i * 1e6, "bytes")],
                OpenedAt = at,
                Item = $"/data/{i}",
                Status = i % 2 == 0 ? HealthStatus.Degraded : HealthStatus.Unhealthy,
            });
            var json = (await _bench.SendAsync(message with { Id = $"{message.Incident.Id}-1", Host = $"web-{1 + (i % 2)}", At = at }, sinks[i % 2]))["event"];
            fingerprints.Add(json.At("fingerprint").GetRawText());
            titles.Add(json.Text("logentry", "formatted").Split('\n')[0]);
            ids.Add(json.Text("event_id"));
        }

        Assert.Equal("""["healthkit","disk","disk.space.low"]""", Assert.Single(fingerprints));
        Assert.Equal("disk: disk.space.low", Assert.Single(titles));
        Assert.Equal(50, ids.Count);
    }

    [Fact]
    public async Task An_update_is_the_same_issue_though_its_reason_is_another_and_a_recovery_never_is()
    {
        var incident = Messages.Incident() with { Reason = "disk.readOnly", Reasons = ["disk.space.low", "disk.readOnly"] };
        var opened = (await _bench.SendAsync(Messages.Message()))["event"];
        var updated = (await _bench.SendAsync(Messages.Message(IncidentMessageKind.Updated, incident) with { Id = "x-2" }))["event"];
        var recovered = await _bench.SendAsync(Messages.Message(
            IncidentMessageKind.Resolved, incident with { ResolvedAt = Messages.Opened.AddMinutes(12), Resolution = IncidentResolution.Recovered }) with { Id = "x-3" });
        var json = recovered["event"];

        Assert.Equal(opened.Texts("fingerprint"), updated.Texts("fingerprint"));
        Assert.Equal("disk.readOnly", updated.Text("tags", "reason"));
        Assert.Equal(["healthkit", "disk", "disk.space.low", "recovered"], json.Texts("fingerprint"));
        Assert.Equal(("info", "healthy", "Recovered"), (json.Text("level"), json.Text("tags", "status"), json.Text("contexts", "incident", "resolution")));
        Assert.StartsWith("disk: recovered (disk.space.low)\n", json.Text("logentry", "formatted"), StringComparison.Ordinal);
        Assert.Equal(720, json.At("contexts", "incident", "duration_seconds").GetDouble());
        Assert.DoesNotContain("attachment", recovered.Types);
        Assert.False(json.Has("exception"));
    }

    [Fact]
    public async Task A_message_that_waited_does_not_tell_what_the_check_said_since()
    {
        var message = Messages.Message(IncidentMessageKind.Updated);
        _bench.Trail.OnTransition(State("disk", HealthStatus.Healthy), State("disk", HealthStatus.Unhealthy, message.At.AddMinutes(-1)) with { Data = new Dictionary<string, object?> { ["free"] = 1L } });
        var inTime = (await _bench.SendAsync(message))["event"];
        _bench.Trail.OnTransition(State("disk", HealthStatus.Healthy), State("disk", HealthStatus.Unhealthy, message.At.AddMinutes(1)) with { Data = new Dictionary<string, object?> { ["free"] = 2L } });
        var late = (await _bench.SendAsync(message))["event"];

        Assert.Equal(1, inTime.At("contexts", "check", "free").GetInt32());
        Assert.False(late.At("contexts", "check").Has("free"));
    }

    [Fact]
    public async Task A_check_without_a_reason_has_a_fingerprint_and_a_check_named_like_a_test_is_none()
    {
        var test = (await _bench.SendAsync(Messages.Message(IncidentMessageKind.Test)))["event"];
        var plain = (await _bench.SendAsync(Messages.Message(incident: Messages.Incident() with { Check = "test", Reason = null, Reasons = [] })))["event"];

        Assert.Equal(["healthkit", "test"], test.Texts("fingerprint"));
        Assert.Equal("info", test.Text("level"));
        Assert.Equal(["healthkit", "test", "no-reason"], plain.Texts("fingerprint"));
        Assert.False(plain.At("tags").Has("reason"));
    }

    [Fact]
    public async Task A_monitor_of_the_check_takes_the_place_of_the_recovery()
    {
        var sink = _bench.Sink(settings => settings with { Recovery = SentryRecovery.Monitor });
        var opened = await _bench.SendAsync(Messages.Message(), sink);
        var error = (await _bench.Receiver.NextAsync())["check_in"];
        var ok = (await _bench.SendAsync(Messages.Resolved() with { Id = "x-2" }, sink))["check_in"];

        Assert.Equal(["event"], opened.Types);
        Assert.Equal(("error", "ok"), (error.Text("status"), ok.Text("status")));
        Assert.Equal(error.Text("monitor_slug"), ok.Text("monitor_slug"));
        Assert.Equal("year", error.Text("monitor_config", "schedule", "unit"));
        Assert.Equal(opened["event"].Text("contexts", "trace", "trace_id"), error.Text("contexts", "trace", "trace_id"));
        Assert.Equal(3, _bench.Receiver.Requests);
    }

    [Fact]
    public async Task If_only_the_check_in_failed_only_that_is_sent_again()
    {
        var sink = _bench.Sink(settings => settings with { Recovery = SentryRecovery.Monitor });
        _bench.Receiver.Answer(SentryAnswer.Ok, SentryAnswer.Code(503));
        Assert.Equal(SinkOutcome.Retry, (await sink.SendAsync(Messages.Message(), CancellationToken.None)).Outcome);
        Assert.Equal(SinkResult.Delivered, await sink.SendAsync(Messages.Message(), CancellationToken.None));

        Assert.Equal(["event", "check_in"], _bench.Receiver.Accepted.SelectMany(envelope => envelope.Types).Where(type => type != "client_report"));
        Assert.Equal(3, _bench.Receiver.Requests);
    }

    [Fact]
    public async Task Where_Sentry_takes_no_check_ins_incidents_go_on_and_the_recovery_is_an_event()
    {
        var sink = _bench.Sink(settings => settings with { Recovery = SentryRecovery.Monitor });
        _bench.Receiver.Answer(SentryAnswer.Ok, SentryAnswer.TooMany("3600:monitor"));
        await _bench.SendAsync(Messages.Message(), sink);
        await _bench.SendAsync(Messages.Message() with { Id = "y-1" }, sink);
        var recovered = await _bench.SendAsync(Messages.Resolved() with { Id = "x-2" }, sink);

        Assert.Equal(["healthkit", "disk", "disk.space.low", "recovered"], recovered["event"].Texts("fingerprint"));
        Assert.Equal(4, _bench.Receiver.Requests);
    }

    [Fact]
    public async Task An_event_is_the_same_bytes_at_every_attempt()
    {
        _bench.Receiver.Answer(SentryAnswer.Code(500), SentryAnswer.Code(500));
        var sink = _bench.Sink();
        _bench.Trail.OnTransition(State("disk", HealthStatus.Healthy), State("disk", HealthStatus.Unhealthy, Messages.Opened));
        for (var i = 0; i < 3; i++)
        {
            await sink.SendAsync(Messages.Message(), CancellationToken.None);

            // What happens later is not what led to it.
            _bench.Time.Advance(TimeSpan.FromMinutes(10));
            _bench.Trail.OnTransition(State("db", HealthStatus.Healthy), State("db", HealthStatus.Unhealthy, _bench.Time.GetUtcNow()));
        }

        Assert.Single(_bench.Receiver.Envelopes.Select(envelope => Encoding.UTF8.GetString(envelope.Items[0].Payload)).Distinct());
        Assert.Equal(3, _bench.Receiver.Envelopes.Select(envelope => envelope.SentAt).Distinct().Count());
    }

    [Fact]
    public async Task Without_a_DSN_nothing_is_sent_and_a_test_says_so()
    {
        var sink = _bench.Sink(settings => settings with { Dsn = null });
        Assert.Contains("SENTRY_DSN", sink.WhyOff, StringComparison.Ordinal);
        var test = await sink.SendAsync(Messages.Message(IncidentMessageKind.Test), CancellationToken.None);
        Assert.Equal(SinkOutcome.Rejected, test.Outcome);
        Assert.Contains("SENTRY_DSN", test.Problem, StringComparison.Ordinal);
        Assert.Equal(0, _bench.Receiver.Requests);
    }

    [Fact]
    public async Task Evidence_that_is_being_collected_is_waited_for_a_little_and_missing_evidence_only_for_so_long()
    {
        var sink = _bench.Sink();
        var asked = 0;
        _bench.Evidence = _ => Interlocked.Increment(ref asked) < 4 ? null : """{"at":"now"}""";
        var message = Messages.Message() with { At = _bench.Time.GetUtcNow() };
        var sending = sink.SendAsync(message, CancellationToken.None);
        await Turn(sending);
        Assert.Contains("attachment", (await _bench.Receiver.NextAsync()).Types);

        asked = int.MinValue;
        var without = sink.SendAsync(message with { Id = "x-1", At = _bench.Time.GetUtcNow() }, CancellationToken.None);
        await Turn(without);
        Assert.Equal(SinkResult.Delivered, await without);
        Assert.DoesNotContain("attachment", (await _bench.Receiver.NextAsync()).Types);
        Assert.InRange(asked - int.MinValue, 2, 12);
    }

    [Fact]
    public async Task Planted_secrets_are_in_no_byte()
    {
        _bench.Redactor.AddSecret("PLANTED-late-secret/+=");
        const string Url = "https://user:PLANTEDpass1@host/p?token=PLANTEDtoken2";
        const string Connection = "Server=db;Password=PLANTEDpass3;User=x";
        var incident = Messages.Incident() with
        {
            Description = $"GET {Url} failed: {Connection}",
            Remedy = "use PLANTED-late-secret/+=",
            Item = "item PLANTED-late-secret/+=",
            Cause = "PLANTED-late-secret/+=",
            SilenceReason = Url,
            Exception = new("X", $"login with password=PLANTEDpass4 at {Url}", $"X: {Connection}\n   at {Url}"),
            Tags = ["PLANTED-late-secret/+="],
        };
        var withData = State("disk", HealthStatus.Unhealthy, Messages.Opened, description: $"{Url} {Connection}") with
        {
            Data = new Dictionary<string, object?> { ["url"] = Url, ["password"] = "PLANTED plain 5", ["nested"] = new Dictionary<string, object?> { ["api_key"] = "PLANTEDkey6" } },
        };
        _bench.Trail.OnTransition(State("disk", HealthStatus.Healthy), withData);
        var sink = _bench.Sink();
        await _bench.SendAsync(Messages.Message(incident: incident) with { Host = "web PLANTED-late-secret/+=" }, sink);
        _bench.Evidence = _ => $$"""{"check":{"data":{"dsn":"{{Connection}}","secret":"PLANTED plain 7","passwords":["PLANTED plain 8"],"password":["PLANTED plain 9",{"is":"PLANTED plain 10"}]} },"more":["{{Url}}","PLANTED-late-secret/+="],"PLANTED-late-secret/+=":1}""";
        var large = await _bench.SendAsync(Messages.Message(incident: incident with { Description = new string('x', 1500) + " " + Connection }) with { Id = "x-2" }, sink);

        Assert.Equal("gzip", large.HttpHeaders["Content-Encoding"]);
        Assert.Contains("attachment", large.Types);
        Assert.False(_bench.Receiver.Saw("PLANTED"), large.Text);
        Assert.False(_bench.Receiver.Saw(SentryReceiver.Key));
    }

    [Fact]
    public async Task Checks_readings_and_items_that_are_named_like_a_secret_stay_readable()
    {
        _bench.Sink();
        _bench.Trail.OnTransition(
            State("auth_token", HealthStatus.Healthy), State("auth_token", HealthStatus.Unhealthy, Messages.Opened, "redis.login.rejected", "password=PLANTED1 is wrong"));
        _bench.Evidence = _ => """{"check":{"data":{"token":"***","items":{"password-mails":{"depthCount":12}}}}}""";
        var envelope = await _bench.SendAsync(Messages.Message(incident: Messages.Incident() with
        {
            ReadingsBefore = [], ReadingsAt = [new("tokenCount", 7, "count")], Description = "password=PLANTED2",
        }));

        var json = envelope["event"];
        var crumb = json.At("breadcrumbs").EnumerateArray().Last();
        Assert.Equal("auth_token: healthy → unhealthy (redis.login.rejected)", crumb.Text("message"));
        Assert.Equal("password=*** is wrong", crumb.Text("data", "description"));
        Assert.Contains("token: 7", json.Text("logentry", "formatted"), StringComparison.Ordinal);
        Assert.Equal(12, json.At("contexts", "check", "items", "password-mails", "depthCount").GetInt32());
        Assert.Contains("\"password-mails\":{\"depthCount\":12}", envelope.Text, StringComparison.Ordinal);
        Assert.False(_bench.Receiver.Saw("PLANTED"), envelope.Text);
    }

    [Fact]
    public async Task Hostile_texts_of_any_size_become_an_event_in_order()
    {
        var text = "\0\ud800 <b>\u202e\r\n\udc00\"\\\u2028" + new string('\ud83d', 100) + new string('x', 1 << 20);
        var incident = Messages.Incident() with
        {
            Check = text, Reason = text, Reasons = [text], Item = text, Description = text, Remedy = text, CheckType = text, Cause = text,
            Exception = new(text, text, text), Tags = [text],
            ReadingsAt = [.. Enumerable.Range(0, 500).Select(i => new Reading(text[..(i + 1)], i % 2 == 0 ? double.NaN : double.MaxValue, "count", text))],
        };
        for (var i = 0; i < 200; i++)
        {
            _bench.Trail.OnTransition(State(text, HealthStatus.Healthy), State(text, HealthStatus.Unhealthy, Messages.Opened, text, text));
        }

        var nested = string.Concat(Enumerable.Repeat("[", 60)) + string.Concat(Enumerable.Repeat("]", 60));
        _bench.Evidence = _ => $$"""{"big":"{{new string('x', 3 << 20)}}","deep":{{nested}},"check":{"data":{"big":"{{new string('x', 1 << 20)}}","small":1} } }""";
        var envelope = await _bench.SendAsync(Messages.Message(incident: incident) with { Host = text, Application = text, Version = text });

        Assert.InRange(envelope.Items[0].Payload.Length, 1000, 200_000);
        Assert.Equal(50, envelope["event"].At("breadcrumbs").GetArrayLength());
        Assert.Equal(1, envelope["event"].At("contexts", "check", "small").GetInt32());
    }

    [Fact]
    public void Any_text_makes_an_event_in_order()
    {
        Prop.ForAll(Messages.NastyTexts, Messages.NastyTexts, (one, other) =>
        {
            var incident = Messages.Incident() with
            {
                Check = one, Reason = other, Reasons = [other], Item = one, Description = other, CheckType = one, Exception = new(one, other, one + other),
                Cause = other, ReadingsAt = [new(one, 1, "count", other)],
            };
            var trail = new SentryTrail();
            trail.OnTransition(State(one, HealthStatus.Healthy), State(one, HealthStatus.Unhealthy, Messages.Opened, other, other) with { Data = new Dictionary<string, object?> { [one] = other } });
            var events = new SentryEvents(new SentrySettings(), new Redactor(), trail);
            var message = Messages.Message(incident: incident) with { Host = other, Application = one, Version = other };
            foreach (var made in new[]
            {
                events.OfIncident(message, null),
                events.OfIncident(message with { Kind = IncidentMessageKind.Resolved }, "{}"),
                events.OfMessage(OwnMessage.Of(Messages.Opened, LogLevel.Error, one, new Dictionary<string, object?> { [one] = other }, [other, one], new Redactor()), new SentryApp(one, other, one)),
            })
            {
                var output = new System.Buffers.ArrayBufferWriter<byte>();
                SentryEnvelope.Write(output, made.EventId, [SentryItem.Event(made.Json)], Messages.Opened);
                _ = EnvelopeReader.Read(output.WrittenSpan.ToArray(), new HashSet<string>());
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task The_apps_own_sender_takes_the_place_of_the_transport()
    {
        var sender = new Sender();
        _bench.Evidence = _ => """{"at":"now"}""";
        var sink = _bench.Sink(settings => settings with { Dsn = null }, sender: sender);
        Assert.Equal(SinkResult.Delivered, await sink.SendAsync(Messages.Message(), CancellationToken.None));

        var sent = Assert.Single(sender.Sent);
        Assert.Equal(SentryEvents.IdOf(Messages.Message().Id), sent.EventId);
        Assert.Equal(["healthkit", "disk", "disk.space.low"], sent.Fingerprint);
        Assert.Equal("evidence.json", Assert.Single(sent.Attachments).Name);
        Assert.Contains("\"logentry\"", Encoding.UTF8.GetString(sent.Json.Span), StringComparison.Ordinal);
        Assert.Equal(0, _bench.Receiver.Requests);
    }

    internal static CheckState State(string name, HealthStatus status, DateTimeOffset? since = null, string? reason = null, string? description = null) => new()
    {
        Name = name, Status = status, Condition = CheckCondition.Current, Since = since ?? Messages.Opened, Reason = reason, Description = description, Policy = new CheckPolicy(),
    };

    private async Task Turn(Task sending)
    {
        // In all longer than evidence is waited for, and shorter than an answer is.
        for (var i = 0; i < 30 && !sending.IsCompleted; i++)
        {
            await Wait.For(() => sending.IsCompleted || _bench.Time.Waiting > 0);
            _bench.Time.Advance(TimeSpan.FromMilliseconds(300));
        }

        await sending.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private sealed class Sender : ISentryEventSender
    {
        public List<SentryIncidentEvent> Sent { get; } = [];

        public Task<SinkResult> SendAsync(SentryIncidentEvent sentryEvent, CancellationToken cancellationToken)
        {
            Sent.Add(sentryEvent);
            return Task.FromResult(SinkResult.Delivered);
        }
    }
}
