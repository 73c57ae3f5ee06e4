using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static HealthKit.Tests.AspNetCore.PictureMonitor;

namespace HealthKit.Tests.AspNetCore;

public sealed class EndpointTests
{
    private readonly PictureMonitor _monitor = new(State("a", HealthStatus.Healthy, "live", "ready", "startup"));

    [Theory]
    [InlineData("/health", "application/json")]
    [InlineData("/health/", "application/json")]
    [InlineData("/HEALTH/Ready", "text/plain")]
    [InlineData("/health/live", "text/plain")]
    [InlineData("/health/ready", "text/plain")]
    [InlineData("/health/startup", "text/plain")]
    public async Task Each_route_answers_by_the_status(string path, string contentType)
    {
        await using var app = await TestApp.Start(_monitor);
        foreach (var (status, code) in new[] { (HealthStatus.Healthy, 200), (HealthStatus.Degraded, 200), (HealthStatus.Unhealthy, 503) })
        {
            _monitor.Show(State("a", status, "live", "ready", "startup"));
            var answer = await app.Send(path);
            Assert.Equal(code, answer.Status);
            Assert.Equal(contentType, answer.ContentType);
            if (contentType == "text/plain")
            {
                Assert.Equal(status.ToString(), answer.Body);
            }
            else
            {
                Assert.StartsWith($"{{\"status\":\"{status}\"", answer.Body, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_degraded_app_answers_with_the_configured_status()
    {
        _monitor.Show(State("a", HealthStatus.Degraded));
        await using var app = await TestApp.Start(_monitor, ("DegradedStatusCode", "429"));
        Assert.Equal(429, (await app.Send("/health")).Status);
        Assert.Equal(200, (await app.Send("/health/ready")).Status);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/health?format=text")]
    [InlineData("/health/ready")]
    [InlineData("/health/ready?format=json")]
    public async Task Get_head_and_options_carry_the_same_status_and_headers(string path)
    {
        _monitor.Show(State("a", HealthStatus.Unhealthy, "ready") with { CheckedAt = TimeProvider.System.GetUtcNow().AddSeconds(-30) });
        await using var app = await TestApp.Start(_monitor);
        var get = await app.Send(path);
        var head = await app.Send(path, "HEAD");
        var options = await app.Send(path, "OPTIONS");
        Assert.Equal(503, get.Status);
        Assert.Equal(503, head.Status);
        Assert.Equal(503, options.Status);
        Assert.Equal("", head.Body);
        Assert.Equal(get.Body, options.Body);
        Assert.Equal(get.Body.Length.ToString(null as IFormatProvider), get.Headers["Content-Length"]);
        Assert.Equal("no-store", get.Headers["Cache-Control"]);
        Assert.Equal("Accept", get.Headers["Vary"]);
        Assert.InRange(int.Parse(get.Headers["Age"], null), 30, 40);
        Assert.Equal("GET, HEAD, OPTIONS", options.Headers["Allow"]);
        Assert.False(get.Headers.ContainsKey("Allow"));
        foreach (var (name, value) in get.Headers.Where(header => header.Key != "Age"))
        {
            Assert.Equal(value, head.Headers[name]);
            Assert.Equal(value, options.Headers[name]);
        }
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("BREW")]
    public async Task Other_methods_are_not_allowed(string method)
    {
        await using var app = await TestApp.Start(_monitor);
        var answer = await app.Send("/health", method);
        Assert.Equal(405, answer.Status);
        Assert.Equal("GET, HEAD, OPTIONS", answer.Headers["Allow"]);
    }

    [Fact]
    public async Task The_text_table_is_for_the_overview_and_the_word_for_probes()
    {
        await using var app = await TestApp.Start(_monitor);
        Assert.StartsWith("Healthy\n\nNAME", (await app.Send("/health?format=text")).Body, StringComparison.Ordinal);
        Assert.Equal("Healthy", (await app.Send("/health/ready?format=text")).Body);
        Assert.Equal("Healthy", (await app.Send("/health", "GET", ("Accept", "text/plain"))).Body);
        Assert.StartsWith("{", (await app.Send("/health/ready", "GET", ("Accept", "application/json"))).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_gets_json_of_the_overview_and_the_word_of_a_probe_route()
    {
        var browser = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        await using var app = await TestApp.Start(_monitor);
        Assert.Equal("application/json", (await app.Send("/health", "GET", browser)).ContentType);
        Assert.Equal("Healthy", (await app.Send("/health/live", "GET", browser)).Body);
    }

    [Fact]
    public async Task Without_live_checks_liveness_as_json_has_no_entries()
    {
        _monitor.Show(State("a", HealthStatus.Unhealthy, "ready"));
        await using var app = await TestApp.Start(_monitor);
        Assert.Equal(
            """{"status":"Healthy","totalDuration":"00:00:00","entries":{}}""", (await app.Send("/health/live?format=json")).Body);
    }

    [Fact]
    public async Task A_route_without_results_has_no_age()
    {
        await using var app = await TestApp.Start(new PictureMonitor());
        Assert.False((await app.Send("/health/live")).Headers.ContainsKey("Age"));
    }

    [Fact]
    public async Task A_pattern_a_path_base_and_a_group_are_honoured()
    {
        await using var app = await TestApp.Start(TestApp.Builder(_monitor), a =>
        {
            a.UsePathBase("/shop");
            a.UseRouting();
            a.MapHealthKit("status");
            a.MapGroup("/internal").MapHealthKit();
        });
        foreach (var path in new[] { "/status", "/status/live", "/shop/status/ready", "/internal/health", "/shop/internal/health/startup" })
        {
            Assert.Equal(200, (await app.Send(path)).Status);
        }

        Assert.Equal(404, (await app.Send("/health")).Status);
    }

    [Fact]
    public async Task Conventions_apply_to_all_four_routes()
    {
        await using var app = await TestApp.Start(TestApp.Builder(_monitor), a => a.MapHealthKit().RequireHost("good.example"));
        foreach (var path in new[] { "/health", "/health/live", "/health/ready", "/health/startup" })
        {
            Assert.Equal(404, (await app.Send(path)).Status);
            Assert.Equal(200, (await app.Send(path, "GET", ("Host", "good.example"))).Status);
        }
    }

    [Fact]
    public async Task Draining_turns_readiness_at_once_and_shows_in_the_overview()
    {
        await using var app = await TestApp.Start(_monitor, ("DrainDelay", "00:00:00"));
        Assert.Equal(200, (await app.Send("/health/ready")).Status);
        Assert.DoesNotContain("draining", (await app.Send("/health")).Body, StringComparison.Ordinal);
        app.App.Lifetime.StopApplication();
        var ready = await app.Send("/health/ready");
        Assert.Equal((503, "Unhealthy"), (ready.Status, ready.Body));
        var overview = await app.Send("/health");
        Assert.Equal(200, overview.Status);
        Assert.Contains("\"draining\":true", overview.Body, StringComparison.Ordinal);
        Assert.Equal(200, (await app.Send("/health/live")).Status);
        Assert.Equal(200, (await app.Send("/health/startup")).Status);
    }

    [Fact]
    public async Task Without_a_connection_on_the_management_port_nothing_is_there()
    {
        await using var app = await TestApp.Start(_monitor, ("ManagementPort", "9090"));
        Assert.Equal(404, (await app.Send("/health")).Status);
        Assert.Equal(404, (await app.Send("/health/ready", "GET", ("Host", "localhost:9090"))).Status);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Warning 210", StringComparison.Ordinal));
    }

    [Fact]
    public void Mapping_without_healthkit_says_which_call_is_missing()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        builder.Services.AddRouting();
        var error = Assert.Throws<InvalidOperationException>(() => builder.Build().MapHealthKit());
        Assert.Contains("builder.AddHealthKit()", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mapping_with_the_core_alone_says_which_call_is_missing()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        builder.Services.AddRouting();
        builder.Services.AddHealthKit(options => options.AddDefaultChecks = false);
        var error = Assert.Throws<InvalidOperationException>(() => builder.Build().MapHealthKit());
        Assert.Contains("services.AddHealthKit().AddEndpoints()", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_of_services_alone_has_endpoints_too()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        builder.Services.AddRouting();
        builder.Services.AddHealthKit(options => options.AddDefaultChecks = false).AddEndpoints(options => options.AnonymousDetail = HealthDetail.Full);
        builder.Services.Replace(ServiceDescriptor.Singleton<HealthMonitor>(_monitor));
        await using var app = await TestApp.Start(builder);
        Assert.Contains("\"host\":", (await app.Send("/health")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_real_monitor_is_served()
    {
        var builder = TestApp.Builder();
        builder.Services.AddHealthChecks().AddCheck("mine", () => HealthCheckResult.Unhealthy("broken"), ["ready"]);
        await using var app = await TestApp.Start(builder);
        await Support.Wait.For(() => app.Send("/health").GetAwaiter().GetResult().Body, body => body.Contains("\"condition\":\"Current\"", StringComparison.Ordinal));
        Assert.Equal((503, "Unhealthy"), ((await app.Send("/health/ready")).Status, (await app.Send("/health/ready")).Body));
        Assert.Equal(200, (await app.Send("/health/live")).Status);
        Assert.Equal(200, (await app.Send("/health/startup")).Status);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/health/ready")]
    [InlineData("/health/incidents")]
    public async Task What_varies_by_the_middleware_before_it_still_does(string path)
    {
        await using var app = await TestApp.Start(TestApp.Builder(settings: ("AnonymousDetail", "Full")), a =>
        {
            a.Use((context, next) =>
            {
                context.Response.Headers.Vary = "Accept-Language";
                return next(context);
            });
            a.MapHealthKit();
        });
        Assert.Equal("Accept-Language, Accept", (await app.Send(path)).Headers["Vary"]);
    }
}
