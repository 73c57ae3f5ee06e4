using System.Security.Claims;
using System.Text.Encodings.Web;
using HealthKit.Tests.Support;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
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
    public async Task Failing_again_and_again_is_said_once_a_minute()
    {
        var time = new ManualTime(Noon);
        await using var app = await TestApp.Start(WithClock(Builder(scheme: "test", isDefault: false), time));
        await app.Send("/health", "GET", ("X-Role", "throw"));
        await app.Send("/health", "GET", ("X-Role", "throw"));
        Assert.Equal(1, Warnings(app));
        var warning = app.Log.Lines.Single(line => line.StartsWith("Warning 220", StringComparison.Ordinal));
        Assert.Contains("the identity provider is down: client_secret=***", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("PlantedZq8vK2", warning, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromMinutes(1));
        await app.Send("/health", "GET", ("X-Role", "throw"));
        Assert.Equal(2, Warnings(app));
    }

    [Fact]
    public async Task A_hung_identity_provider_costs_two_seconds_and_leaves_the_anonymous_view_and_one_warning()
    {
        var time = new ManualTime(Noon);
        var builder = WithClock(Builder(scheme: "test", isDefault: false), time);
        var provider = new HungProvider();
        builder.Services.AddSingleton(provider);
        await using var app = await TestApp.Start(builder);
        var asked = app.Send("/health", "GET", ("X-Role", "hang"));
        await provider.Asked.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await Wait.For(() => time.Waiting > 0);
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(asked.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));
        var answer = await asked.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(503, answer.Status);
        Assert.Contains("\"a\":", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, answer.Body, StringComparison.Ordinal);
        Assert.Equal(1, Warnings(app));
    }

    [Theory]
    [InlineData("hang")]
    [InlineData("deaf")]
    public async Task A_caller_that_goes_away_meanwhile_leaves_no_exception_and_no_warning(string role)
    {
        var builder = WithClock(Builder(scheme: "test", isDefault: false), new ManualTime(Noon)); // on which the provider is never late
        var provider = new HungProvider();
        builder.Services.AddSingleton(provider);
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await TestApp.Start(builder, a =>
        {
            a.Use(async (context, next) =>
            {
                try
                {
                    await next(context);
                    ended.SetResult(null);
                }
                catch (Exception e)
                {
                    ended.SetResult(e);
                    throw;
                }
            });
            a.MapHealthKit();
        });
        using var gone = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        request.Headers.Add("X-Role", role);
        var asked = app.Client.SendAsync(request, gone.Token);
        await provider.Asked.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await gone.CancelAsync();
        provider.Answer.TrySetException(new HttpRequestException("too late"));
        await Assert.ThrowsAnyAsync<Exception>(() => asked);
        Assert.Null(await ended.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(0, Warnings(app));
    }

    [Fact]
    public async Task A_policy_that_changes_or_goes_while_the_app_runs_counts_as_it_is_now()
    {
        var builder = Builder();
        var policies = new ChangingPolicies();
        builder.Services.Replace(ServiceDescriptor.Singleton<IAuthorizationPolicyProvider>(policies));
        await using var app = await TestApp.Start(builder);
        Assert.Contains(Secret, (await app.Send("/health", "GET", ("X-Role", "ops"))).Body, StringComparison.Ordinal);
        policies.Current = new AuthorizationPolicyBuilder().RequireRole("sales").Build();
        Assert.DoesNotContain(Secret, (await app.Send("/health", "GET", ("X-Role", "ops"))).Body, StringComparison.Ordinal);
        Assert.Contains(Secret, (await app.Send("/health", "GET", ("X-Role", "sales"))).Body, StringComparison.Ordinal);
        Assert.Equal(0, Warnings(app));
        policies.Current = null;
        Assert.DoesNotContain(Secret, (await app.Send("/health", "GET", ("X-Role", "sales"))).Body, StringComparison.Ordinal);
        Assert.Equal(1, Warnings(app));
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

    private static int Warnings(TestApp app) => app.Log.Lines.Count(line => line.StartsWith("Warning 220", StringComparison.Ordinal));

    private static WebApplicationBuilder WithClock(WebApplicationBuilder builder, ManualTime time)
    {
        builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time));

        // Not what is tried here, and it would wait on the same clock.
        builder.Services.Remove(builder.Services.Single(service => service.ImplementationType?.Name == "MonitorHostedService"));
        builder.Configuration["HealthKit:Endpoints:DrainDelay"] = "00:00:00";
        return builder;
    }

    private sealed class HungProvider
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class ChangingPolicies : IAuthorizationPolicyProvider
    {
        public AuthorizationPolicy? Current { get; set; } = new AuthorizationPolicyBuilder().RequireRole("ops").Build();

        public Task<AuthorizationPolicy?> GetPolicyAsync(string policyName) => Task.FromResult(Current);

        public Task<AuthorizationPolicy> GetDefaultPolicyAsync() => Task.FromResult(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());

        public Task<AuthorizationPolicy?> GetFallbackPolicyAsync() => Task.FromResult<AuthorizationPolicy?>(null);
    }

    private sealed class HeaderAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var role = Request.Headers["X-Role"].ToString();
            switch (role)
            {
                case "":
                    return AuthenticateResult.NoResult();
                case "throw":
                    throw new HttpRequestException("the identity provider is down: client_secret=PlantedZq8vK2");
                case "hang" or "deaf":
                    // One that gives up with the request, as those of ASP.NET Core, and one that does not.
                    var provider = Context.RequestServices.GetRequiredService<HungProvider>();
                    provider.Asked.SetResult();
                    await provider.Answer.Task.WaitAsync(role == "hang" ? Context.RequestAborted : CancellationToken.None);
                    role = "ops";
                    break;
            }

            return AuthenticateResult.Success(new AuthenticationTicket(
                new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Role, role)], Scheme.Name)), Scheme.Name));
        }
    }

    private sealed class NobodyAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());
    }
}
