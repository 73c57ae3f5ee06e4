using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies.Http;

/// <summary>Faults, injected one by one by a server that says exactly what it is told: each has its verdict, its stage and its answerer.</summary>
public class HttpFaultTests
{
    private const string Nginx502 =
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n";

    private static readonly Fault[] All =
    [
        // No answer.
        new("closed without a status line", _ => Task.CompletedTask, "http.closed", Text: "in doubt whether the request"),
        new("closed within the head", e => e.SayAsync("HTTP/1.1 200 OK\r\nServer: ngin"), "http.closed", Text: "within the head"),
        new("reset before headers", Reset, "http.reset", Text: "reset before an answer"),
        new("SSH behind the port", e => e.SayAsync("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"), "http.invalid", Text: "SSH"),
        new("MySQL behind the port", e => e.SendAsync("J\0\0\0\n5.5.5-10.11.6-MariaDB\0"u8.ToArray()), "http.invalid", Text: "MySQL"),
        new("Redis behind the port", e => e.SayAsync("-ERR wrong number of arguments for 'get' command\r\n"), "http.invalid", Text: "Redis"),
        new("mail behind the port", e => e.SayAsync("220 mail.example ESMTP Postfix\r\n"), "http.invalid", Text: "mail"),
        new("TLS behind a plain port", e => e.SendAsync(new byte[] { 0x15, 3, 3, 0, 2, 2, 0x46 }), "http.invalid", Text: "ask by https"),
        new("HTTP/2 unasked", e => e.SayAsync("HTTP/2 200\n\nhello"), "http.invalid"),
        new("a header that is none", e => e.SayAsync("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"), "http.invalid"),
        new("endless headers", EndlessHeaders, "http.headersTooLarge"),
        new("one endless header", EndlessHeader, "http.headersTooLarge"),
        new("endless 100 Continue", Continues, "http.headersTooLarge"),
        new("hangs before the head", e => e.HangAsync(), "use.timeout", Configure: Hasty, Text: "no answer within 2 s"),

        // Broken bodies.
        new("drips a byte at a time", Drip, "use.timeout", "app on Kestrel", Configure: Hasty, Text: "200 OK came, and "),
        new("upstream killed within the body", e => e.SayAsync("HTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Length: 1000\n\nhalf of"), "http.truncated", "behind nginx", Text: "closed after 7 B of 1000 B"),
        new("reset within the body", ResetInBody, "http.truncated", Text: "reset after 7 B"),
        new("closed between chunks", e => e.SayAsync("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\r\nhello\r\n"), "http.truncated", Text: "after 5 B"),
        new("chunks that are none", e => e.SayAsync("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nzz\r\nhello\r\n"), "http.invalid", Text: "not framed"),
        new("a chunk longer than it says", e => e.SayAsync("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\r\nhelloworld\r\n0\r\n\r\n"), "http.invalid"),
        new("a length that is none", e => e.SayAsync("HTTP/1.1 200 OK\nContent-Length: -5\n\nshort"), "http.invalid", Text: "no length"),
        new("two lengths", e => e.SayAsync("HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: x\n\nshort"), "http.invalid"),
        new("a length too short for what is expected", e => e.SayAsync("HTTP/1.1 200 OK\nContent-Length: 9\n\n{\"status\":\"UP\"}"), "http.content.notJson", Configure: o => o.JsonPointer = "/status"),
        new("endless body", Endless, "http.content.tooLarge", Text: "larger than 1 MiB"),
        new("compressed gigabytes", Bomb("gzip"), "http.content.tooLarge", Configure: o => o.BodyContains = "x"),
        new("compressed gigabytes, br", Bomb("br"), "http.content.tooLarge", Configure: o => o.BodyContains = "x"),
        new("compressed twice", Bomb("gzip", "gzip"), "http.content.tooLarge", Configure: o => o.BodyContains = "x"),
        new("not the encoding it says", e => e.AnswerAsync("200 OK", "plain", "Content-Encoding: gzip"), "http.content.encoding", Configure: o => o.BodyContains = "plain"),
        new("an unknown encoding", e => e.AnswerAsync("200 OK", "plain", "Content-Encoding: zstd"), "http.content.encoding", Configure: o => o.BodyContains = "plain"),

        // Statuses.
        new("401", e => e.AnswerAsync("401 Unauthorized", "", "WWW-Authenticate: Bearer realm=\"x\""), "auth.rejected", Stage: "authenticate", Text: "(Bearer is wanted)"),
        new("403", e => e.AnswerAsync("403 Forbidden", ""), "auth.forbidden", Stage: "authenticate"),
        new("407", e => e.AnswerAsync("407 Proxy Authentication Required", ""), "auth.rejected", Stage: "authenticate", Text: "a proxy on the way"),
        new("404", e => e.AnswerAsync("404 Not Found", ""), "http.notFound"),
        new("410", e => e.AnswerAsync("410 Gone", ""), "http.notFound"),
        new("400", e => e.AnswerAsync("400 Bad Request", "no"), "http.clientError", Text: "our fault"),
        new("400 as nginx wants https", e => e.AnswerAsync("400 Bad Request", "<center>The plain HTTP request was sent to HTTPS port</center>\r\n<hr><center>nginx</center>"), "http.clientError", "nginx", Text: "ask by https"),
        new("405", e => e.AnswerAsync("405 Method Not Allowed", ""), "http.clientError", Text: "method"),
        new("413 by nginx", e => e.AnswerAsync("413 Request Entity Too Large", "<hr><center>nginx</center>"), "http.clientError", "nginx"),
        new("500", e => e.AnswerAsync("500 Internal Server Error", ""), "http.serverError", Text: "their fault"),
        new("500 by the app itself", e => e.AnswerAsync("500 Internal Server Error", "", "X-Answered-By: HealthKit; app=\"Shop.Api\""), "http.serverError", "app Shop.Api", Text: "by the app itself (Shop.Api)"),
        new("502 by nginx", e => e.AnswerAsync("502 Bad Gateway", Nginx502, "Server: nginx/1.18.0"), "http.badGateway", "nginx", Text: "nginx says of its upstream"),
        new("502 handed on by nginx", e => e.AnswerAsync("502 Bad Gateway", "{}", "Server: nginx/1.18.0"), "http.badGateway", "behind nginx", Text: "a gateway on the way"),
        new("504 by HAProxy", e => e.AnswerAsync("504 Gateway Time-out", "<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.\n</body></html>\n"), "http.gatewayTimeout", "HAProxy"),
        new("503 by HAProxy", e => e.AnswerAsync("503 Service Unavailable", "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"), "http.unavailable", "HAProxy", HealthStatus.Degraded, Text: "no server of its backend is up"),
        new("503 without grace", e => e.AnswerAsync("503 Service Unavailable", ""), "http.unavailable", Configure: o => o.UnavailableGrace = TimeSpan.Zero),
        new("503 with Retry-After", e => e.AnswerAsync("503 Service Unavailable", "", "Retry-After: 120"), "http.unavailable", Status: HealthStatus.Degraded, Text: "after 2 min"),
        new("521 by Cloudflare", e => e.AnswerAsync("521 Web Server Is Down", "error code: 521", "Server: cloudflare", "CF-RAY: 8a1-FRA"), "http.badGateway", "Cloudflare"),
        new("524 by Cloudflare", e => e.AnswerAsync("524 A Timeout Occurred", "error code: 524", "Server: cloudflare", "CF-RAY: 8a1-FRA"), "http.gatewayTimeout", "Cloudflare"),
        new("101 unasked", e => Hanging(e, "HTTP/1.1 101 Switching Protocols\nUpgrade: x\nConnection: upgrade\n\n"), "http.unexpectedStatus"),
        new("999", e => e.AnswerAsync("999 No", ""), "http.unexpectedStatus"),
        new("204 where only 200 is good", e => e.SayAsync("HTTP/1.1 204 No Content\n\n"), "http.unexpectedStatus", Configure: o => o.ExpectedStatuses = ["200"]),
        new("304", e => e.SayAsync("HTTP/1.1 304 Not Modified\n\n"), "http.redirect.unexpected"),

        // Throttled.
        new("429, Retry-After in seconds", e => e.AnswerAsync("429 Too Many Requests", "", "Retry-After: 30"), "http.throttled", Status: HealthStatus.Degraded, Text: "in 30 s"),
        new("429, Retry-After a date", e => e.AnswerAsync("429 Too Many Requests", "", $"Retry-After: {DateTimeOffset.UtcNow.AddSeconds(90).ToString("r", CultureInfo.InvariantCulture)}"), "http.throttled", Status: HealthStatus.Degraded, Text: "in 1 min"),
        new("429 by nginx, no time", e => e.AnswerAsync("429 Too Many Requests", "<hr><center>nginx</center>"), "http.throttled", "nginx", HealthStatus.Degraded, Text: "it did not say for how long"),
        new("RateLimit is used up", e => e.AnswerAsync("200 OK", "", "RateLimit: \"hour\";r=40;t=1800, \"minute\";r=0;t=25"), "http.throttled", Status: HealthStatus.Degraded, Text: "in 25 s"),
        new("RateLimit is used up, draft 7", e => e.AnswerAsync("200 OK", "", "RateLimit: limit=10, remaining=0, reset=50"), "http.throttled", Status: HealthStatus.Degraded, Text: "in 50 s"),
        new("RateLimit-Remaining is used up", e => e.AnswerAsync("200 OK", "", "RateLimit-Remaining: 0", "RateLimit-Reset: 20"), "http.throttled", Status: HealthStatus.Degraded, Text: "in 20 s"),
        new("X-RateLimit is used up, a time since 1970", e => e.AnswerAsync("403 Forbidden", "", "X-RateLimit-Remaining: 0", $"X-RateLimit-Reset: {DateTimeOffset.UtcNow.AddMinutes(9.5).ToUnixTimeSeconds()}"), "http.throttled", Status: HealthStatus.Degraded, Text: "in 9 min"),
        new("X-RateLimit is used up, wrong content besides", e => e.AnswerAsync("200 OK", "no", "X-RateLimit-Remaining: 0"), "http.content.missing", Configure: o => o.BodyContains = "yes"),

        // Redirects.
        new("a redirect in a circle", e => e.AnswerAsync("302 Found", "", $"Location: {(e.Path == "/a" ? "/b" : "/a")}"), "http.redirect.loop"),
        new("redirects without end", e => e.AnswerAsync("302 Found", "", $"Location: {e.Path}a"), "http.redirect.tooMany", Text: "more than 5"),
        new("a redirect where none is followed", e => e.AnswerAsync("302 Found", "", "Location: /login"), "http.redirect.unexpected", Configure: o => o.MaxRedirectsCount = 0, Text: "/login"),
        new("a redirect to nowhere", e => e.AnswerAsync("302 Found", ""), "http.redirect.unexpected"),
        new("a redirect to a file", e => e.AnswerAsync("302 Found", "", "Location: file:///etc/passwd"), "http.redirect.unexpected"),
        new("a redirect that is refused", e => e.AnswerAsync("302 Found", "", "Location: http://127.0.0.1:1/gone"), "tcp.refused", Stage: "connect", Text: "redirected to http://127.0.0.1:1/gone"),

        // Wrong content of every kind.
        new("wrong media type", e => e.AnswerAsync("200 OK", "<html>", "Content-Type: text/html; charset=utf-8"), "http.content.mediaType", Configure: o => o.ExpectedMediaType = "application/json", Text: "got text/html"),
        new("a text is missing", e => e.AnswerAsync("200 OK", "nothing"), "http.content.missing", Configure: o => o.BodyContains = "all is well"),
        new("a text that must not be there", e => e.AnswerAsync("200 OK", "Fatal error"), "http.content.forbidden", Configure: o => o.BodyDoesNotContain = "error"),
        new("a pattern that nothing matches", e => e.AnswerAsync("200 OK", "v12"), "http.content.pattern", Configure: o => o.BodyMatches = @"v\d{3}"),
        new("no JSON", e => e.AnswerAsync("200 OK", "<html>"), "http.content.notJson", Configure: o => o.JsonPointer = "/status"),
        new("JSON without the place", e => e.AnswerAsync("200 OK", "{\"state\":1}"), "http.content.jsonMissing", Configure: o => o.JsonPointer = "/status"),
        new("JSON with something else there", e => e.AnswerAsync("200 OK", "{\"status\":\"DOWN\"}"), "http.content.jsonDiffers", Configure: o => (o.JsonPointer, o.JsonEquals) = ("/status", "UP"), Text: "is 'DOWN', expected is 'UP'"),
        new("a header is missing", e => e.AnswerAsync("200 OK", ""), "http.content.header", Configure: o => o.ExpectedHeaders = ["Strict-Transport-Security"]),
        new("a header is different", e => e.AnswerAsync("200 OK", "", "X-Frame-Options: ALLOW"), "http.content.header", Configure: o => o.ExpectedHeaders = ["X-Frame-Options: DENY"]),
        new("too small", e => e.AnswerAsync("200 OK", "tiny"), "http.content.tooSmall", Configure: o => o.MinimumBodyBytes = 100),
        new("a password on plain http", e => e.AnswerAsync("200 OK", "<form><INPUT name=p\n type = 'password'></form>", "Content-Type: text/html"), "http.passwordOnPlainHttp", Status: HealthStatus.Degraded, Host: "shop.test"),
    ];

    public static TheoryData<string> Names => [.. All.Select(fault => fault.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_fault_has_its_verdict_stage_and_answerer(string name)
    {
        var fault = All.Single(fault => fault.Name == name);
        await using var server = new HttpRawServer(fault.Server);
        using var bench = new HttpBench(server.Url("/a?token=s3cr3t", fault.Host), fault.Configure);
        var clock = Stopwatch.StartNew();

        var seen = await bench.RunAsync();

        Assert.True(fault.Reason == seen.Reason, seen.ToString());
        Assert.True(fault.Status == seen.Status, seen.ToString());
        Assert.True(fault.AnsweredBy == seen.AnsweredBy, seen.ToString());
        Assert.Contains(fault.Text ?? "", seen.Text, StringComparison.Ordinal);
        if (fault.Status == HealthStatus.Unhealthy)
        {
            Assert.True((fault.Stage ?? "use") == seen.FailedStage, seen.ToString());
        }

        Assert.StartsWith($"http://{fault.Host}:{server.Port}/a: ", seen.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", seen.Text, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.InRange(seen.Text.Length, 1, 600);
    }

    [Fact]
    public void There_are_enough_of_them() => Assert.True(All.Length >= 20);

    [Fact]
    public async Task A_port_on_which_nobody_listens_fails_at_connect()
    {
        using var bench = new HttpBench(new Uri("http://127.0.0.1:1/"));

        var seen = await bench.RunAsync();

        Assert.Equal(("tcp.refused", "connect"), (seen.Reason, seen.FailedStage));
    }

    [Fact]
    public async Task A_drip_ends_at_the_deadline_and_says_how_much_came()
    {
        await using var server = new HttpRawServer(Drip);
        using var bench = new HttpBench(server.Url(), Hasty);
        var clock = Stopwatch.StartNew();

        var seen = await bench.RunAsync();

        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(10));
        Assert.Matches(@"no answer within 2 s, .* of it in this stage; 200 OK came, and \d+ B of its body", seen.Text);
        Assert.Equal("200", seen["httpStatus"]);
    }

    private static void Hasty(HttpCheckOptions options) => options.Deadline = TimeSpan.FromSeconds(2);

    private static Task Reset(RawExchange exchange)
    {
        exchange.Reset();
        return Task.CompletedTask;
    }

    private static async Task ResetInBody(RawExchange exchange)
    {
        await exchange.SayAsync("HTTP/1.1 200 OK\nContent-Length: 1000\n\nhalf of");

        // A reset discards what the other side has not read yet.
        await Task.Delay(1_000);
        exchange.Reset();
    }

    private static async Task Hanging(RawExchange exchange, string answer)
    {
        await exchange.SayAsync(answer);
        await exchange.HangAsync();
    }

    private static async Task EndlessHeaders(RawExchange exchange)
    {
        await exchange.SayAsync("HTTP/1.1 200 OK\r\n");
        for (var i = 0; ; i++)
        {
            await exchange.SayAsync($"X-{i}: {new string('a', 1_000)}\r\n");
        }
    }

    private static async Task EndlessHeader(RawExchange exchange)
    {
        await exchange.SayAsync("HTTP/1.1 200 OK\r\nX-Long: ");
        while (true)
        {
            await exchange.SayAsync(new string('a', 1_000));
        }
    }

    private static async Task Continues(RawExchange exchange)
    {
        while (true)
        {
            await exchange.SayAsync("HTTP/1.1 100 Continue\n\n");
        }
    }

    private static async Task Drip(RawExchange exchange)
    {
        await exchange.SayAsync("HTTP/1.1 200 OK\nServer: Kestrel\nContent-Length: 1000\n\n");
        while (true)
        {
            await exchange.SayAsync("x");
            await Task.Delay(100, exchange.Token);
        }
    }

    private static async Task Endless(RawExchange exchange)
    {
        await exchange.SayAsync("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n");
        var chunk = Encoding.ASCII.GetBytes($"4000\r\n{new string('x', 0x4000)}\r\n");
        while (true)
        {
            await exchange.SendAsync(chunk);
        }
    }

    /// <summary>A gigabyte of zeros; the bytes on the wire are few.</summary>
    internal static Func<RawExchange, Task> Bomb(params string[] encodings)
    {
        var body = new Lazy<byte[]>(() =>
        {
            using var packed = new MemoryStream();
            using (Stream stream = encodings[0] == "br" ? new BrotliStream(packed, CompressionLevel.Fastest) : new GZipStream(packed, CompressionLevel.Fastest))
            {
                var zeros = new byte[1 << 20];
                for (var i = 0; i < 1024; i++)
                {
                    stream.Write(zeros);
                }
            }

            var bytes = packed.ToArray();
            foreach (var _ in encodings.Skip(1))
            {
                using var again = new MemoryStream();
                using (var stream = new GZipStream(again, CompressionLevel.Fastest))
                {
                    stream.Write(bytes);
                }

                bytes = again.ToArray();
            }

            return bytes;
        });
        return async exchange =>
        {
            await exchange.SayAsync($"HTTP/1.1 200 OK\nContent-Encoding: {string.Join(", ", encodings)}\nContent-Length: {body.Value.Length}\n\n");
            await exchange.SendAsync(body.Value);
        };
    }

    private sealed record Fault(
        string Name,
        Func<RawExchange, Task> Server,
        string Reason,
        string? AnsweredBy = null,
        HealthStatus Status = HealthStatus.Unhealthy,
        string? Stage = null,
        string? Text = null,
        Action<HttpCheckOptions>? Configure = null,
        string Host = "127.0.0.1");
}
