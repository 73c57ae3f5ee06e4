using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies.Http;

public class HttpRedirectTests
{
    [Theory]
    [InlineData("301 Moved Permanently", "GET", "GET")]
    [InlineData("302 Found", "GET", "GET")]
    [InlineData("303 See Other", "GET", "GET")]
    [InlineData("307 Temporary Redirect", "GET", "GET")]
    [InlineData("308 Permanent Redirect", "GET", "GET")]
    [InlineData("302 Found", "POST", "GET")]
    [InlineData("303 See Other", "PUT", "GET")]
    [InlineData("303 See Other", "HEAD", "HEAD")]
    [InlineData("307 Temporary Redirect", "POST", "POST")]
    [InlineData("308 Permanent Redirect", "POST", "POST")]
    public async Task A_redirect_is_followed_with_the_method_that_it_asks_for(string status, string method, string then)
    {
        await using var server = new HttpRawServer(exchange => exchange.Path == "/there"
            ? exchange.SayAsync("HTTP/1.1 200 OK\nContent-Length: 0\n\n")
            : exchange.AnswerAsync(status, "", "Location: there"));
        using var bench = new HttpBench(server.Url("/here"), options => options.Method = method);

        var seen = await bench.RunAsync();

        Assert.True(seen.Status == HealthStatus.Healthy, seen.ToString());
        Assert.Equal([$"{method} /here HTTP/1.1", $"{then} /there HTTP/1.1"], server.Requests.Select(head => head.Split("\r\n")[0]));
        Assert.Contains("after 1 redirect to ", seen.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_of_our_own_stay_at_their_origin_and_do_not_return()
    {
        HttpRawServer? home = null;
        await using var away = new HttpRawServer(exchange => exchange.AnswerAsync("302 Found", "", $"Location: {home!.Url("/back")}"));
        await using var server = home = new HttpRawServer(exchange => exchange.Path switch
        {
            "/" => exchange.AnswerAsync("302 Found", "", "Location: /within"),
            "/within" => exchange.AnswerAsync("302 Found", "", $"Location: {away.Url("/away")}"),
            _ => exchange.AnswerAsync("200 OK", "back"),
        });
        using var bench = new HttpBench(server.Url("/"), options => options.Headers = ["Authorization: Bearer s3cr3t-token", "X-Api-Key: s3cr3t-key", "Cookie: session=s3cr3t"]);

        var seen = await bench.RunAsync();

        Assert.Equal(HealthStatus.Healthy, seen.Status);
        var heads = home.Requests.ToArray();
        Assert.Equal(3, heads.Length);
        Assert.All(heads[..2], head => Assert.Contains("Authorization: Bearer s3cr3t-token", head, StringComparison.Ordinal));
        Assert.DoesNotContain("s3cr3t", heads[2], StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", Assert.Single(away.Requests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_port_or_host_is_another_origin()
    {
        await using var other = HttpRawServer.Saying("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("302 Found", "", $"Location: http://localhost:{other.Port}/"));
        using var bench = new HttpBench(server.Url(), options => options.Headers = ["X-Api-Key: s3cr3t-key"]);

        await bench.RunAsync();

        Assert.DoesNotContain("X-Api-Key", Assert.Single(other.Requests), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task From_https_to_http_is_followed_and_found()
    {
        using var certificate = HttpCertificates.Make("localhost");
        await using var plain = HttpRawServer.Saying("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("302 Found", "", $"Location: {plain.Url("/plain")}"), certificate);
        using var bench = new HttpBench(server.Url("/", "localhost"), options => options.PinnedSha256 = [HttpCertificates.Fingerprint(certificate)]);

        var seen = await bench.RunAsync();

        Assert.True((HealthStatus.Degraded, "http.redirect.insecure") == (seen.Status, seen.Reason), seen.ToString());
        Assert.Equal([plain.Url("/plain").ToString()], (List<string>)seen["redirects"]!);
    }

    [Fact]
    public async Task A_pin_holds_for_the_first_origin_only()
    {
        using var pinned = HttpCertificates.Make("localhost");
        using var other = HttpCertificates.Make("localhost");
        await using var elsewhere = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", ""), other);
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("302 Found", "", $"Location: {elsewhere.Url("/", "localhost")}"), pinned);
        using var bench = new HttpBench(
            server.Url("/", "localhost"), options => options.PinnedSha256 = [HttpCertificates.Fingerprint(pinned), HttpCertificates.Fingerprint(other)]);

        var seen = await bench.RunAsync();

        Assert.Equal(("tls.selfSigned", "tls"), (seen.Reason, seen.FailedStage));
    }

    [Fact]
    public async Task Five_are_followed_and_a_sixth_is_not()
    {
        await using var server = new HttpRawServer(exchange =>
            exchange.Path.Length > 5 ? exchange.AnswerAsync("200 OK", "") : exchange.AnswerAsync("302 Found", "", $"Location: {exchange.Path}x"));
        using var bench = new HttpBench(server.Url("/"));

        Assert.Equal(HealthStatus.Healthy, (await bench.RunAsync()).Status);
        Assert.Equal(6, server.Requests.Count);

        bench.Options = new HttpCheckOptions { Url = server.Url("/"), MaxRedirectsCount = 4 };
        Assert.Equal("http.redirect.tooMany", (await bench.RunAsync()).Reason);
    }

    [Fact]
    public async Task An_expected_redirect_is_not_followed()
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("301 Moved Permanently", "", "Location: https://shop.example/"));
        using var bench = new HttpBench(server.Url(), options => (options.ExpectedStatuses, options.ExpectedHeaders) = (["301"], ["Location: https://shop.example/"]));

        var seen = await bench.RunAsync();

        Assert.True(seen.Status == HealthStatus.Healthy, seen.ToString());
    }

    [Fact]
    public async Task User_and_password_of_a_redirect_are_neither_sent_nor_shown()
    {
        await using var other = HttpRawServer.Saying("HTTP/1.1 500 No\nContent-Length: 0\n\n");
        await using var server = new HttpRawServer(exchange =>
            exchange.AnswerAsync("302 Found", "", $"Location: http://user:s3cr3t@127.0.0.1:{other.Port}/reset/s3cr3t-t0ken?code=s3cr3t#s3cr3t"));
        using var bench = new HttpBench(server.Url());

        var seen = await bench.RunAsync();

        Assert.Equal("http.serverError", seen.Reason);
        Assert.DoesNotContain("s3cr3t", seen.Text + string.Join(' ', (List<string>)seen["redirects"]!), StringComparison.Ordinal);
        Assert.Contains("/reset/…", seen.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Authorization", Assert.Single(other.Requests), StringComparison.Ordinal);
    }
}
