using System.Diagnostics;
using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.IntegrationTests.AspNetCore;

public sealed class HungIdentityProviderTests
{
    [Fact]
    public async Task A_provider_that_heeds_no_cancellation_costs_two_seconds_and_its_request_is_held_until_it_ends()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var returned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = RealApp.Builder(
            ("HealthKit:Endpoints:DetailPolicy", "ops"), ("HealthKit:Endpoints:AnonymousDetail", "Summary"), ("HealthKit:Endpoints:DrainDelay", "00:00:00"));
        builder.Services.AddAuthorization(options => options.AddPolicy("ops", policy => policy.AddRequirements(new Hung(release.Task))));
        await using var app = await RealApp.Start(builder, a =>
        {
            a.Use(async (context, next) =>
            {
                await next(context);
                returned.TrySetResult();
            });
            a.MapHealthKit();
        });
        var watch = Stopwatch.StartNew();
        try
        {
            using var answer = await app.Client.GetAsync(new Uri("/health", UriKind.Relative)).WaitAsync(TimeSpan.FromSeconds(20));
            var body = await answer.Content.ReadAsStringAsync();
            Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(15));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.True(answer.Headers.ConnectionClose);
            Assert.Contains("\"always\":{\"data\":{},", body, StringComparison.Ordinal);

            // The answer is out, but the context is not given back while somebody may still write to it.
            Assert.False(returned.Task.IsCompleted);
        }
        finally
        {
            release.SetResult();
        }

        await returned.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private sealed class Hung(Task release) : AuthorizationHandler<Hung>, IAuthorizationRequirement
    {
        protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, Hung requirement)
        {
            await release;
            context.User.AddIdentity(new ClaimsIdentity("late"));
            context.Succeed(requirement);
        }
    }
}
