using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Incidents.Sinks.Webhook;

public sealed class WebhookSinkTests
{
    /// <summary>For what shall run into its timeout: long enough for a busy machine to get as far as it should.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private readonly Redactor _redactor = new();

    [Fact]
    public async Task A_message_arrives_with_its_key_its_words_and_all_its_data()
    {
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer(WebhookReceiver.Ok));
        var message = Messages.Message();

        Assert.Same(SinkResult.Delivered, await Send(receiver.Url("/hook?x=1"), message));

        var request = Assert.Single(receiver.Requests);
        Assert.Equal("POST /hook?x=1 HTTP/1.1", request.Line);
        Assert.Equal(message.Id, request.Headers["Idempotency-Key"]);
        Assert.Equal("application/json", request.Headers["Content-Type"]);
        Assert.Matches("^HealthKit/[0-9]+\\.[0-9]+\\.[0-9]+", request.Headers["User-Agent"]);
        Assert.Equal($"127.0.0.1:{receiver.Port}", request.Headers["Host"]);
        Assert.False(request.Headers.ContainsKey("Authorization"));
        Assert.False(request.Headers.ContainsKey("traceparent"));
        using var body = JsonDocument.Parse(request.Body);
        var root = body.RootElement;
        Assert.Equal("incident.opened", root.GetProperty("event").GetString());
        Assert.Equal(IncidentText.Title(message), root.GetProperty("title").GetString());
        Assert.Equal(IncidentText.Body(message), root.GetProperty("text").GetString());
        Assert.Equal(message.Id, root.GetProperty("id").GetString());
        Assert.Equal("web-1", root.GetProperty("host").GetString());
        var incident = root.GetProperty("incident");
        Assert.Equal("disk.space.low", incident.GetProperty("reason").GetString());
        Assert.Equal("Unhealthy", incident.GetProperty("status").GetString());
        Assert.Equal(42.1, incident.GetProperty("readingsBefore")[1].GetProperty("value").GetDouble());
        Assert.Equal(root.EnumerateObject().Count(), root.EnumerateObject().DistinctBy(member => member.Name).Count());
    }

    [Theory]
    [InlineData(IncidentMessageKind.Opened, "incident.opened")]
    [InlineData(IncidentMessageKind.Updated, "incident.updated")]
    [InlineData(IncidentMessageKind.Resolved, "incident.resolved")]
    [InlineData(IncidentMessageKind.Test, "incident.test")]
    public void Every_kind_of_message_is_an_event(IncidentMessageKind kind, string name)
    {
        using var body = JsonDocument.Parse(WebhookBody.Write(Messages.Message(kind), WebhookFormat.Json));

        Assert.Equal(name, body.RootElement.GetProperty("event").GetString());
    }

    [Theory]
    [InlineData(200, SinkOutcome.Delivered)]
    [InlineData(204, SinkOutcome.Delivered)]
    [InlineData(300, SinkOutcome.Retry)]
    [InlineData(304, SinkOutcome.Retry)]
    [InlineData(400, SinkOutcome.Rejected)]
    [InlineData(401, SinkOutcome.Retry)]
    [InlineData(403, SinkOutcome.Retry)]
    [InlineData(404, SinkOutcome.Retry)]
    [InlineData(407, SinkOutcome.Retry)]
    [InlineData(408, SinkOutcome.Retry)]
    [InlineData(410, SinkOutcome.Retry)]
    [InlineData(413, SinkOutcome.Rejected)]
    [InlineData(415, SinkOutcome.Rejected)]
    [InlineData(418, SinkOutcome.Retry)]
    [InlineData(422, SinkOutcome.Rejected)]
    [InlineData(425, SinkOutcome.Retry)]
    [InlineData(429, SinkOutcome.Retry)]
    [InlineData(500, SinkOutcome.Retry)]
    [InlineData(501, SinkOutcome.Retry)]
    [InlineData(503, SinkOutcome.Retry)]
    [InlineData(599, SinkOutcome.Retry)]
    public async Task The_answer_decides_what_becomes_of_the_message(int code, SinkOutcome outcome)
    {
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer(code));

        var result = await Send(receiver.Url());

        Assert.Equal(outcome, result.Outcome);
        Assert.Null(result.RetryAfter);
        if (outcome != SinkOutcome.Delivered)
        {
            Assert.StartsWith($"http://127.0.0.1:{receiver.Port}: HTTP {code}", result.Problem, StringComparison.Ordinal);
            Assert.DoesNotContain("Some Reason", result.Problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_message_that_failed_is_the_same_when_it_is_sent_again()
    {
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer(500), WebhookReceiver.Answer(200));
        using var sink = Sink(receiver.Url());

        Assert.Equal(SinkOutcome.Retry, (await sink.SendAsync(Messages.Message(), CancellationToken.None)).Outcome);
        Assert.Equal(SinkOutcome.Delivered, (await sink.SendAsync(Messages.Message(), CancellationToken.None)).Outcome);

        var requests = receiver.Requests.ToArray();
        Assert.Equal(2, requests.Length);
        Assert.Equal(requests[0].Headers, requests[1].Headers);
        Assert.Equal(requests[0].Text, requests[1].Text);
    }

    [Fact]
    public async Task A_receiver_that_ends_its_connections_fails_no_message()
    {
        await using var receiver = WebhookReceiver.Start(async connection =>
        {
            await connection.ReadRequest();
            await connection.Write(WebhookReceiver.Ok);
        });
        using var sink = Sink(receiver.Url());

        for (var i = 1; i <= 5; i++)
        {
            Assert.Equal(SinkOutcome.Delivered, (await sink.SendAsync(Messages.Message(), CancellationToken.None)).Outcome);
            Assert.Equal(i, receiver.Requests.Count);
        }
    }

    [Fact]
    public void A_proxy_that_fails_is_named()
    {
        using var request = new HttpRequestMessage();
        var attempt = WebhookAttempt.Of(request);
        var target = new Uri("https://receiver.example/hook");

        Assert.Equal("no connection was begun within 5 s; the app's thread pool may be starved", attempt.DescribeTimeout(TimeSpan.FromSeconds(5)));
        attempt.Resolving("proxy.example", 3128, target);
        Assert.Equal("proxy proxy.example:3128: the host name was not resolved within 5 s", attempt.DescribeTimeout(TimeSpan.FromSeconds(5)));
        attempt.Connecting();
        Assert.Equal(
            "proxy proxy.example:3128: connection refused",
            attempt.Describe(new HttpRequestException(HttpRequestError.ConnectionError, "x", new SocketException((int)SocketError.ConnectionRefused))));
        attempt.Resolving("receiver.example", 443, target);
        attempt.Connecting();
        Assert.Equal("no connection within 5 s", attempt.DescribeTimeout(TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [InlineData(429, "30", 30)]
    [InlineData(503, "120", 120)]
    [InlineData(503, "Sun, 22 Nov 2026 12:00:45 GMT", 45)]
    [InlineData(429, "Sunday, 22-Nov-26 12:01:00 GMT", 60)]
    [InlineData(429, "Sun Nov 22 12:02:00 2026", 120)]
    [InlineData(429, "7200", 3600)]
    [InlineData(429, "99999999999999999999", 3600)]
    [InlineData(503, "Fri, 31 Dec 9999 23:59:59 GMT", 3600)]
    [InlineData(429, "0", null)]
    [InlineData(503, "Sun, 22 Nov 2026 11:00:00 GMT", null)]
    [InlineData(503, "-5", null)]
    [InlineData(503, "soon", null)]
    [InlineData(503, "1.5", null)]
    [InlineData(500, "30", null)]
    public async Task The_wait_that_a_receiver_asks_for_is_honoured(int code, string asked, int? seconds)
    {
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer(code, $"Retry-After: {asked}\r\n"));

        var result = await Send(receiver.Url());

        Assert.Equal(SinkOutcome.Retry, result.Outcome);
        Assert.Equal(seconds, result.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task A_redirect_is_told_and_not_followed()
    {
        await using var elsewhere = WebhookReceiver.Start(WebhookReceiver.Answer(200));
        await using var receiver = WebhookReceiver.Start(
            WebhookReceiver.Answer(302, $"Location: http://u:p@127.0.0.1:{elsewhere.Port}/other-secret?a=b\r\n"),
            WebhookReceiver.Answer(308, "Location: /other-secret\r\n"),
            WebhookReceiver.Answer(301, "Location: ::::\r\n"));

        var problems = new List<string?>();
        for (var i = 0; i < 3; i++)
        {
            var result = await Send(receiver.Url());
            Assert.Equal(SinkOutcome.Retry, result.Outcome);
            problems.Add(result.Problem);
        }

        var us = $"http://127.0.0.1:{receiver.Port}";
        Assert.Equal($"{us}: HTTP 302: redirects are not followed, to http://127.0.0.1:{elsewhere.Port}; set Url to the final address", problems[0]);
        Assert.Equal($"{us}: HTTP 308: redirects are not followed, to another place of the same host; set Url to the final address", problems[1]);
        Assert.StartsWith($"{us}: HTTP 301: redirects are not followed", problems[2], StringComparison.Ordinal);
        Assert.Equal(0, elsewhere.Connections);
    }

    [Fact]
    public async Task A_slow_receiver_is_left_after_the_timeout()
    {
        await using var receiver = WebhookReceiver.Start(async connection =>
        {
            await connection.ReadRequest();
            await Task.Delay(Timeout.Infinite, connection.Stop);
        });
        var watch = Stopwatch.StartNew();

        var result = await Send(receiver.Url(), timeout: Short);

        Assert.Equal(SinkOutcome.Retry, result.Outcome);
        Assert.EndsWith(": no answer within 3 s", result.Problem, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed.TotalSeconds, 2.9, 30);
    }

    [Fact]
    public async Task Headers_that_drip_are_left_after_the_timeout()
    {
        await using var receiver = WebhookReceiver.Start(async connection =>
        {
            await connection.ReadRequest();
            await connection.Write("HTTP/1.1 200 OK\r\n");
            while (true)
            {
                await connection.Write("X: y\r\n");
                await Task.Delay(50, connection.Stop);
            }
        });

        Assert.EndsWith(": no answer within 3 s", (await Send(receiver.Url(), timeout: Short)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_does_not_accept_is_told_as_such()
    {
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        List<Socket> fillers = [];
        try
        {
            for (var i = 0; i < 4; i++)
            {
                var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                fillers.Add(filler);
                Assert.Throws<SocketException>(() => filler.Connect(full.LocalEndPoint!));
            }

            var result = await Send(new Uri($"http://{full.LocalEndPoint}/hook"), timeout: Short);

            Assert.Equal(SinkOutcome.Retry, result.Outcome);
            Assert.EndsWith(": no connection within 3 s", result.Problem, StringComparison.Ordinal);
        }
        finally
        {
            fillers.ForEach(filler => filler.Dispose());
        }
    }

    [Fact]
    public async Task A_receiver_that_never_speaks_TLS_is_told_as_such()
    {
        await using var receiver = WebhookReceiver.Start(connection => Task.Delay(Timeout.Infinite, connection.Stop));

        var result = await Send(new UriBuilder(receiver.Url()) { Scheme = "https" }.Uri, timeout: Short);

        Assert.EndsWith(": TLS: the handshake did not end within 3 s", result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_that_speaks_plain_HTTP_to_TLS_is_told_as_such()
    {
        await using var receiver = WebhookReceiver.Start(async connection => await connection.Write("HTTP/1.1 400 Bad Request\r\n\r\n"));

        var result = await Send(new UriBuilder(receiver.Url()) { Scheme = "https" }.Uri);

        Assert.Equal(SinkOutcome.Retry, result.Outcome);
        Assert.Contains(": TLS: the handshake failed", result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reset_before_or_after_reading_is_a_retry()
    {
        await using var receiver = WebhookReceiver.Start(
            connection =>
            {
                connection.Reset();
                return Task.CompletedTask;
            },
            async connection =>
            {
                await connection.ReadRequest();
                connection.Reset();
            });

        // The first one may end while it is still being connected.
        var before = await Send(receiver.Url());
        Assert.Equal(SinkOutcome.Retry, before.Outcome);
        Assert.Matches(": (the connection was reset before an answer|the connection was closed without an answer|no connection .*)$", before.Problem);
        var after = await Send(receiver.Url());
        Assert.Equal(SinkOutcome.Retry, after.Outcome);
        Assert.EndsWith(": the connection was reset before an answer", after.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_is_closed_without_an_answer_is_a_retry()
    {
        await using var receiver = WebhookReceiver.Start(connection => connection.ReadRequest());

        var result = await Send(receiver.Url());

        Assert.Equal(SinkOutcome.Retry, result.Outcome);
        Assert.EndsWith(": the connection was closed without an answer", result.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n", "the answer is not HTTP")]
    [InlineData("HTTP/1.1 xyz\r\n\r\n", "the answer is not HTTP")]
    public async Task An_answer_that_is_not_HTTP_is_told_as_such(string answer, string problem)
    {
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer(answer));

        var result = await Send(receiver.Url());

        Assert.Equal(SinkOutcome.Retry, result.Outcome);
        Assert.EndsWith(": " + problem, result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endless_headers_are_left()
    {
        await using var receiver = WebhookReceiver.Start(async connection =>
        {
            await connection.ReadRequest();
            await connection.Write("HTTP/1.1 200 OK\r\n");
            while (true)
            {
                await connection.Write($"X: {new string('x', 1000)}\r\n");
            }
        });

        Assert.EndsWith(": the headers of the answer are too long", (await Send(receiver.Url())).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "400\r\n{0}\r\n")]
    [InlineData("Content-Length: 100000000000\r\n\r\n", "{0}")]
    [InlineData("\r\n", "{0}")]
    public async Task An_endless_body_is_not_read(string head, string chunk)
    {
        var written = 0L;
        var left = new TaskCompletionSource();
        await using var receiver = WebhookReceiver.Start(async connection =>
        {
            await connection.ReadRequest();
            await connection.Write("HTTP/1.1 200 OK\r\n" + head);
            try
            {
                while (true)
                {
                    await connection.Write(string.Format(CultureInfo.InvariantCulture, chunk, new string('x', 1024)));
                    Interlocked.Add(ref written, 1024);
                }
            }
            catch (IOException)
            {
                left.SetResult();
                throw;
            }
        });
        using var sink = Sink(receiver.Url());

        Assert.Equal(SinkOutcome.Delivered, (await sink.SendAsync(Messages.Message(), CancellationToken.None)).Outcome);

        // The socket's buffers take some megabytes before the sender notices.
        await left.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(Interlocked.Read(ref written), 0, 64 << 20);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_refuses()
    {
        var result = await Send(new Uri($"http://127.0.0.1:{LoopbackPort.Closed()}/hook"));

        Assert.Equal(SinkOutcome.Retry, result.Outcome);
        Assert.EndsWith(": connection refused", result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_has_no_address_is_told_as_such()
    {
        // RFC 6761, section 6.4: no name below it exists.
        var result = await Send(new Uri("https://receiver.invalid/services/plantedsecret"), timeout: TimeSpan.FromSeconds(30));

        Assert.Equal(SinkOutcome.Retry, result.Outcome);
        Assert.StartsWith("https://receiver.invalid: could not resolve the host name", result.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("plantedsecret", result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_nobody_trusts_is_refused_before_anything_is_sent()
    {
        using var key = RSA.Create(2048);
        using var certificate = Certificate(key);
        await using var receiver = WebhookReceiver.StartTls(certificate, WebhookReceiver.Answer(200));

        var byName = await Send(new Uri($"https://localhost:{receiver.Port}/services/plantedsecret?k=plantedquery"));
        var byOther = await Send(receiver.Url("/services/plantedsecret"));

        Assert.Equal(SinkOutcome.Retry, byName.Outcome);
        Assert.Matches($"^https://localhost:{receiver.Port}: TLS: the certificate is not trusted \\(.*(UntrustedRoot|PartialChain).*\\)$", byName.Problem);
        Assert.EndsWith(": TLS: the certificate is for another host", byOther.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("planted", byName.Problem + byOther.Problem, StringComparison.Ordinal);
        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task The_attempt_ends_when_its_caller_ends_it()
    {
        var reached = new TaskCompletionSource();
        await using var receiver = WebhookReceiver.Start(async connection =>
        {
            await connection.ReadRequest();
            reached.SetResult();
            await Task.Delay(Timeout.Infinite, connection.Stop);
        });
        using var stop = new CancellationTokenSource();
        using var sink = Sink(receiver.Url("/services/plantedsecret"), timeout: TimeSpan.FromSeconds(30));

        var sending = sink.SendAsync(Messages.Message(), stop.Token);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await stop.CancelAsync();

        var exception = await Assert.ThrowsAsync<OperationCanceledException>(() => sending.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.DoesNotContain("plantedsecret", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookies_are_not_kept()
    {
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer(200, "Set-Cookie: a=b\r\n"));
        using var sink = Sink(receiver.Url());

        await sink.SendAsync(Messages.Message(), CancellationToken.None);
        await sink.SendAsync(Messages.Message(), CancellationToken.None);

        Assert.Equal(2, receiver.Requests.Count);
        Assert.DoesNotContain(receiver.Requests, request => request.Headers.ContainsKey("Cookie"));
    }

    [Fact]
    public async Task User_information_is_sent_as_Basic_authentication()
    {
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer(200));

        await Send(new Uri($"http://al%C3%ADce:p%40ss%3Aword@127.0.0.1:{receiver.Port}/hook"));

        var request = Assert.Single(receiver.Requests);
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("alíce:p@ss:word")), request.Headers["Authorization"]);
        Assert.Equal($"127.0.0.1:{receiver.Port}", request.Headers["Host"]);
    }

    [Fact]
    public async Task The_configured_authorization_is_sent_as_it_is()
    {
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer(200));

        await Send(receiver.Url(), authorization: "Bearer a-b.c/d=");

        Assert.Equal("Bearer a-b.c/d=", Assert.Single(receiver.Requests).Headers["Authorization"]);
    }

    private static X509Certificate2 Certificate(RSA key)
    {
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }

    private async Task<SinkResult> Send(Uri url, IncidentMessage? message = null, string? authorization = null, TimeSpan? timeout = null)
    {
        using var sink = Sink(url, authorization, timeout);
        return await sink.SendAsync(message ?? Messages.Message(), CancellationToken.None);
    }

    private WebhookSink Sink(Uri url, string? authorization = null, TimeSpan? timeout = null) => new(
        new WebhookSinkOptions { Url = url, Authorization = authorization, Timeout = timeout ?? TimeSpan.FromSeconds(20) },
        _redactor,
        new StoppedClock(Now));

    /// <summary>Its timers run, its time of day does not.</summary>
    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
