using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using static HealthKit.Tests.AspNetCore.PictureMonitor;

namespace HealthKit.Tests.AspNetCore;

public sealed class DetailPolicyTests
{
    private const string Secret = "the details";

    private readonly PictureMonitor _monitor = new(State("a", HealthStatus.Unhealthy) with { Description = Secret });

    private WebApplicationBuilder Builder(string? scheme = null, bool isDefault = true, HealthDetail detail = HealthDetail.Summary)
    {
        var builder = TestApp.Builder(_monitor, settings: [("DetailPolicy", "ops"), ("AnonymousDetail", detail.ToString())]);
        builder.Services.AddAuthentication(isDefault ? "test" : "other")
            .AddScheme<AuthenticationSchemeOptions, HeaderAuthentication>("test", null)
            .AddScheme<AuthenticationSchemeOptions, NobodyAuthentication>("other", null);
        builder.Services.AddAuthorization(options => options.AddPolicy("ops", policy =>
        {
            policy.RequireRole("ops");
            if (scheme is not null)
            {
                policy.AddAuthenticationSchemes(scheme);
            }
        }));
        return builder;
    }

    private static async Task ExpectDetailsForOperatorsOnly(TestApp app)
    {
        foreach (var path in new[] { "/health", "/health?format=text" })
        {
            var anonymous = await app.Send(path);
            var other = await app.Send(path, "GET", ("X-Role", "sales"));
            var holder = await app.Send(path, "GET", ("X-Role", "ops"));
            Assert.DoesNotContain(Secret, anonymous.Body, StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, other.Body, StringComparison.Ordinal);
            Assert.Contains(Secret, holder.Body, StringComparison.Ordinal);
            Assert.All([anonymous, other, holder], answer =>
            {
                Assert.Equal(503, answer.Status);
                Assert.Equal("Accept, Authorization, Cookie", answer.Headers["Vary"]);
                Assert.Equal("no-store", answer.Headers["Cache-Control"]);
            });
        }
    }

    [Fact]
    public async Task Holders_see_everything_when_the_middleware_has_authenticated_them()
    {
        // A WebApplication adds the middleware by itself.
        await using var app = await TestApp.Start(Builder());
        await ExpectDetailsForOperatorsOnly(app);
    }

    [Fact]
    public async Task Holders_see_everything_by_the_default_scheme_without_the_middleware()
    {
        // The mark that UseAuthentication() leaves: a WebApplication that finds it adds no middleware.
        await using var app = await TestApp.Start(Builder(), a =>
        {
            ((IApplicationBuilder)a).Properties["__AuthenticationMiddlewareSet"] = true;
            a.MapHealthKit();
        });
        await ExpectDetailsForOperatorsOnly(app);
    }

    [Fact]
    public async Task Holders_see_everything_by_the_policys_own_scheme()
    {
        await using var app = await TestApp.Start(Builder(scheme: "test", isDefault: false));
        await ExpectDetailsForOperatorsOnly(app);
    }

    [Fact]
    public async Task Strangers_see_no_more_than_the_anonymous_detail()
    {
        await using var app = await TestApp.Start(Builder(detail: HealthDetail.Status));
        Assert.Contains("\"entries\":{}", (await app.Send("/health")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_identity_provider_leaves_the_anonymous_view_and_a_log_line()
    {
        await using var app = await TestApp.Start(Builder(scheme: "test", isDefault: false));
        var answer = await app.Send("/health", "GET", ("X-Role", "throw"));
        Assert.Equal(503, answer.Status);
        Assert.DoesNotContain(Secret, answer.Body, StringComparison.Ordinal);
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Warning 220", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_word_of_a_probe_asks_nobody()
    {
        await using var app = await TestApp.Start(Builder(scheme: "test", isDefault: false));
        Assert.Equal("Healthy", (await app.Send("/health/live", "GET", ("X-Role", "throw"))).Body);
        Assert.DoesNotContain(app.Log.Lines, line => line.StartsWith("Warning 220", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_routes_can_be_closed_to_strangers()
    {
        await using var app = await TestApp.Start(Builder(), a => a.MapHealthKit().RequireAuthorization("ops"));
        Assert.Equal(401, (await app.Send("/health/ready")).Status);
        Assert.Equal(503, (await app.Send("/health", "GET", ("X-Role", "ops"))).Status);
    }

    [Fact]
    public async Task An_unknown_policy_is_an_error_at_the_start()
    {
        var builder = TestApp.Builder(_monitor, settings: ("DetailPolicy", "opps"));
        builder.Services.AddAuthorization();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestApp.Start(builder));
        Assert.Contains("DetailPolicy = 'opps'; allowed: a policy that AddAuthorization registered", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_without_authorization_is_an_error_at_the_start()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestApp.Start(_monitor, ("DetailPolicy", "ops")));
        Assert.Contains("call services.AddAuthorization", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_with_schemes_but_no_authentication_is_an_error_at_the_start()
    {
        var builder = TestApp.Builder(_monitor, settings: ("DetailPolicy", "ops"));
        builder.Services.AddAuthorization(options => options.AddPolicy("ops", policy => policy.AddAuthenticationSchemes("x").RequireAuthenticatedUser()));
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestApp.Start(builder));
        Assert.Contains("call services.AddAuthentication", error.Message, StringComparison.Ordinal);
    }

    private sealed class HeaderAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var role = Request.Headers["X-Role"].ToString();
            return role switch
            {
                "" => Task.FromResult(AuthenticateResult.NoResult()),
                "throw" => throw new HttpRequestException("the identity provider is down"),
                _ => Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(
                    new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Role, role)], Scheme.Name)), Scheme.Name))),
            };
        }
    }

    private sealed class NobodyAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());
    }
}
