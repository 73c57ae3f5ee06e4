using System.Globalization;
using System.IO.Compression;
using System.Text;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies.Http;

/// <summary>What is asked, and what good answers are.</summary>
public class HttpCheckTests
{
    [Fact]
    public async Task A_good_answer_tells_status_size_times_and_address()
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", "fine", "Content-Type: text/plain; charset=utf-8", "Server: Kestrel"));
        using var bench = new HttpBench(server.Url("/health", "shop.test"));

        var seen = await bench.RunAsync();

        Assert.Matches(
            $@"^http://shop\.test:{server.Port}/health: 200 OK by an app on Kestrel, 4 B of text/plain \(resolve .+, connect .+ to 127\.0\.0\.1, use .+\)$", seen.Text);
        Assert.Equal(HealthStatus.Healthy, seen.Status);
        Assert.Equal(("200", 4, "text/plain", "app on Kestrel"), (seen["httpStatus"], seen["bodyBytes"], seen["mediaType"], seen["answeredBy"]));
        Assert.All(["resolveSeconds", "connectSeconds", "useSeconds"], reading => Assert.IsType<double>(seen[reading]));
    }

    [Fact]
    public async Task The_request_is_plain_and_nothing_is_added_to_it()
    {
        await using var server = HttpRawServer.Saying("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
        using var bench = new HttpBench(server.Url("/health?deep=1#part"));
        using var activity = new System.Diagnostics.Activity("around").Start();

        await bench.RunAsync();

        Assert.Equal(
            $"GET /health?deep=1 HTTP/1.1\r\nHost: 127.0.0.1:{server.Port}\r\nConnection: close\r\nUser-Agent: HealthKit\r\nAccept: */*\r\n\r\n", Assert.Single(server.Requests));
    }

    [Fact]
    public async Task Own_method_and_headers_are_sent()
    {
        await using var server = HttpRawServer.Saying("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
        using var bench = new HttpBench(server.Url(), options =>
        {
            options.Method = "PURGE";
            options.Headers = ["Host: shop.example", "User-Agent: probe/1", "X-Key: a: b", "accept: text/html", "X-Name: Zürich"];
        });

        Assert.Equal(HealthStatus.Healthy, (await bench.RunAsync()).Status);

        var head = Assert.Single(server.Requests);
        Assert.StartsWith("PURGE / HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.All(["Host: shop.example\r\n", "User-Agent: probe/1\r\n", "X-Key: a: b\r\n", "text/html\r\n", "X-Name: Zürich\r\n"], line => Assert.Contains(line, head, StringComparison.Ordinal));
        Assert.DoesNotContain("*/*", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_without_a_body_says_so()
    {
        await using var server = HttpRawServer.Saying("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
        using var bench = new HttpBench(server.Url(), options => options.Method = "POST");

        await bench.RunAsync();

        Assert.Contains("Content-Length: 0\r\n", Assert.Single(server.Requests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_run_has_a_connection_of_its_own_and_none_stays()
    {
        await using var server = new HttpRawServer(async exchange =>
        {
            exchange.KeepsOpen = true;
            await exchange.AnswerAsync("200 OK", "fine");
        });
        using var bench = new HttpBench(server.Url());

        for (var i = 0; i < 3; i++)
        {
            var seen = await bench.RunAsync();
            Assert.NotNull(seen["connectSeconds"]);
            Assert.Equal(HealthStatus.Healthy, seen.Status);
        }
    }

    [Fact]
    public async Task A_connection_is_used_again_when_told_and_a_new_one_made_when_it_is_gone()
    {
        var keep = true;
        await using var server = new HttpRawServer(async exchange =>
        {
            exchange.KeepsOpen = keep;
            await exchange.AnswerAsync("200 OK", "fine");
        });
        using var bench = new HttpBench(server.Url(), options => options.ReuseConnection = true);

        Assert.NotNull((await bench.RunAsync())["connectSeconds"]);
        var again = await bench.RunAsync();
        Assert.Null(again["connectSeconds"]);
        Assert.Equal(HealthStatus.Healthy, again.Status);

        keep = false;
        Assert.Null((await bench.RunAsync())["connectSeconds"]);
        var fresh = await bench.RunAsync();
        Assert.True(fresh.Status == HealthStatus.Healthy, fresh.ToString());
        Assert.NotNull(fresh["connectSeconds"]);
        Assert.Equal(4, server.Requests.Count);
        Assert.DoesNotContain("Connection: close", server.Requests.First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_is_never_sent_twice_to_who_closes_without_an_answer()
    {
        await using var server = new HttpRawServer(_ => Task.CompletedTask);
        using var bench = new HttpBench(server.Url());

        Assert.Equal("http.closed", (await bench.RunAsync()).Reason);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Https_is_spoken_after_the_tls_stage()
    {
        using var certificate = HttpCertificates.Make("shop.test");
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", "fine"), certificate);
        using var bench = new HttpBench(server.Url("/", "shop.test"), options => options.PinnedSha256 = [HttpCertificates.Fingerprint(certificate)]);

        var seen = await bench.RunAsync();

        Assert.True(seen.Status == HealthStatus.Healthy, seen.ToString());
        Assert.NotNull(seen["tlsSeconds"]);
        Assert.Equal(HttpCertificates.Fingerprint(certificate), seen["certificateSha256"]);

        bench.Options = new HttpCheckOptions { Url = server.Url("/", "shop.test") };
        var unpinned = await bench.RunAsync();
        Assert.Equal(("tls.selfSigned", "tls"), (unpinned.Reason, unpinned.FailedStage));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Faults_over_https_are_told_as_well()
    {
        using var certificate = HttpCertificates.Make("shop.test");
        (Func<RawExchange, Task>, string)[] faults =
        [
            (_ => Task.CompletedTask, "http.closed"),
            (exchange => { exchange.Reset(); return Task.CompletedTask; }, "http.reset"),
            (exchange => exchange.SayAsync("HTTP/1.1 200 OK\nContent-Length: 100\n\nhalf"), "http.truncated"),
            (exchange => exchange.SayAsync("nonsense\r\n\r\n"), "http.invalid"),
        ];
        foreach (var (fault, reason) in faults)
        {
            await using var server = new HttpRawServer(fault, certificate);
            using var bench = new HttpBench(server.Url("/", "shop.test"), options => options.PinnedSha256 = [HttpCertificates.Fingerprint(certificate)]);

            var seen = await bench.RunAsync();

            Assert.True(reason == seen.Reason, seen.ToString());
        }
    }

    [Fact]
    public async Task The_certificate_is_for_the_name_in_a_host_header_of_our_own()
    {
        using var certificate = HttpCertificates.Make("shop.example");
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", ""), certificate);
        using var bench = new HttpBench(server.Url("/", "10-0-0-5.test"), options => options.Headers = ["Host: shop.example:8443"]);

        var seen = await bench.RunAsync();

        // Not pinned, so still not trusted; but the name is not what is wrong.
        Assert.Equal("tls.selfSigned", seen.Reason);
        Assert.DoesNotContain("is not for", seen.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("identity")]
    [InlineData("gzip, gzip")]
    public async Task A_body_that_comes_encoded_unasked_is_read(string encoding)
    {
        var body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("all is well ", 1_000)));
        foreach (var name in encoding.Split(", "))
        {
            using var packed = new MemoryStream();
            using (Stream stream = name switch
            {
                "br" => new BrotliStream(packed, CompressionLevel.Fastest),
                "deflate" => new ZLibStream(packed, CompressionLevel.Fastest),
                "identity" => new BufferedStream(packed),
                _ => new GZipStream(packed, CompressionLevel.Fastest),
            })
            {
                stream.Write(body);
                stream.Flush();
                if (name == "identity")
                {
                    body = packed.ToArray();
                }
            }

            body = name == "identity" ? body : packed.ToArray();
        }

        await using var server = new HttpRawServer(async exchange =>
        {
            await exchange.SayAsync($"HTTP/1.1 200 OK\nContent-Encoding: {encoding}\nContent-Length: {body.Length}\n\n");
            await exchange.SendAsync(body);
        });
        using var bench = new HttpBench(server.Url(), options => options.BodyMatches = "^(all is well )+$");

        var seen = await bench.RunAsync();

        Assert.True(seen.Status == HealthStatus.Healthy, seen.ToString());
        Assert.Equal(12_000, seen["bodyBytes"]);
    }

    [Theory]
    [InlineData("{\"status\":\"UP\"}", "/status", "UP")]
    [InlineData("{\"a/b\":{\"m~n\":[0,{\"x\":null}]}}", "/a~1b/m~0n/1/x", "null")]
    [InlineData("{\"n\":1.50}", "/n", "1.5")]
    [InlineData("{\"n\":1e3}", "/n", "1000")]
    [InlineData("{\"ok\":true}", "/ok", "true")]
    [InlineData("{\"\":\"empty\"}", "/", "empty")]
    [InlineData("\uFEFF{\"a\":\"ü\"}", "/a", "ü")]
    [InlineData("[[1,2],[3]]", "/1/0", "3")]
    [InlineData("{\"a\":{}}", "/a", null)]
    public async Task Json_is_looked_into(string json, string place, string? expected)
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", json, "Content-Type: application/json"));
        using var bench = new HttpBench(server.Url(), options => (options.JsonPointer, options.JsonEquals, options.ExpectedMediaType) = (place, expected, "application/*"));

        var seen = await bench.RunAsync();

        Assert.True(seen.Status == HealthStatus.Healthy, seen.ToString());
    }

    [Fact]
    public async Task Other_charsets_are_read()
    {
        await using var server = new HttpRawServer(async exchange =>
        {
            await exchange.SayAsync("HTTP/1.1 200 OK\nContent-Type: text/plain; charset=ISO-8859-1\nContent-Length: 4\n\n");
            await exchange.SendAsync(Encoding.Latin1.GetBytes("Grün"));
        });
        using var bench = new HttpBench(server.Url(), options => options.BodyContains = "Grün");

        Assert.Equal(HealthStatus.Healthy, (await bench.RunAsync()).Status);
    }

    [Fact]
    public async Task A_password_field_is_no_finding_on_https_here_or_when_not_wanted()
    {
        const string Page = "<form><input type=password></form>";
        using var certificate = HttpCertificates.Make("shop.test");
        await using var plain = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", Page, "Content-Type: text/html"));
        await using var secure = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", Page, "Content-Type: text/html"), certificate);
        using var here = new HttpBench(plain.Url("/", "localhost"));
        using var https = new HttpBench(secure.Url("/", "shop.test"), options => options.PinnedSha256 = [HttpCertificates.Fingerprint(certificate)]);
        using var unwanted = new HttpBench(plain.Url("/", "shop.test"), options => options.FindPasswordForms = false);
        using var found = new HttpBench(plain.Url("/", "shop.test"));

        Assert.Equal(HealthStatus.Healthy, (await here.RunAsync()).Status);
        Assert.Equal(HealthStatus.Healthy, (await https.RunAsync()).Status);
        Assert.Equal(HealthStatus.Healthy, (await unwanted.RunAsync()).Status);
        Assert.Equal("http.passwordOnPlainHttp", (await found.RunAsync()).Reason);
    }

    [Fact]
    public async Task Slowness_is_told_by_stage()
    {
        await using var server = new HttpRawServer(async exchange =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1.5));
            await exchange.AnswerAsync("200 OK", "");
        });
        using var bench = new HttpBench(server.Url(), options => options.DegradedAboveLatency = TimeSpan.FromMilliseconds(100));

        var seen = await bench.RunAsync();

        Assert.Equal((HealthStatus.Degraded, "use.slow"), (seen.Status, seen.Reason));
        Assert.InRange((double)seen["useSeconds"]!, 1.48, 30);
        Assert.InRange((double)seen["connectSeconds"]!, 0, 1.4);
    }

    [Fact]
    public async Task The_name_is_made_of_the_address_and_the_tag_is_ready()
    {
        await using var host = await TestHost.Start(builder => builder.AddHttpCheck(new Uri("http://127.0.0.1:1/health/live?token=x")).AddHttpCheck(new Uri("https://shop.invalid/"), tags: []));

        Assert.Equal(["ready"], host["http_127_0_0_1_1_health_live"].Tags);
        Assert.Empty(host["http_shop_invalid"].Tags);
    }

    [Fact]
    public async Task An_address_may_be_text()
    {
        await using var host = await TestHost.Start(builder => builder.AddHttpCheck("http://127.0.0.1:1/health/live?token=x", tags: []));

        Assert.Empty(host["http_127_0_0_1_1_health_live"].Tags);
    }

    [Theory]
    [InlineData("", "url = ***; allowed: an absolute address that starts with http:// or https://, such as https://api.example/health")]
    [InlineData("api.example/health", "url = ***; allowed: an absolute address that starts with http:// or https://")]
    [InlineData("/health", "url = ***; allowed: an absolute address that starts with http:// or https://")]
    [InlineData("localhost:5080/health", "url = ***; allowed: an absolute address that starts with http:// or https://")]
    [InlineData("ftp://api.example/", "url = ***; allowed: an absolute address that starts with http:// or https://")]
    [InlineData("api.example/?token=hunter2", "url = ***; allowed: an absolute address that starts with http:// or https://")]
    [InlineData("me:hunter2@api.example", "url = ***; allowed: an absolute address that starts with http:// or https://")]
    [InlineData("https://me:hunter2@api.example/", "url = ***; allowed: an address without credentials in it")]
    public void Text_that_is_no_address_is_rejected_at_once(string url, string problem)
    {
        var error = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddHealthKit().AddHttpCheck(url));

        Assert.Equal("url", error.ParamName);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_alone_declares_it_and_a_reload_changes_it()
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", "{\"status\":\"UP\"}"));
        await using var host = await TestHost.Start(
            _ => { },
            ("Checks:api:Type", "Http"),
            ("Checks:api:Url", server.Url("/health").ToString()),
            ("Checks:api:JsonPointer", "/status"),
            ("Checks:api:JsonEquals", "UP"),
            ("Checks:api:ExpectedStatuses", "200-204"),
            ("Checks:api:Headers:0", "Authorization: Bearer abcdefgh"),
            ("Checks:api:UnavailableGrace", "00:05:00"));

        var state = await host.Monitor.RunAsync("api");

        Assert.True(state.Status == HealthStatus.Healthy, state.Description);
        Assert.Contains(state.Readings, reading => reading.Name == "bodyBytes");
    }

    [Fact]
    public async Task Runs_at_once_do_not_share_connections()
    {
        await using var server = new HttpRawServer(async exchange =>
        {
            await Task.Delay(Random.Shared.Next(20), exchange.Token);
            await exchange.AnswerAsync("200 OK", exchange.Path);
        });
        using var bench = new HttpBench(server.Url());

        var seen = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => bench.RunAsync())));

        Assert.All(seen, one => Assert.True(one.Status == HealthStatus.Healthy, one.ToString()));
        Assert.Equal(50, server.Requests.Count);
        Assert.Equal(50, seen.Select(one => one["address"]?.ToString()).Count(address => address == string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{server.Port}")));
    }
}
