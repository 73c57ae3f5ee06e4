using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace HealthKit.Tests.Incidents.Sinks.Webhook;

/// <summary>Secrets are planted in every part of the address and in the header; nothing that can be seen may hold one.</summary>
public sealed class WebhookSecretTests
{
    private const string Path = "services/T0PLANTEDPATH/B0/abc";
    private const string Query = "token=PLANTEDQUERY1&x=PLANTEDQUERY2";
    private const string UserInfo = "PLANTEDUSER:PLANTED%40PASSWORD";
    private const string Header = "Bearer PLANTEDHEADER";

    public static TheoryData<string> Ways =>
    [
        "HTTP/1.1 500 PLANTED\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 400 PLANTED\r\nContent-Length: 7\r\n\r\nPLANTED",
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"PLANTED\"\r\nContent-Length: 0\r\n\r\n",
        $"HTTP/1.1 302 PLANTED\r\nLocation: /{Path}?{Query}\r\nContent-Length: 0\r\n\r\n",
        $"HTTP/1.1 302 PLANTED\r\nLocation: https://{UserInfo}@other.example/{Path}?{Query}\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 PLANTED\r\nRetry-After: PLANTED\r\nContent-Length: 0\r\n\r\n",
        "PLANTED PLANTED PLANTED\r\n\r\n",
        "close",
        "reset",
        "slow",
        "tls",
        "refused",
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task No_failure_tells_a_secret(string way)
    {
        await using var receiver = WebhookReceiver.Start(async connection =>
        {
            if (await connection.ReadRequest())
            {
                switch (way)
                {
                    case "close":
                        break;
                    case "reset":
                        connection.Reset();
                        break;
                    case "slow":
                        await Task.Delay(Timeout.Infinite, connection.Stop);
                        break;
                    default:
                        await connection.Write(way);
                        break;
                }
            }
        });
        var port = way == "refused" ? 1 : receiver.Port;
        foreach (var (userInfo, header) in new[] { (UserInfo + "@", null), ("", Header) })
        {
            var url = new Uri($"{(way == "tls" ? "https" : "http")}://{userInfo}127.0.0.1:{port}/{Path}?{Query}#PLANTEDFRAGMENT");
            using var sink = new WebhookSink(
                new WebhookSinkOptions { Url = url, Authorization = header, Timeout = TimeSpan.FromSeconds(1) }, new Redactor(), TimeProvider.System);

            var result = await sink.SendAsync(Messages.Message(), CancellationToken.None);

            Assert.NotEqual(SinkOutcome.Delivered, result.Outcome);
            Assert.StartsWith(url.GetLeftPart(UriPartial.Scheme) + $"127.0.0.1:{port}: ", result.Problem, StringComparison.Ordinal);
            AssertClean(result.ToString());
            AssertClean(sink.ToString());
        }
    }

    [Fact]
    public void The_options_show_scheme_host_and_port_only()
    {
        var options = new WebhookSinkOptions { Url = new Uri($"https://{UserInfo}@hooks.example:8443/{Path}?{Query}"), Authorization = Header };

        Assert.Equal("Json to https://hooks.example:8443", options.ToString());
        Assert.Equal("Json to ***", new WebhookSinkOptions { Url = new Uri(Path, UriKind.Relative) }.ToString());
        Assert.Equal("Json to nothing", new WebhookSinkOptions().ToString());
    }

    [Fact]
    public void A_text_of_anyone_else_is_rid_of_them_from_then_on()
    {
        var redactor = new Redactor();
        var url = new Uri($"https://{UserInfo}@hooks.example/{Path}/%C3%A4?{Query}");
        using var one = new WebhookSink(new WebhookSinkOptions { Url = url }, redactor, TimeProvider.System);
        using var other = new WebhookSink(
            new WebhookSinkOptions { Url = new Uri("https://hooks.example/"), Authorization = "Basic " + Base64("u:PLANTEDBASIC") },
            redactor,
            TimeProvider.System);
        using var third = new WebhookSink(
            new WebhookSinkOptions { Url = new Uri("https://hooks.example/"), Authorization = Header }, redactor, TimeProvider.System);

        foreach (var text in new[]
        {
            $"GET {url} failed", $"GET {url.AbsoluteUri} failed", $"GET {url.OriginalString} failed", $"path {url.PathAndQuery} failed",
            $"path {url.AbsolutePath} failed", $"path {Uri.UnescapeDataString(url.AbsolutePath)} failed", $"user {UserInfo} failed",
            "login with PLANTED@PASSWORD failed", $"sent {Base64("PLANTEDUSER:PLANTED@PASSWORD")} to", "login with PLANTEDBASIC failed",
            $"sent {Base64("u:PLANTEDBASIC")} to", "the token PLANTEDHEADER was refused", Uri.EscapeDataString(url.AbsoluteUri),
        })
        {
            var clean = redactor.Redact(text);
            AssertClean(clean);
            Assert.Contains("***", clean, StringComparison.Ordinal);
        }

        Assert.Equal("https://hooks.example/ does not answer", redactor.Redact("https://hooks.example/ does not answer"));
    }

    [Fact]
    public void A_short_path_is_no_secret_of_its_own()
    {
        var redactor = new Redactor();
        using var sink = new WebhookSink(new WebhookSinkOptions { Url = new Uri("http://receiver.example/data") }, redactor, TimeProvider.System);

        Assert.Equal("/data: free space 3 %", redactor.Redact("/data: free space 3 %"));
        Assert.DoesNotContain("/data", redactor.Redact("POST http://receiver.example/data failed"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_trace_and_no_diagnostic_event_records_the_request()
    {
        var seen = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("System.Net", StringComparison.Ordinal),
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => seen.Enqueue(string.Join(' ', activity.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"))),
        };
        ActivitySource.AddActivityListener(listener);
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer(200));
        using var sink = new WebhookSink(
            new WebhookSinkOptions { Url = receiver.Url($"/{Path}?{Query}"), Authorization = Header }, new Redactor(), TimeProvider.System);
        using var activity = new Activity("test").Start();

        Assert.Equal(SinkOutcome.Delivered, (await sink.SendAsync(Messages.Message(), CancellationToken.None)).Outcome);

        Assert.DoesNotContain(seen, tags => tags.Contains("PLANTED", StringComparison.Ordinal));
        Assert.False(Assert.Single(receiver.Requests).Headers.ContainsKey("traceparent"));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static void AssertClean(string? text) => Assert.DoesNotContain("PLANTED", text, StringComparison.OrdinalIgnoreCase);
}
