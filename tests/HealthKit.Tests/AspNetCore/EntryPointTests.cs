using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.AspNetCore;

/// <summary>Every way into an app, with a container that is as strict as that of an app in Development.</summary>
public sealed class EntryPointTests
{
    public static TheoryData<string, string, bool> Cases()
    {
        var cases = new TheoryData<string, string, bool>();
        foreach (var entry in new[] { "web builder", "services", "host builder" })
        {
            foreach (var environment in new[] { "Development", "Production" })
            {
                cases.Add(entry, environment, false);
                cases.Add(entry, environment, true);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_app_starts_and_answers(string entry, string environment, bool withPolicy)
    {
        // The builder of real apps: in Development it validates scopes by itself; here always.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        if (environment != "Development")
        {
            builder.Host.UseDefaultServiceProvider(options => options.ValidateScopes = options.ValidateOnBuild = true);
        }

        _ = entry switch
        {
            "web builder" => builder.AddHealthKit(),
            "services" => builder.Services.AddHealthKit().AddEndpoints(),
            _ => ((IHostApplicationBuilder)builder).AddHealthKit().AddEndpoints(),
        };
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>("HealthKit:Endpoints:AnonymousDetail", "Status")]);
        if (withPolicy)
        {
            builder.Configuration["HealthKit:Endpoints:DetailPolicy"] = "ops";
            builder.Services.AddAuthentication("Cookies").AddCookie("Cookies");
            builder.Services.AddAuthorization(options => options.AddPolicy("ops", policy =>
                policy.AddAuthenticationSchemes("Cookies").AddRequirements(new Nobody())));
            builder.Services.AddScoped<IAuthorizationHandler, ScopedHandler>();
        }

        await using var app = await TestApp.Start(builder);
        var answer = await app.Send("/health");
        Assert.Contains("\"entries\":{}", answer.Body, StringComparison.Ordinal);
        Assert.Equal(withPolicy ? "Accept, Authorization, Cookie" : "Accept", answer.Headers["Vary"]);
        Assert.DoesNotContain(app.Log.Lines, line => line.StartsWith("Warning 220", StringComparison.Ordinal));
    }

    private sealed class Nobody : IAuthorizationRequirement;

    private sealed class ScopedHandler : AuthorizationHandler<Nobody>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, Nobody requirement)
        {
            context.Fail();
            return Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData("/health", "/health", "Health checks")]
    [InlineData("/health/", "/health", "Health checks")]
    [InlineData("/Health/Ready", "/health/ready", "Health checks")]
    public async Task A_path_that_is_mapped_twice_stops_the_start_and_says_what_to_do(string theirs, string path, string display)
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestApp.Start(TestApp.Builder(), app =>
        {
            app.MapHealthChecks(theirs);
            app.MapHealthKit();
        }));

        Assert.StartsWith($"{path} is mapped twice, by MapHealthKit and as '{display}'", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("MapHealthKit(\"/status\")", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_twice_by_HealthKit_is_mapped_twice_too()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestApp.Start(TestApp.Builder(), app =>
        {
            app.MapHealthKit();
            app.MapHealthKit("/health/");
        }));

        Assert.Contains(" is mapped twice", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_paths_methods_and_hosts_are_in_nobodys_way()
    {
        await using var app = await TestApp.Start(TestApp.Builder(), app =>
        {
            app.MapHealthChecks("/healthz");
            app.MapPost("/health", () => "posted");
            app.MapHealthChecks("/health").RequireHost("other.example");
            app.MapHealthKit();
            app.MapHealthKit("/status");
        });

        Assert.Equal(200, (int)(await app.Client.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);
        Assert.Equal(200, (int)(await app.Client.GetAsync(new Uri("/status/live", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task HealthKit_on_the_services_alone_has_no_endpoints_and_says_which_call_adds_them()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.AddHealthKit();
        await using var app = builder.Build();

        var error = Assert.Throws<InvalidOperationException>(() => app.MapHealthKit());

        Assert.Contains("services.AddHealthKit() is for any host", error.Message, StringComparison.Ordinal);
    }
}
