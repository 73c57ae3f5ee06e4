using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Incidents.Sinks.Webhook;

public sealed class WebhookSinkRegistrationTests
{
    [Fact]
    public async Task A_sink_that_code_adds_is_there_with_its_type()
    {
        await using var host = await TestHost.Start(builder => builder.AddWebhookSink(
            "hook", options => options.Url = new Uri("https://receiver.example/services/PLANTED"), policy => policy with { Tags = ["db"] }));

        var sink = Assert.Single(host.Host.Services.GetRequiredService<DeclaredSinks>().Sinks, sink => sink.Name == "hook");
        Assert.Equal("Webhook", sink.Type);
        Assert.Equal(["db"], sink.Policy.Tags);
        Assert.IsType<WebhookSink>(sink.Create(host.Host.Services));
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains("PLANTED", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_webhook_that_configuration_alone_declares_is_told()
    {
        await using var receiver = WebhookReceiver.Start(WebhookReceiver.Answer(WebhookReceiver.Ok));
        await using var host = await TestHost.Start(
            _ => { },
            ("Sinks:hook:Type", "webhook"),
            ("Sinks:hook:Url", receiver.Url("/services/PLANTED").AbsoluteUri),
            ("Sinks:hook:Format", "Slack"));

        var results = await host.Host.Services.GetRequiredService<IncidentDelivery>()
            .TestAsync(Messages.Message(IncidentMessageKind.Test), CancellationToken.None);

        Assert.All(results, result => Assert.Equal(SinkOutcome.Delivered, result.Outcome));
        Assert.Contains("Test: alerts of shop on web-1", Assert.Single(receiver.Requests).Text, StringComparison.Ordinal);
        Assert.Single(host.Log.Lines, line => line.StartsWith("Information 305 ", StringComparison.Ordinal));
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains("PLANTED", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("receiver.example/services/PLANTED")]
    [InlineData("ftp://receiver.example/services/PLANTED")]
    [InlineData("services?PLANTED")]
    public async Task An_address_in_configuration_that_cannot_be_used_is_refused_and_not_shown(string url)
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => TestHost.Start(
            _ => { }, ("Sinks:hook:Type", "Webhook"), ("Sinks:hook:Url", url)));

        Assert.Contains("HealthKit:Sinks:hook:Url = ", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("PLANTED", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_address_of_a_sink_that_code_adds_is_required()
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => TestHost.Start(builder => builder.AddWebhookSink("hook", _ => { })));

        Assert.Contains("Sink 'hook': Url is missing; allowed: an absolute address that starts with http:// or https://", refused.Message, StringComparison.Ordinal);
    }
}
