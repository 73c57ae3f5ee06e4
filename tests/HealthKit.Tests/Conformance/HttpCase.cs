using HealthKit.Tests.Dependencies.Http;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class HttpCase() : DependencyCase<HttpCheckOptions>(
    HttpCheck.Type, static (network, options) => new HttpCheck(network, options, new Redactor()), Stage.Use)
{
    private static readonly Lazy<HttpRawServer> Server = new(static () => new HttpRawServer(static exchange =>
        exchange.Path == "/good" ? exchange.AnswerAsync("200 OK", "all is well", "Content-Type: text/plain", "Server: nginx") : exchange.AnswerAsync("500 No", exchange.Head)));

    // Who we are is part of the request: it has no time of its own.
    public override IEnumerable<string> MoreReasons => base.MoreReasons.Except(["auth.timeout", "auth.slow"]);

    protected override void Configure(Scenario scenario, HttpCheckOptions options) => options.Url = scenario switch
    {
        Scenario.Healthy => Server.Value.Url("/good"),
        Scenario.Failing => Server.Value.Url("/bad"),
        _ => new Uri("http://shop.example/"),
    };

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        var bad = Server.Value.Url($"/bad/{text}?{text}");
        builder
            .AddHttpCheck(bad, options => options.Headers = [$"Authorization: Bearer {text}", $"X-Key: {text}"], name: "sent")
            .AddHttpCheck(new Uri($"http://{Planted(text)}:{RefusingPort}/{text}"), name: "refused")
            .AddHttpCheck(Server.Value.Url("/good"), options => options.BodyContains = text, name: "contains")
            .AddHttpCheck(Server.Value.Url("/good"), options => options.BodyMatches = text, name: "matches")
            .AddHttpCheck(bad, options => (options.ExpectedStatuses, options.JsonPointer, options.JsonEquals) = (["500"], "/" + text, text), name: "json")
            .AddHttpCheck(bad, options => (options.ExpectedStatuses, options.BodyDoesNotContain) = (["500"], text), name: "holds")
            .AddHttpCheck(Server.Value.Url("/good"), options => options.ExpectedHeaders = [$"Server: {text}"], name: "header");
    }
}
