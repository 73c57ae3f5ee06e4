using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Sentry;

public sealed class SentryTransportTests : IAsyncLifetime
{
    private const string Id = "9ec79c33ec9942ab8353589fcb2e04dc";

    private readonly ManualTime _time = new(new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
    private SentryReceiver _receiver = null!;
    private SentryTransport _transport = null!;

    public async Task InitializeAsync()
    {
        _receiver = await SentryReceiver.StartAsync();
        _transport = Transport(_receiver.Dsn);
    }

    public async Task DisposeAsync()
    {
        _transport.Dispose();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task A_small_event_arrives_as_it_is_and_a_large_one_compressed()
    {
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(), default));
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(new string('x', 5000)), default));
        var small = await _receiver.NextAsync();
        var large = await _receiver.NextAsync();
        Assert.DoesNotContain("Content-Encoding", small.HttpHeaders.Keys);
        Assert.Equal("gzip", large.HttpHeaders["Content-Encoding"]);
        Assert.Equal(Id, small["event"].GetProperty("event_id").GetString());
        Assert.Equal(5000, large["event"].GetProperty("message").GetString()!.Length);
        Assert.True(int.Parse(large.HttpHeaders["Content-Length"], CultureInfo.InvariantCulture) < 1000);
        Assert.Equal($"healthkit.dotnet/{SentrySdk.Version}", large.HttpHeaders["User-Agent"]);
    }

    [Fact]
    public async Task A_path_before_the_project_is_kept()
    {
        await using var receiver = await SentryReceiver.StartAsync("tools/sentry");
        using var transport = Transport(receiver.Dsn);
        Assert.Equal(SinkResult.Delivered, await transport.SendAsync(Event(), default));
        await receiver.NextAsync();
    }

    [Fact]
    public async Task Each_attempt_has_its_own_time_and_the_event_keeps_its()
    {
        _receiver.Answer(SentryAnswer.Code(500));
        Assert.Equal(SinkOutcome.Retry, (await _transport.SendAsync(Event(), default)).Outcome);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(), default));
        Assert.Equal([_time.GetUtcNow().AddHours(-1), _time.GetUtcNow()], _receiver.Envelopes.Select(envelope => envelope.SentAt));
        Assert.Equal(["2026-11-22T11:59:00Z", "2026-11-22T11:59:00Z"], _receiver.Envelopes.Select(envelope => envelope["event"].GetProperty("timestamp").GetString()));
        Assert.Single(_receiver.Envelopes.Select(envelope => envelope["event"].GetRawText()).Distinct());
    }

    [Theory]
    [InlineData(200, null, SinkOutcome.Delivered)]
    [InlineData(202, null, SinkOutcome.Delivered)]
    [InlineData(400, null, SinkOutcome.Rejected)]
    [InlineData(413, null, SinkOutcome.Rejected)]
    [InlineData(415, "unsupported", SinkOutcome.Rejected)]
    [InlineData(415, null, SinkOutcome.Retry)]
    [InlineData(401, "no key", SinkOutcome.Retry)]
    [InlineData(403, "turned off", SinkOutcome.Retry)]
    [InlineData(404, "no project", SinkOutcome.Retry)]
    [InlineData(408, null, SinkOutcome.Retry)]
    [InlineData(500, null, SinkOutcome.Retry)]
    [InlineData(502, "x", SinkOutcome.Retry)]
    [InlineData(307, null, SinkOutcome.Retry)]
    [InlineData(418, null, SinkOutcome.Retry)]
    public async Task The_status_says_what_became_of_it(int status, string? error, SinkOutcome expected)
    {
        _receiver.Answer(error is null ? SentryAnswer.Code(status) : SentryAnswer.Refusal(status, error));
        var result = await _transport.SendAsync(Event(), default);
        Assert.Equal(expected, result.Outcome);
        Assert.Equal(1, _receiver.Requests);
        if (expected != SinkOutcome.Delivered)
        {
            Assert.Contains(status.ToString(CultureInfo.InvariantCulture), result.Problem, StringComparison.Ordinal);
            Assert.Contains($"http://127.0.0.1:{_receiver.Port} ", result.Problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var elsewhere = await SentryReceiver.StartAsync();
        _receiver.Answer(SentryAnswer.Redirect($"http://127.0.0.1:{elsewhere.Port}/api/42/envelope/"));
        var result = await _transport.SendAsync(Event(), default);
        Assert.Equal(SinkOutcome.Retry, result.Outcome);
        Assert.Contains("redirect", result.Problem, StringComparison.Ordinal);
        Assert.Equal(0, elsewhere.Requests);
    }

    [Fact]
    public async Task A_page_is_not_Sentry_and_another_media_type_is()
    {
        _receiver.Answer(
            SentryAnswer.Page(), SentryAnswer.Page(400), new SentryAnswer { Body = "OK", ContentType = "text/plain" }, new SentryAnswer { Body = "", ContentType = "text/html" });
        Assert.Equal(SinkOutcome.Retry, (await _transport.SendAsync(Event(), default)).Outcome);
        Assert.Equal(SinkOutcome.Retry, (await _transport.SendAsync(Event(), default)).Outcome);
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(), default));
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(), default));
    }

    [Fact]
    public async Task What_the_receiver_says_is_shown_short_and_without_the_key()
    {
        _receiver.Answer(
            SentryAnswer.Refusal(400, $"bad event of {SentryReceiver.Key} password=hunter2hunter2 {new string('x', 5000)}"),
            SentryAnswer.Code(400, body: $$"""{"detail":"no such key {{SentryReceiver.Key}}\u0007\n"}"""),
            SentryAnswer.Code(400, body: """{"detail":"\uD83D"""));
        var header = (await _transport.SendAsync(Event(), default)).Problem!;
        var body = (await _transport.SendAsync(Event(), default)).Problem!;
        Assert.Contains("bad event of ***", header, StringComparison.Ordinal);
        Assert.Contains("no such key ***", body, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", header, StringComparison.Ordinal);
        Assert.True(header.Length < 400);
        Assert.DoesNotContain(body, char.IsControl);
        Assert.Equal(SinkOutcome.Rejected, (await _transport.SendAsync(Event(), default)).Outcome);
    }

    [Fact]
    public async Task A_connection_that_breaks_off_and_an_answer_that_is_none_are_tried_again()
    {
        _receiver.Answer(SentryAnswer.Reset, SentryAnswer.Garbage);
        var reset = await _transport.SendAsync(Event(), default);
        var garbage = await _transport.SendAsync(Event(), default);
        Assert.Equal((SinkOutcome.Retry, SinkOutcome.Retry), (reset.Outcome, garbage.Outcome));
        Assert.Contains("not HTTP", garbage.Problem, StringComparison.Ordinal);
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(), default));
    }

    [Fact]
    public async Task Who_does_not_answer_is_waited_for_no_longer_than_the_time_for_an_attempt()
    {
        _receiver.Answer(SentryAnswer.Hang);
        var sending = _transport.SendAsync(Event(), default);
        await Support.Wait.For(() => _receiver.Requests == 1);
        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.False(sending.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        var result = await sending;
        Assert.Equal(SinkOutcome.Retry, result.Outcome);
        Assert.Equal($"http://127.0.0.1:{_receiver.Port} did not answer within 15 s.", result.Problem);
    }

    [Fact]
    public async Task An_answer_whose_body_never_ends_counts_by_its_status()
    {
        using var transport = new SentryTransport(Dsn(_receiver.Dsn), new SentryTransportOptions { Timeout = TimeSpan.FromMilliseconds(500) }, new Redactor(), TimeProvider.System);
        _receiver.Answer(SentryAnswer.EndlessBody);
        Assert.Equal(SinkResult.Delivered, await transport.SendAsync(Event(), default));
    }

    [Fact]
    public async Task The_callers_token_ends_it_at_once()
    {
        _receiver.Answer(SentryAnswer.Hang);
        using var stop = new CancellationTokenSource();
        _transport.Reports.Add(DiscardReason.QueueOverflow, SentryCategory.Error);
        var sending = _transport.SendAsync(Event(), stop.Token);
        await Support.Wait.For(() => _receiver.Requests == 1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _transport.SendAsync(Event(), stop.Token));
        Assert.NotNull(_transport.Reports.Take());
    }

    [Fact]
    public async Task Where_nobody_listens_the_stage_is_named()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        using var refused = Transport($"http://{SentryReceiver.Key}@127.0.0.1:{port}/42");
        using var unknown = Transport($"http://{SentryReceiver.Key}@sentry.invalid/42");
        using var plain = Transport(_receiver.Dsn.Replace("http://", "https://", StringComparison.Ordinal));
        var results = new[] { await refused.SendAsync(Event(), default), await unknown.SendAsync(Event(), default), await plain.SendAsync(Event(), default) };
        Assert.All(results, result => Assert.Equal(SinkOutcome.Retry, result.Outcome));
        Assert.Equal($"connect: http://127.0.0.1:{port} could not be reached (ConnectionRefused).", results[0].Problem);
        Assert.StartsWith("DNS: http://sentry.invalid could not be reached (", results[1].Problem, StringComparison.Ordinal);
        Assert.StartsWith("TLS: ", results[2].Problem, StringComparison.Ordinal);
        Assert.All(results, result => Assert.DoesNotContain(SentryReceiver.Key, result.Problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_that_nobody_accepts_is_given_up()
    {
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var first = new TcpClient();
        await first.ConnectAsync((IPEndPoint)full.LocalEndPoint!);
        using var transport = new SentryTransport(
            Dsn($"http://{SentryReceiver.Key}@127.0.0.1:{((IPEndPoint)full.LocalEndPoint!).Port}/42"),
            new SentryTransportOptions { ConnectTimeout = TimeSpan.FromMilliseconds(300) }, new Redactor(), _time);
        var result = await transport.SendAsync(Event(), default);
        Assert.Equal(SinkOutcome.Retry, result.Outcome);
        Assert.StartsWith("connect: ", result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_is_used_with_its_password_and_shows_neither()
    {
        using var proxied = new SentryTransport(
            Dsn($"http://{SentryReceiver.Key}@sentry.invalid/42"),
            new SentryTransportOptions { Proxy = new Uri($"http://user:hunter2hunter2@127.0.0.1:{_receiver.Port}") }, new Redactor(), _time);
        Assert.Equal(SinkResult.Delivered, await proxied.SendAsync(Event(), default));
        Assert.Equal("sentry.invalid", (await _receiver.NextAsync()).HttpHeaders["Host"]);

        using var tunnel = new SentryTransport(
            Dsn($"https://{SentryReceiver.Key}@sentry.invalid/42"),
            new SentryTransportOptions { Proxy = new Uri($"http://user:hunter2hunter2@127.0.0.1:{_receiver.Port}") }, new Redactor(), _time);
        var result = await tunnel.SendAsync(Event(), default);
        Assert.Equal(SinkOutcome.Retry, result.Outcome);
        Assert.StartsWith("proxy: ", result.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_that_are_limited_stay_with_the_caller_while_check_ins_go_on()
    {
        _receiver.Answer(SentryAnswer.TooMany("60:error:organization:quota"));
        var first = await _transport.SendAsync(Event(), default);
        var second = await _transport.SendAsync(Event(), default);
        Assert.Equal((SinkOutcome.Retry, TimeSpan.FromSeconds(60)), (first.Outcome, first.RetryAfter));
        Assert.Equal((SinkOutcome.Retry, TimeSpan.FromSeconds(60)), (second.Outcome, second.RetryAfter));
        Assert.Equal(1, _receiver.Requests);
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(CheckIn(), default));
        Assert.Equal(["check_in"], (await _receiver.NextAsync()).Types);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(), default));
        Assert.Equal(["event"], (await _receiver.NextAsync()).Types);
    }

    [Fact]
    public async Task Check_ins_that_are_limited_are_lost_and_counted_and_not_sent()
    {
        _receiver.Answer(SentryAnswer.Code(200, new Dictionary<string, string> { ["X-Sentry-Rate-Limits"] = "60:monitor:key" }));
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(CheckIn(), default));
        Assert.Equal(TimeSpan.FromSeconds(60), _transport.LimitedFor(SentryCategory.Monitor));
        Assert.Equal(SinkOutcome.Retry, (await _transport.SendAsync(CheckIn(), default)).Outcome);
        Assert.Equal(SinkOutcome.Retry, (await _transport.SendAsync(CheckIn(), default)).Outcome);
        Assert.Equal(1, _receiver.Requests);
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(), default));
        await _receiver.NextAsync();
        Assert.Equal([("ratelimit_backoff", "monitor", 2L)], Losses(await _receiver.NextAsync()));
    }

    [Fact]
    public async Task A_429_that_says_no_more_holds_for_all_and_a_minute_and_is_not_counted()
    {
        _receiver.Answer(SentryAnswer.TooMany());
        Assert.Equal(TimeSpan.FromSeconds(60), (await _transport.SendAsync(CheckIn(), default)).RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(60), (await _transport.SendAsync(Event(), default)).RetryAfter);
        Assert.Equal(1, _receiver.Requests);
        Assert.Null(_transport.Reports.Take());
    }

    [Fact]
    public async Task A_date_to_wait_for_is_counted_on_the_receivers_clock()
    {
        _receiver.Answer(SentryAnswer.Code(503, new Dictionary<string, string>
        {
            ["Date"] = "Sun, 22 Nov 2026 15:00:00 GMT",
            ["Retry-After"] = "Sun, 22 Nov 2026 15:00:30 GMT",
        }));
        Assert.Equal(TimeSpan.FromSeconds(30), (await _transport.SendAsync(Event(), default)).RetryAfter);
    }

    [Fact]
    public async Task Attachments_that_are_limited_are_left_out_and_counted_when_the_event_has_arrived()
    {
        _receiver.Answer(
            SentryAnswer.Code(500, new Dictionary<string, string> { ["X-Sentry-Rate-Limits"] = "600:attachment" }), SentryAnswer.Code(500), SentryAnswer.Ok);
        for (var i = 0; i < 3; i++)
        {
            await _transport.SendAsync(Event("x", SentryItem.Attachment("states.json", new byte[100], "application/json")), default);
        }

        Assert.Equal([["event", "attachment"], ["event"], ["event"]], _receiver.Envelopes.Select(envelope => envelope.Types.ToArray()));
        await _transport.SendAsync(Event(), default);
        Assert.Equal([("ratelimit_backoff", "attachment", 100L)], Losses(_receiver.Envelopes[^1]));
    }

    [Fact]
    public async Task The_last_attachments_are_left_out_where_there_is_no_room_for_all()
    {
        var result = await _transport.SendAsync(
            Event(
                "x",
                SentryItem.Attachment("first.bin", new byte[15_000_000], "application/octet-stream"),
                SentryItem.Attachment("second.bin", new byte[15_000_000], "application/octet-stream"),
                SentryItem.Attachment("third.txt", new byte[10], "text/plain")),
            default);
        Assert.Equal(SinkResult.Delivered, result);
        Assert.Equal(["first.bin", "third.txt"], (await _receiver.NextAsync()).Items.Skip(1).Select(item => item.Header.GetProperty("filename").GetString()));
        await _transport.SendAsync(CheckIn(), default);
        Assert.Equal([("invalid", "attachment", 15_000_000L)], Losses(await _receiver.NextAsync()));
    }

    [Fact]
    public async Task What_is_too_large_for_the_one_before_Sentry_is_sent_without_attachments()
    {
        _receiver.Answer(SentryAnswer.Page(413));
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event("x", SentryItem.Attachment("a.txt", new byte[10], "text/plain")), default));
        Assert.Equal(["event"], (await _receiver.NextAsync()).Types);
        await _transport.SendAsync(CheckIn(), default);
        Assert.Equal([("send_error", "attachment", 10L)], Losses(await _receiver.NextAsync()));
    }

    [Fact]
    public async Task An_event_or_check_in_that_Sentry_would_not_take_is_not_sent()
    {
        var large = await _transport.SendAsync(Event(new string('x', SentryLimits.EventBytes)), default);
        var checkIn = await _transport.SendAsync(SentryEnvelope.ForCheckIn(new byte[SentryLimits.CheckInBytes + 1]), default);
        Assert.Equal((SinkOutcome.Rejected, SinkOutcome.Rejected), (large.Outcome, checkIn.Outcome));
        Assert.Contains("at most 1048576", large.Problem, StringComparison.Ordinal);
        Assert.Equal(0, _receiver.Requests);
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(), default));
        Assert.Equal([("invalid", "error", 1L), ("invalid", "monitor", 1L)], Losses(await _receiver.NextAsync()));
    }

    [Fact]
    public async Task Losses_are_reported_with_the_next_envelope_that_arrives_and_once()
    {
        _receiver.Answer(SentryAnswer.Reset, SentryAnswer.Code(500), SentryAnswer.Code(500), SentryAnswer.Code(400));
        await _transport.SendAsync(CheckIn(), default);
        await _transport.SendAsync(CheckIn(), default);
        await _transport.SendAsync(Event(), default);
        await _transport.SendAsync(Event(), default);
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(), default));
        Assert.Equal([("network_error", "monitor", 1L), ("send_error", "error", 1L), ("send_error", "monitor", 1L)], Losses(await _receiver.NextAsync()));
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(), default));
        Assert.Equal(["event"], (await _receiver.NextAsync()).Types);
    }

    [Fact]
    public async Task Many_threads_send_at_once()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => _transport.SendAsync(i % 2 == 0 ? Event() : CheckIn(), default))));
        Assert.All(results, result => Assert.Equal(SinkResult.Delivered, result));
        Assert.Equal(40, _receiver.Accepted.Count);
        Assert.Empty(_receiver.Violations);
    }

    [Fact]
    public async Task The_key_is_in_one_header_and_nowhere_else()
    {
        await _transport.SendAsync(Event(new string('x', 3000), SentryItem.Attachment("a.txt", new byte[10], "text/plain")), default);
        Assert.Contains(SentryReceiver.Key, (await _receiver.NextAsync()).HttpHeaders["X-Sentry-Auth"], StringComparison.Ordinal);
        Assert.False(_receiver.Saw(SentryReceiver.Key));
    }

    [Fact]
    public async Task The_apps_trace_does_not_go_to_Sentry()
    {
        using var activity = new System.Diagnostics.Activity("request").Start();
        Assert.Equal(SinkResult.Delivered, await _transport.SendAsync(Event(), default));
        Assert.DoesNotContain("traceparent", (await _receiver.NextAsync()).HttpHeaders.Keys);
    }

    [Fact]
    public async Task One_that_is_disposed_of_says_so_and_throws_not()
    {
        var transport = Transport(_receiver.Dsn);
        transport.Dispose();
        Assert.Equal(SinkOutcome.Retry, (await transport.SendAsync(Event(), default)).Outcome);
    }

    private static List<(string Reason, string Category, long Quantity)> Losses(ReceivedEnvelope envelope) =>
    [
        .. envelope["client_report"].GetProperty("discarded_events").EnumerateArray()
            .Select(loss => (loss.GetProperty("reason").GetString()!, loss.GetProperty("category").GetString()!, loss.GetProperty("quantity").GetInt64()))
            .Order(),
    ];

    private static SentryEnvelope Event(string message = "hello", params IEnumerable<SentryItem> attachments) => SentryEnvelope.ForEvent(
        Id,
        Encoding.UTF8.GetBytes($$"""{"event_id":"{{Id}}","timestamp":"2026-11-22T11:59:00Z","platform":"csharp","message":"{{message}}"}"""),
        attachments);

    private static SentryEnvelope CheckIn() =>
        SentryEnvelope.ForCheckIn(Encoding.UTF8.GetBytes($$"""{"check_in_id":"{{Id}}","monitor_slug":"app_host","status":"ok"}"""));

    private static SentryDsn Dsn(string text)
    {
        Assert.True(SentryDsn.TryParse(text, out var dsn, out var error), error);
        return dsn;
    }

    private SentryTransport Transport(string dsn) => new(Dsn(dsn), new SentryTransportOptions(), new Redactor(), _time);
}
