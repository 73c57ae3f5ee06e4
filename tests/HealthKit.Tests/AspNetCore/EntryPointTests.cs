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
}
