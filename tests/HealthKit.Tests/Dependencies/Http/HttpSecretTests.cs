using System.Collections;
using System.Text;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Dependencies.Http;

/// <summary>Secrets planted wherever there is a place for one: none is in any output, HealthKit's redactor or not.</summary>
public class HttpSecretTests
{
    private const string Secret = "s3cr3t-Pl4nted";

    private static readonly (string Name, Func<RawExchange, Task> Server, Action<HttpCheckOptions>? Configure)[] All =
    [
        ("in the status line", e => e.SayAsync($"{Secret}\r\n\r\n"), null),
        ("in the reason phrase", e => e.AnswerAsync($"500 {Secret}", Secret), null),
        ("in the body of a good answer", e => e.AnswerAsync("200 OK", $"password={Secret}", $"Content-Type: text/{Secret}"), null),
        ("in the body of an error", e => e.AnswerAsync("502 Bad Gateway", $"upstream http://user:{Secret}@10.0.0.1/", $"Server: {Secret}"), null),
        ("in a broken body", e => e.SayAsync($"HTTP/1.1 200 OK\nContent-Length: 1000\n\n{Secret}"), null),
        ("in the JSON value", e => e.AnswerAsync("200 OK", $"{{\"status\":\"{Secret}\"}}"), o => (o.JsonPointer, o.JsonEquals) = ("/status", "UP")),
        ("in the JSON value, of letters only", e => e.AnswerAsync("200 OK", "{\"password\":\"Plantedsecret\"}"), o => (o.JsonPointer, o.JsonEquals) = ("/password", "UP")),
        ("in a header", e => e.AnswerAsync("401 Unauthorized", "", $"WWW-Authenticate: {Secret} realm=\"{Secret}\"", $"Set-Cookie: session={Secret}", $"X-{Secret}: {Secret}"), null),
        ("in the expected header's actual value", e => e.AnswerAsync("200 OK", "", $"X-Version: {Secret}"), o => o.ExpectedHeaders = ["X-Version: 2"]),
        ("in a redirect", e => e.AnswerAsync("302 Found", "", $"Location: http://user:{Secret}@127.0.0.1:1/{Secret}?{Secret}#{Secret}"), null),
        ("in a redirect that is not followed", e => e.AnswerAsync("302 Found", "", $"Location: /{Secret}?{Secret}"), o => o.MaxRedirectsCount = 0),
        ("in Retry-After", e => e.AnswerAsync("429 Too Many Requests", "", $"Retry-After: {Secret}", $"RateLimit: {Secret}"), null),
        ("in Content-Encoding", e => e.AnswerAsync("200 OK", "x", $"Content-Encoding: {Secret}"), o => o.BodyContains = "x"),
        ("in the signature", e => e.AnswerAsync("500 No", "", $"X-Answered-By: {Secret}"), null),
        ("in headers that are sent", e => e.AnswerAsync("500 No", e.Head), o => o.Headers = [$"Authorization: Bearer {Secret}", $"X-Api-Key: {Secret}", $"Cookie: a={Secret}"]),
        ("in the query that is sent", e => e.AnswerAsync("302 Found", "", $"Location: {e.Path}"), null),
    ];

    public static TheoryData<string> Names => [.. All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_planted_secret_is_in_no_output(string name)
    {
        var (_, answer, configure) = All.Single(one => one.Name == name);
        await using var server = new HttpRawServer(answer);
        using var bench = new HttpBench(server.Url($"/health?token={Secret}"), configure);

        var seen = await bench.RunAsync();

        var texts = seen.Text + " " + string.Join(' ', Texts(seen.Result.Data));
        Assert.DoesNotContain(Secret, texts, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Plantedsecret", texts, StringComparison.OrdinalIgnoreCase);
        Assert.Null(seen.Result.Exception);
    }

    [Fact]
    public void An_ordinary_word_of_a_header_is_no_secret_of_the_process()
    {
        var redactor = new Redactor();
        HttpRequestRules.Headers(["X-Probe: health", "X-Kind: monitoring-shop", "X-Access-Level: admin", "X-Trace: 0a1b2c3d4e5f", "X-Tenant-Secret: blue"], redactor);
        Assert.Equal("1 of 3 unhealthy, monitoring-shop admin ***, ***", redactor.Redact("1 of 3 unhealthy, monitoring-shop admin 0a1b2c3d4e5f, blue"));
    }

    [Theory]
    [InlineData("X-Auth: hunter22", "hunter22")]
    [InlineData("X-Key: 83746283746283746", "83746283746283746")]
    [InlineData("X-Access: abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz")]
    [InlineData("X-Credentials: app:Zq8vK2x", "app:Zq8vK2x")]
    [InlineData("X-Signature: qvbnmx", "qvbnmx")]
    [InlineData("X-Gateway: Basic YXBwOlpxOHY=", "Zq8v")]
    [InlineData("X-Gateway: Basic YXBwOlpxOHY=", "YXBwOlpxOHY=")]
    [InlineData("X-Probe: hunter22", "hunter22")]
    [InlineData("X-Probe: abcdefghijklmnop", "abcdefghijklmnop")]
    public void The_value_of_a_header_is_registered_where_it_may_be_a_secret(string header, string secret)
    {
        var redactor = new Redactor();
        HttpRequestRules.Headers([header], redactor);
        Assert.Equal("it said ***.", redactor.Redact($"it said {secret}."));
    }

    [Fact]
    public async Task Secrets_in_headers_are_hidden_wherever_else_they_turn_up()
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", ""));
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes("monitor:wOrdOfPass"));
        using var bench = new HttpBench(server.Url(), options => options.Headers =
        [
            "Authorization: Bearer tokenvalue1", "X-Api-Key: keyvalue1", "Cookie: session=cookievalue1; theme=cookievalue2", $"Proxy-Authorization: Basic {basic}", "Accept: text/plain",
        ]);

        await bench.RunAsync();

        foreach (var secret in new[] { "tokenvalue1", "keyvalue1", "cookievalue1", "cookievalue2", "wOrdOfPass", basic })
        {
            Assert.Equal("it said ***.", bench.Redactor.Redact($"it said {secret}."));
        }

        Assert.Equal("it said text/plain.", bench.Redactor.Redact("it said text/plain."));
    }

    [Fact]
    public async Task A_rejected_option_does_not_show_its_secret()
    {
        (string Key, string Value)[] settings =
        [
            ("Url", $"https://user:{Secret}@shop.example/"), ("Url", $"ftp://shop.example/{Secret}"), ("Headers", $"Authorization {Secret}"), ("Headers", $"Content-Type: {Secret}"),
        ];
        foreach (var (key, value) in settings)
        {
            List<(string, string?)> all = [("Checks:api:Type", "Http"), ("Checks:api:Url", "http://127.0.0.1/")];
            all.RemoveAll(setting => setting.Item1.EndsWith(key, StringComparison.Ordinal));
            all.Add(($"Checks:api:{key}", value));

            var error = await Assert.ThrowsAnyAsync<Exception>(() => TestHost.Start(_ => { }, [.. all]));

            Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
            Assert.Contains(key, error.Message, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> Texts(IEnumerable<KeyValuePair<string, object>> data) => data.SelectMany(entry => entry.Value switch
    {
        string text => [text],
        IEnumerable items => items.Cast<object>().Select(item => item.ToString()!),
        var value => [value.ToString()!],
    });
}
