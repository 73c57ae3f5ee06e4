using System.Text.Encodings.Web;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HealthKit.IntegrationTests.AspNetCore;

/// <summary>What an app's other middleware does to probes: docs/endpoints.md says what is seen here.</summary>
public sealed class SurroundingsTests
{
    [Theory]
    [InlineData(false, 401)]
    [InlineData(true, 200)]
    public async Task A_fallback_policy_blocks_probes_unless_the_routes_allow_anonymous(bool allowAnonymous, int expected)
    {
        var builder = RealApp.Builder();
        builder.Services.AddAuthentication("nobody").AddScheme<AuthenticationSchemeOptions, Nobody>("nobody", null);
        builder.Services.AddAuthorization(options =>
            options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        await using var app = await RealApp.Start(builder, a =>
        {
            var routes = a.MapHealthKit();
            if (allowAnonymous)
            {
                routes.AllowAnonymous();
            }
        });
        Assert.Equal(expected, await app.StatusOf("/health/ready"));
    }

    [Fact]
    public async Task Https_redirection_answers_probes_on_http_with_307_unless_they_are_left_out()
    {
        var builder = RealApp.Builder();
        builder.Services.AddHttpsRedirection(options => options.HttpsPort = 443);
        await using (var app = await RealApp.Start(builder, a =>
        {
            a.UseHttpsRedirection();
            a.MapHealthKit();
        }))
        {
            Assert.Equal(307, await app.StatusOf("/health/ready"));
        }

        builder = RealApp.Builder();
        builder.Services.AddHttpsRedirection(options => options.HttpsPort = 443);
        await using (var app = await RealApp.Start(builder, a =>
        {
            a.UseWhen(context => !context.Request.Path.StartsWithSegments("/health"), rest => rest.UseHttpsRedirection());
            a.MapHealthKit();
            a.MapGet("/", () => "hello");
        }))
        {
            Assert.Equal(200, await app.StatusOf("/health/ready"));
            Assert.Equal(307, await app.StatusOf("/"));
        }
    }

    [Fact]
    public async Task Allowed_hosts_answer_a_probe_by_address_with_400_and_one_without_host_with_200()
    {
        await using var app = await RealApp.Start(RealApp.Builder(("AllowedHosts", "shop.example")));
        Assert.Equal(400, await app.StatusOf("/health/ready"));
        Assert.Equal(200, await app.StatusOf("/health/ready", ("Host", "shop.example")));
        Assert.StartsWith("HTTP/1.1 200", await app.Raw("GET /health/ready HTTP/1.0\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await app.Raw("GET /health/ready HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400", await app.Raw("GET /health/ready HTTP/1.1\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 503)]
    [InlineData(true, 200)]
    public async Task A_global_rate_limiter_counts_probes_unless_the_routes_are_left_out(bool leftOut, int expected)
    {
        var builder = RealApp.Builder();
        builder.Services.AddRateLimiter(options => options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, int>(_ =>
            RateLimitPartition.GetFixedWindowLimiter(0, _ => new FixedWindowRateLimiterOptions { PermitLimit = 1, Window = TimeSpan.FromHours(1) })));
        await using var app = await RealApp.Start(builder, a =>
        {
            a.UseRateLimiter();
            var routes = a.MapHealthKit();
            if (leftOut)
            {
                routes.DisableRateLimiting();
            }
        });
        Assert.Equal(200, await app.StatusOf("/health/ready"));
        Assert.Equal(expected, await app.StatusOf("/health/ready"));
    }

    [Fact]
    public async Task Output_caching_of_everything_does_not_store_health()
    {
        var status = HealthStatus.Healthy;
        var builder = RealApp.Builder();
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration("changing", _ => new Check(() => status), null, ["ready"])
        {
            Period = TimeSpan.FromMilliseconds(100),
        });
        builder.Services.AddOutputCache(options => options.AddBasePolicy(policy => policy.Cache()));
        var calls = 0;
        await using var app = await RealApp.Start(builder, a =>
        {
            a.UseOutputCache();
            a.MapHealthKit();
            a.MapGet("/calls", () => Interlocked.Increment(ref calls));
        });
        Assert.Equal("1", await app.Client.GetStringAsync(new Uri("/calls", UriKind.Relative)));
        Assert.Equal("1", await app.Client.GetStringAsync(new Uri("/calls", UriKind.Relative)));
        Assert.Equal(200, await app.StatusOf("/health/ready"));
        Assert.Equal(200, await app.StatusOf("/health"));
        status = HealthStatus.Unhealthy;
        await Eventually.TrueAsync(async () => await app.StatusOf("/health/ready") == 503, "readiness turned");
        Assert.Equal(503, await app.StatusOf("/health"));
    }

    [Fact]
    public async Task Response_caching_does_not_store_health()
    {
        var status = HealthStatus.Healthy;
        var builder = RealApp.Builder();
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration("changing", _ => new Check(() => status), null, ["ready"])
        {
            Period = TimeSpan.FromMilliseconds(100),
        });
        builder.Services.AddResponseCaching();
        var calls = 0;
        await using var app = await RealApp.Start(builder, a =>
        {
            a.UseResponseCaching();
            a.MapHealthKit();
            a.MapGet("/calls", (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "public, max-age=3600";
                return Interlocked.Increment(ref calls);
            });
        });
        Assert.Equal("1", await app.Client.GetStringAsync(new Uri("/calls", UriKind.Relative)));
        Assert.Equal("1", await app.Client.GetStringAsync(new Uri("/calls", UriKind.Relative)));
        Assert.Equal(200, await app.StatusOf("/health/ready"));
        Assert.Equal(200, await app.StatusOf("/health"));
        status = HealthStatus.Unhealthy;
        await Eventually.TrueAsync(async () => await app.StatusOf("/health/ready") == 503, "readiness turned");
        Assert.Equal(503, await app.StatusOf("/health"));
    }

    [Fact]
    public async Task Cors_lets_pages_of_other_origins_read_health_and_answers_their_preflights()
    {
        var builder = RealApp.Builder();
        builder.Services.AddCors(options => options.AddPolicy("board", policy => policy.WithOrigins("https://board.example", "https://other.example").WithMethods("GET")));
        await using var app = await RealApp.Start(builder, a =>
        {
            a.UseCors();
            a.MapHealthKit().RequireCors("board");
        });
        var read = await app.Raw("GET /health HTTP/1.1\r\nHost: a\r\nOrigin: https://board.example\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", read, StringComparison.Ordinal);
        Assert.Contains("\r\nAccess-Control-Allow-Origin: https://board.example\r\n", read, StringComparison.Ordinal);
        var varies = string.Join(',', read.Split("\r\n").Where(line => line.StartsWith("Vary: ", StringComparison.Ordinal)).Select(line => line["Vary: ".Length..]));
        Assert.Equal(["Accept", "Origin"], varies.Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal));

        // The preflight is the middleware's; OPTIONS without one is ours.
        var asked = await app.Raw(
            "OPTIONS /health HTTP/1.1\r\nHost: a\r\nOrigin: https://board.example\r\nAccess-Control-Request-Method: GET\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 204", asked, StringComparison.Ordinal);
        Assert.Contains("\r\nAccess-Control-Allow-Methods: GET\r\n", asked, StringComparison.Ordinal);
        var stranger = await app.Raw("GET /health HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", stranger, StringComparison.Ordinal);
        Assert.DoesNotContain("Access-Control", stranger, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_compression_takes_the_length_away_where_the_client_asks_for_it()
    {
        var builder = RealApp.Builder();
        builder.Services.AddResponseCompression();
        await using var app = await RealApp.Start(builder, a =>
        {
            a.UseResponseCompression();
            a.MapHealthKit();
        });
        var plain = await app.Raw("GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.Contains("\r\nContent-Length: ", plain, StringComparison.Ordinal);
        var squeezed = await app.Raw("GET /health HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
        Assert.Contains("\r\nContent-Encoding: gzip\r\n", squeezed, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\nContent-Length: ", squeezed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_code_pages_leave_the_answers_alone()
    {
        var builder = RealApp.Builder();
        builder.Services.AddHealthChecks().AddCheck("bad", () => HealthCheckResult.Unhealthy(), ["ready"]);
        await using var app = await RealApp.Start(builder, a =>
        {
            a.UseStatusCodePages();
            a.MapHealthKit();
        });
        Assert.EndsWith(
            "\r\n\r\nUnhealthy", await app.Raw("GET /health/ready HTTP/1.0\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_starved_thread_pool_answers_no_probe()
    {
        using var child = ChildProcess.StartHelper("web");
        using var client = new HttpClient { BaseAddress = new Uri(child.ReadLine()) };
        await Eventually.TrueAsync(
            async () => (await client.GetStringAsync(new Uri("/health/ready", UriKind.Relative))) == "Healthy", "it is ready");
        child.WriteLine("starve");
        Assert.Equal("starving", child.ReadLine());
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1)))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetAsync(new Uri("/health/live", UriKind.Relative), patience.Token));
        }

        child.WriteLine("release");
        using var late = new CancellationTokenSource(Eventually.DefaultDeadline);
        Assert.Equal("Healthy", await client.GetStringAsync(new Uri("/health/live", UriKind.Relative), late.Token));
    }

    private sealed class Check(Func<HealthStatus> status) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(new HealthCheckResult(status()));
    }

    private sealed class Nobody(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());
    }
}
