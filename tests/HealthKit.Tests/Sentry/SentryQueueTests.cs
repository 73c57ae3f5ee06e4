using HealthKit.Tests.Incidents.Sinks;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests.Sentry;

/// <summary>The app's own messages and check-ins, and those of the monitor.</summary>
public sealed class SentryQueueTests : IAsyncLifetime
{
    private readonly Monitor _monitor = new();
    private LogLines _log = null!;
    private SentryBench _bench = null!;
    private ServiceProvider _services = null!;
    private MessageQueue _messages = null!;
    private CheckInQueue _checkIns = null!;

    public async Task InitializeAsync()
    {
        _bench = await SentryBench.StartAsync();
        _log = Log();
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(_bench.Time).AddSingleton(_bench.Redactor).AddSingleton(_bench.Trail).AddSingleton<HealthMonitor>(_monitor)
            .AddLogging(logging => logging.AddProvider(_log)).BuildServiceProvider();
        (_messages, _checkIns) = Queues();
    }

    public async Task DisposeAsync()
    {
        _messages.Dispose();
        _checkIns.Dispose();
        await _bench.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task A_message_arrives_with_its_extra_data_and_without_secrets()
    {
        _bench.Sink(settings => settings with { ProcessType = "worker" });
        var cycle = new Dictionary<string, object?> { ["a"] = 1 };
        cycle["self"] = cycle;
        var id = _messages.Capture(
            LogLevel.Critical,
            "Import stopped: password=PLANTED1\nsecond line \ud800",
            new Dictionary<string, object?>
            {
                ["rows"] = 17, ["ratio"] = double.NaN, ["at"] = Messages.Opened, ["took"] = TimeSpan.FromSeconds(90), ["ids"] = new[] { 1, 2 }, ["none"] = null,
                ["password"] = "PLANTED plain 2", ["pin_token"] = 123456789, ["url"] = "https://u:PLANTED3@h/", ["cycle"] = cycle, ["bad"] = new Bad(), ["throws"] = Throws(),
                ["huge"] = new string('x', 1 << 20),
            },
            ["import", "stopped"]);
        var envelope = await _bench.Receiver.NextAsync();
        var json = envelope["event"];

        Assert.Equal(id, json.Text("event_id"));
        Assert.Equal(("fatal", "worker"), (json.Text("level"), json.Text("tags", "process_type")));
        Assert.Equal("Import stopped: password=***\nsecond line \uFFFD", json.Text("logentry", "formatted"));
        Assert.Equal(["import", "stopped"], json.Texts("fingerprint"));
        var extra = json.At("extra");
        Assert.Equal((17, "NaN", "***", "***"), (extra.At("rows").GetInt32(), extra.Text("ratio"), extra.Text("password"), extra.Text("pin_token")));
        Assert.Equal("2026-11-22T10:00:05.000000Z", extra.Text("at"));
        Assert.Equal(2, extra.At("ids").GetArrayLength());
        Assert.Contains("InvalidOperationException", extra.Text("bad"), StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException", extra.Text("throws"), StringComparison.Ordinal);
        Assert.Equal(2000, extra.Text("huge").Length);
        Assert.False(_bench.Receiver.Saw("PLANTED"));
        Assert.False(_bench.Receiver.Saw("123456789"));
    }

    [Fact]
    public async Task Messages_wait_for_the_sink_and_are_tried_again_and_the_oldest_go_when_there_are_too_many()
    {
        var first = _messages.Capture(LogLevel.Warning, "before the sink");
        _bench.Receiver.Answer(SentryAnswer.Code(503));
        _bench.Sink();
        await Wait.For(() => _bench.Receiver.Requests == 1);
        for (var i = 0; i < MessageQueue.Capacity; i++)
        {
            Assert.NotNull(_messages.Capture(LogLevel.Warning, $"number {i}"));
        }

        Assert.Equal(MessageQueue.Capacity, _messages.Waiting);
        await Wait.For(() => _log.Lines.Any(line => line.StartsWith("Warning 9002", StringComparison.Ordinal)));
        await Wait.For(() => _messages.Sleeps);
        _bench.Time.Advance(TimeSpan.FromSeconds(2));
        await Wait.For(() => _messages.Waiting == 0);
        var accepted = _bench.Receiver.Accepted;
        Assert.DoesNotContain(accepted, envelope => envelope["event"].Text("event_id") == first);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"number {i}"), accepted.Select(envelope => envelope["event"].Text("logentry", "formatted")));
        Assert.Equal("queue_overflow", accepted.SelectMany(envelope => envelope.Items).Single(item => item.Type == "client_report").Json.At("discarded_events")[0].Text("reason"));
    }

    [Fact]
    public async Task Capture_waits_for_nobody()
    {
        _bench.Receiver.Answer(SentryAnswer.Hang);
        _bench.Sink();
        var started = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 50; i++)
        {
            _messages.Capture(LogLevel.Error, "text");
            _checkIns.CheckIn("job", SentryCheckInStatus.Ok);
        }

        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
        await Wait.For(() => _bench.Receiver.Requests >= 1);
        _bench.Time.Advance(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Without_a_DSN_nothing_is_kept_and_no_thread_runs()
    {
        _bench.Sink(settings => settings with { Dsn = null });
        _checkIns.Start();
        Assert.Null(_messages.Capture(LogLevel.Error, "text"));
        _checkIns.CheckIn("job", SentryCheckInStatus.Ok);
        Assert.Equal(0, _messages.Waiting);
        Assert.False(_checkIns.IsAwake);
    }

    [Fact]
    public async Task The_monitor_checks_in_each_minute_and_says_what_Sentry_is_to_expect()
    {
        _bench.Sink(settings => settings with { ProcessType = "web", Environment = "test" });
        _checkIns.Start();
        var first = (await _bench.Receiver.NextAsync())["check_in"];
        await NextMinute();
        var second = (await _bench.Receiver.NextAsync())["check_in"];

        Assert.Equal(("ok", "ok", "test"), (first.Text("status"), second.Text("status"), first.Text("environment")));
        Assert.NotEqual(first.Text("check_in_id"), second.Text("check_in_id"));
        Assert.Equal(first.Text("monitor_slug"), second.Text("monitor_slug"));
        Assert.StartsWith("shop-web-web-1-h", first.Text("monitor_slug"), StringComparison.Ordinal);
        var config = first.At("monitor_config");
        Assert.Equal("""{"type":"interval","value":1,"unit":"minute"}""", config.At("schedule").GetRawText());
        Assert.Equal(
            (2, 1, 2, 1),
            (config.At("checkin_margin").GetInt32(), config.At("max_runtime").GetInt32(), config.At("failure_issue_threshold").GetInt32(), config.At("recovery_threshold").GetInt32()));
    }

    [Fact]
    public async Task A_monitor_that_has_stopped_never_checks_in_as_well()
    {
        _bench.Sink();
        _monitor.IsStopped = true;
        _checkIns.Start();
        await Wait.For(() => _monitor.Asked > 0);
        Assert.Equal(0, _bench.Receiver.Requests);

        _monitor.IsStopped = false;
        await Wait.For(() => _checkIns.Sleeps);
        _bench.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("ok", (await _bench.Receiver.NextAsync())["check_in"].Text("status"));
        _monitor.IsStopped = true;
        await NextMinute();
        Assert.Equal("error", (await _bench.Receiver.NextAsync())["check_in"].Text("status"));
        _bench.Time.Advance(TimeSpan.FromSeconds(30));
        _checkIns.Stop(TimeSpan.FromSeconds(10));
        Assert.Equal(2, _bench.Receiver.Requests);
    }

    [Fact]
    public async Task At_the_end_the_monitor_checks_in_once_more_but_not_twice_in_ten_seconds()
    {
        _bench.Sink();
        _checkIns.Start();
        await _bench.Receiver.NextAsync();
        await Wait.For(() => _checkIns.Sleeps);
        _bench.Time.Advance(TimeSpan.FromSeconds(30));
        _checkIns.Stop(TimeSpan.FromSeconds(10));
        Assert.Equal("ok", (await _bench.Receiver.NextAsync())["check_in"].Text("status"));
        Assert.Equal(2, _bench.Receiver.Requests);
    }

    [Fact]
    public async Task Check_ins_go_on_while_errors_are_limited()
    {
        var sink = _bench.Sink();
        _bench.Receiver.Answer(SentryAnswer.TooMany("3600:error:organization"));
        Assert.Equal(SinkOutcome.Retry, (await sink.SendAsync(Messages.Message(), CancellationToken.None)).Outcome);
        _checkIns.Start();
        Assert.Equal(["check_in"], (await _bench.Receiver.NextAsync()).Types);
        await NextMinute();
        Assert.Equal(["check_in"], (await _bench.Receiver.NextAsync()).Types);
        var limited = await sink.SendAsync(Messages.Message(), CancellationToken.None);
        Assert.Equal(SinkOutcome.Retry, limited.Outcome);
        Assert.Equal(TimeSpan.FromMinutes(59), limited.RetryAfter);
        Assert.Equal(3, _bench.Receiver.Requests);
    }

    [Fact]
    public async Task A_check_in_that_is_lost_is_not_kept_for_later()
    {
        _bench.Receiver.Answer(SentryAnswer.Reset);
        _bench.Sink();
        _checkIns.CheckIn("lost", SentryCheckInStatus.Ok);
        await Wait.For(() => _bench.Receiver.Requests == 1);
        var id = _checkIns.CheckIn("job", SentryCheckInStatus.InProgress, monitor: SentryMonitorConfig.Cron("0 4 * * *", "Europe/Moscow") with { MaxRuntimeMinutes = 30 });
        var begun = await _bench.Receiver.NextAsync();
        Assert.Equal(id, _checkIns.CheckIn("job", SentryCheckInStatus.Error, TimeSpan.FromSeconds(1.5), checkInId: id));
        var ended = await _bench.Receiver.NextAsync();

        Assert.Equal(("job", "in_progress", id), (begun["check_in"].Text("monitor_slug"), begun["check_in"].Text("status"), begun["check_in"].Text("check_in_id")));
        Assert.Equal("""{"type":"crontab","value":"0 4 * * *"}""", begun["check_in"].At("monitor_config", "schedule").GetRawText());
        Assert.Equal("Europe/Moscow", begun["check_in"].Text("monitor_config", "timezone"));
        Assert.Equal(("error", 1.5, id), (ended["check_in"].Text("status"), ended["check_in"].At("duration").GetDouble(), ended["check_in"].Text("check_in_id")));
        Assert.Equal("monitor", begun.Items.Single(item => item.Type == "client_report").Json.At("discarded_events")[0].Text("category"));
    }

    [Fact]
    public async Task A_check_in_that_was_limited_comes_when_Sentry_takes_it_again_not_an_interval_later()
    {
        _bench.Receiver.Answer(SentryAnswer.TooMany("60:monitor:organization"));
        _bench.Sink(settings => settings with { CheckInInterval = TimeSpan.FromHours(6) });
        _checkIns.Start();
        await Wait.For(() => _bench.Receiver.Requests == 1);
        await NextMinute();
        Assert.Equal("ok", (await _bench.Receiver.NextAsync())["check_in"].Text("status"));
    }

    [Fact]
    public async Task Without_a_stop_the_thread_of_check_ins_ends_with_the_services()
    {
        _bench.Sink();
        _checkIns.Start();
        await _bench.Receiver.NextAsync();
        await Wait.For(() => _checkIns.Sleeps);
        _bench.Time.Advance(TimeSpan.FromSeconds(30));
        await Wait.For(() => _checkIns.Sleeps);
        await _services.DisposeAsync();
        _checkIns.Stop(TimeSpan.FromSeconds(10));
        Assert.False(_checkIns.IsAwake);
    }

    [Fact]
    public async Task A_second_instance_passes_for_the_first_one_only_while_the_state_directory_hangs()
    {
        var place = Directory.CreateTempSubdirectory("hk-instance-").FullName;
        using (var first = StateDirectory.Open(place, "app", NullLogger.Instance))
        using (var second = new StateDirectory(place, "app", _ => null, StateAccount.Current(), NullLogger.Instance))
        {
            using var release = new ManualResetEventSlim();
            Assert.Throws<IOException>(() => second.Disk.Run(() => release.Wait(), TimeSpan.FromMilliseconds(100)));
            await using var services = new ServiceCollection()
                .AddSingleton<TimeProvider>(_bench.Time).AddSingleton(_bench.Redactor).AddSingleton(_bench.Trail).AddSingleton<HealthMonitor>(_monitor).AddSingleton(second)
                .AddLogging().BuildServiceProvider();
            using var checkIns = new CheckInQueue(_bench.Clients, services);
            _bench.Sink();
            checkIns.Start();
            var unknown = (await _bench.Receiver.NextAsync())["check_in"].Text("monitor_slug");
            release.Set();
            await Wait.For(() => second.Instance == 2);
            await Wait.For(() => checkIns.Sleeps);
            _bench.Time.Advance(TimeSpan.FromMinutes(1));
            var known = (await _bench.Receiver.NextAsync())["check_in"].Text("monitor_slug");
            Assert.Equal((MonitorSlug.Of("shop", null, "web-1", null), MonitorSlug.Of("shop", null, "web-1", "2")), (unknown, known));
            checkIns.Stop(TimeSpan.Zero);
        }

        Directory.Delete(place, recursive: true);
    }

    [Fact]
    public async Task What_was_not_sent_is_told_once()
    {
        _bench.Receiver.Answer(SentryAnswer.Code(503));
        _bench.Sink();
        _messages.Capture(LogLevel.Warning, "text");
        await Wait.For(() => _bench.Receiver.Requests == 1 && _messages.Sleeps);
        _messages.Stop(TimeSpan.FromSeconds(10));
        _messages.Dispose();
        _messages.Dispose();
        Assert.Single(_log.Lines, line => line.StartsWith("Warning 9003", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_log_that_throws_ends_neither_the_app_nor_a_queue()
    {
        await using var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(_bench.Time).AddSingleton(_bench.Redactor).AddSingleton(_bench.Trail).AddSingleton<HealthMonitor>(_monitor)
            .AddLogging(logging => logging.AddProvider(new ThrowingLog())).BuildServiceProvider();
        using var messages = new MessageQueue(_bench.Clients, services);
        using var checkIns = new CheckInQueue(_bench.Clients, services);
        _bench.Receiver.Answer(SentryAnswer.Refusal(400, "no"));
        _bench.Sink();
        messages.Capture(LogLevel.Warning, "refused, which is logged");
        await Wait.For(() => _bench.Receiver.Requests == 1 && messages.Waiting == 0);
        _bench.Receiver.Answer(SentryAnswer.Reset);
        checkIns.Start();
        await Wait.For(() => _bench.Receiver.Requests == 2 && checkIns.Sleeps);
        _bench.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(["check_in", "client_report"], (await _bench.Receiver.NextAsync()).Types);
    }

    [Fact]
    public async Task A_secret_is_known_by_its_name_in_whatever_holds_names_and_values()
    {
        const string Json = """{"rows":17,"password":"PLANTED plain 1"}""";
        _bench.Sink();
        _messages.Capture(LogLevel.Warning, "text", new Dictionary<string, object?>
        {
            ["node"] = System.Text.Json.Nodes.JsonNode.Parse(Json),
            ["element"] = System.Text.Json.JsonDocument.Parse(Json).RootElement,
            ["pairs"] = new List<KeyValuePair<string, string>> { new("rows", "17"), new("password", "PLANTED plain 2") },
        });
        var extra = (await _bench.Receiver.NextAsync())["event"].At("extra");
        Assert.Equal((17, 17, "17"), (extra.At("node", "rows").GetInt32(), extra.At("element", "rows").GetInt32(), extra.Text("pairs", "rows")));
        Assert.False(_bench.Receiver.Saw("PLANTED"));
        Assert.False(_bench.Receiver.Saw("plain"));
    }

    [Fact]
    public void Data_that_holds_itself_many_times_is_bounded()
    {
        _bench.Sink();
        var data = new Dictionary<string, object?>();
        for (var i = 0; i < 100; i++)
        {
            data[$"self{i}"] = data;
        }

        var started = TimeProvider.System.GetTimestamp();
        Assert.NotNull(_messages.Capture(LogLevel.Warning, "text", new Dictionary<string, object?> { ["data"] = data, ["list"] = Enumerable.Repeat(data, 100) }));
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("12345")]
    [InlineData("a b")]
    [InlineData("a1234567890123456789012345678901234567890123456789x")]
    public void A_wrong_slug_is_refused(string slug) =>
        Assert.Contains("a-z", Assert.Throws<ArgumentException>(() => _checkIns.CheckIn(slug, SentryCheckInStatus.Ok)).Message, StringComparison.Ordinal);

    [Fact]
    public void Monitors_are_refused_what_they_cannot_be()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SentryMonitorConfig.Every(TimeSpan.FromSeconds(90)));
        Assert.Throws<ArgumentOutOfRangeException>(() => SentryMonitorConfig.Every(TimeSpan.FromHours(1)) with { FailureThreshold = 0 });
        Assert.Throws<ArgumentException>(() => SentryMonitorConfig.Cron("0 4 * *"));
    }

    private static LogLines Log() => new();

    private (MessageQueue Messages, CheckInQueue CheckIns) Queues() => (new(_bench.Clients, _services), new(_bench.Clients, _services));

    private async Task NextMinute()
    {
        await Wait.For(() => _checkIns.Sleeps);
        _bench.Time.Advance(TimeSpan.FromMinutes(1));
    }

    private static IEnumerable<int> Throws()
    {
        yield return 1;
        throw new InvalidOperationException("no");
    }

    private sealed class ThrowingLog : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new IOException("The disk is full.");

        public void Dispose()
        {
        }
    }

    private sealed class Bad
    {
        public override string ToString() => throw new InvalidOperationException("no");
    }

    private sealed class Monitor : HealthMonitor
    {
        private volatile int _asked;

        public volatile bool IsStopped;

        public int Asked => _asked;

        public override HealthSnapshot Current
        {
            get
            {
                _asked++;
                return new HealthSnapshot { Version = 1, At = Messages.Opened, Status = default, Checks = [], IsStopped = IsStopped };
            }
        }

        public override IReadOnlyList<CatalogEntry> Catalog => [];

        public override Task<CheckState> RunAsync(string name, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
