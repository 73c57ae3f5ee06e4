using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies.Http;

/// <summary>What is remembered between runs: until when nothing is asked, and since when it is unavailable.</summary>
public class HttpPatienceTests
{
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 5, 4, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Nothing_is_asked_before_the_time_that_was_named()
    {
        var status = "429 Too Many Requests";
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync(status, "", "Retry-After: 30", "Server: nginx"));
        using var bench = new HttpBench(server.Url(), time: _time);

        var first = await bench.RunAsync();
        Assert.Contains("nothing is asked before 12:00:30Z, in 30 s", first.Text, StringComparison.Ordinal);

        status = "200 OK";
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(9));
            var held = await bench.RunAsync();
            Assert.Equal((HealthStatus.Degraded, "http.throttled", "behind nginx"), (held.Status, held.Reason, held.AnsweredBy));
            Assert.Contains($"not asked: 429 Too Many Requests through nginx: we are throttled, we ask too often; nothing is asked before 12:00:30Z, in {30 - (9 * (i + 1))} s", held.Text, StringComparison.Ordinal);
            Assert.Equal(_time.GetUtcNow().AddSeconds(30 - (9 * (i + 1))), held["retryAt"]);
            Assert.Null(held["useSeconds"]);
            Assert.Single(server.Requests);
        }

        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(HealthStatus.Healthy, (await bench.RunAsync()).Status);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_wait_is_at_most_an_hour()
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("429 Too Many Requests", "", "Retry-After: 99999999999999999999999"));
        using var bench = new HttpBench(server.Url(), time: _time);
        await bench.RunAsync();

        _time.Advance(TimeSpan.FromMinutes(59));
        await bench.RunAsync();
        Assert.Single(server.Requests);

        _time.Advance(TimeSpan.FromMinutes(2));
        await bench.RunAsync();
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Another_address_is_asked_at_once()
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("429 Too Many Requests", "", "Retry-After: 600"));
        await using var other = HttpRawServer.Saying("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
        using var bench = new HttpBench(server.Url(), time: _time);
        await bench.RunAsync();

        bench.Options = new HttpCheckOptions { Url = other.Url() };
        Assert.Equal(HealthStatus.Healthy, (await bench.RunAsync()).Status);
    }

    [Fact]
    public async Task New_options_do_not_end_the_wait()
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("429 Too Many Requests", "", "Retry-After: 600"));
        using var bench = new HttpBench(server.Url(), time: _time);
        await bench.RunAsync();

        bench.Options = new HttpCheckOptions { Url = server.Url("/other"), MaxRedirectsCount = 1 };
        Assert.Equal("http.throttled", (await bench.RunAsync()).Reason);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Wrong_content_stays_wrong_while_nothing_is_asked()
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", "no", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 600"));
        using var bench = new HttpBench(server.Url(), options => options.BodyContains = "yes", time: _time);

        for (var i = 0; i < 3; i++)
        {
            var seen = await bench.RunAsync();
            Assert.Equal((HealthStatus.Unhealthy, "http.content.missing"), (seen.Status, seen.Reason));
            _time.Advance(TimeSpan.FromSeconds(60));
        }

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task The_grace_period_of_one_address_is_not_used_up_by_another()
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("503 Service Unavailable", ""));
        await using var other = new HttpRawServer(exchange => exchange.AnswerAsync("503 Service Unavailable", ""));
        using var bench = new HttpBench(server.Url(), time: _time);
        await bench.RunAsync();
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(HealthStatus.Unhealthy, (await bench.RunAsync()).Status);

        bench.Options = new HttpCheckOptions { Url = other.Url() };
        Assert.Equal(HealthStatus.Degraded, (await bench.RunAsync()).Status);
    }

    [Fact]
    public async Task Unavailable_is_degraded_for_the_grace_period_from_the_first_one_then_unhealthy()
    {
        var status = "503 Service Unavailable";
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync(status, ""));
        using var bench = new HttpBench(server.Url(), time: _time);

        Assert.Equal(HealthStatus.Degraded, (await bench.RunAsync()).Status);
        _time.Advance(TimeSpan.FromSeconds(119));
        var still = await bench.RunAsync();
        Assert.Equal(HealthStatus.Degraded, still.Status);
        Assert.Contains("for 1 min 59 s now, unhealthy after 2 min", still.Text, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromSeconds(2));
        var then = await bench.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "http.unavailable"), (then.Status, then.Reason));
        Assert.Equal(121.0, then["unavailableSeconds"]);

        // Anything else ends the row.
        status = "200 OK";
        Assert.Equal(HealthStatus.Healthy, (await bench.RunAsync()).Status);
        status = "503 Service Unavailable";
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(HealthStatus.Degraded, (await bench.RunAsync()).Status);
    }

    [Fact]
    public async Task Whoever_says_that_degraded_is_healthy_gets_that()
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("500 No", ""));
        using var bench = new HttpBench(server.Url());

        Assert.Equal(HealthStatus.Degraded, (await bench.RunAsync(HealthStatus.Degraded)).Status);
    }
}
