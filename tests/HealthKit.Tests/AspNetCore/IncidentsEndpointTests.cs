using System.Net;
using System.Text.Json;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.AspNetCore;

public sealed class IncidentsEndpointTests
{
    [Fact]
    public async Task Open_recent_and_the_ledger_are_shown_to_those_who_see_everything()
    {
        var status = HealthStatus.Healthy;
        await using var app = await Start("Full", builder => builder.AddDelegateCheck("a", _ => new(new HealthCheckResult(status, "it \"is\" </script>"))));
        var incidents = app.App.Services.GetRequiredService<HealthIncidents>();
        status = HealthStatus.Unhealthy;
        await Wait.For(() => incidents.Open.Count == 1);
        var id = incidents.Open[0].Id;

        using (var list = await Json(app, "/health/incidents"))
        {
            var open = list.RootElement.GetProperty("open").EnumerateArray().Single();
            Assert.Equal((id, "a", "Unhealthy", "it \"is\" </script>"), (Text(open, "id"), Text(open, "check"), Text(open, "status"), Text(open, "description")));
            Assert.Equal("log", Text(list.RootElement.GetProperty("sinks").EnumerateArray().Single(), "name"));
            Assert.True(list.RootElement.GetProperty("downtime").TryGetProperty("app", out _));
        }

        await Wait.For(() => incidents.FindEvidence(id) is not null);
        using (var one = await Json(app, "/health/incidents/" + id))
        {
            Assert.Equal(id, Text(one.RootElement.GetProperty("incident"), "id"));
            Assert.Equal(JsonValueKind.Object, one.RootElement.GetProperty("evidence").ValueKind);
        }

        using (var health = await Json(app, "/health"))
        {
            Assert.Equal(id, Text(health.RootElement.GetProperty("incidents").EnumerateArray().Single(), "id"));
        }

        Assert.Contains("Open incidents:", await (await app.Client.GetAsync("/health?format=text")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        status = HealthStatus.Healthy;
        await Wait.For(() => incidents.Recent.Count == 1);
        using (var list = await Json(app, "/health/incidents"))
        {
            Assert.Empty(list.RootElement.GetProperty("open").EnumerateArray());
            Assert.Equal(id, Text(list.RootElement.GetProperty("recent").EnumerateArray().Single(), "id"));
        }

        using var csv = await app.Client.GetAsync("/health/incidents?format=csv");
        Assert.Equal("text/csv; charset=utf-8", csv.Content.Headers.ContentType!.ToString());
        Assert.StartsWith("check,start,end,", await csv.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/health/incidents")]
    [InlineData("/health/incidents?format=csv")]
    [InlineData("/health/incidents/0194f3c2b7a17c3e8d5e6f7a8b9c0d1e")]
    public async Task Nobody_else_sees_them(string path)
    {
        await using var app = await Start("Summary", _ => { });
        using var response = await app.Client.GetAsync(path);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("DetailPolicy", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var health = await Json(app, "/health");
        Assert.False(health.RootElement.TryGetProperty("incidents", out _));
    }

    [Fact]
    public async Task An_id_that_is_not_kept_is_not_found_and_other_methods_are_refused()
    {
        await using var app = await Start("Full", _ => { });
        using var missing = await app.Client.GetAsync("/health/incidents/nonsense%2F..%3Cscript");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        using var post = await app.Client.PostAsync("/health/incidents", null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
        using var head = await app.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/health/incidents"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal("no-store", head.Headers.CacheControl!.ToString());
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("text/csv", "text/csv; charset=utf-8")]
    [InlineData("TEXT/CSV; header=present", "text/csv; charset=utf-8")]
    [InlineData("application/json;q=0.5, text/csv", "text/csv; charset=utf-8")]
    [InlineData("text/csv;q=0, application/json", "application/json")]
    [InlineData("text/csv;q=0.5, application/json", "application/json")]
    [InlineData("text/csvx", "application/json")]
    [InlineData("text/*", "text/csv; charset=utf-8")]
    [InlineData("text/csv, application/json", "application/json")]
    [InlineData("*/*", "application/json")]
    public async Task Csv_is_for_those_who_would_rather_have_it(string? accept, string type)
    {
        await using var app = await Start("Full", _ => { });
        var answer = await app.Send("/health/incidents", "GET", accept is null ? [] : [("Accept", accept)]);
        Assert.Equal((200, type), (answer.Status, answer.ContentType));
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static async Task<JsonDocument> Json(TestApp app, string path)
    {
        using var response = await app.Client.GetAsync(path);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync());
    }

    private static async Task<TestApp> Start(string detail, Action<IHealthKitBuilder> configure)
    {
        var builder = TestApp.Builder(settings: ("AnonymousDetail", detail));
        builder.Configuration["HealthKit:Defaults:Period"] = "00:00:00.1";
        builder.Configuration["HealthKit:StateDirectory"] = Path.Combine(Path.GetTempPath(), "hk-test-" + Guid.NewGuid().ToString("N"));
        configure(builder.AddHealthKit(options => options.AddDefaultChecks = false));
        return await TestApp.Start(builder);
    }
}
