using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Incidents.Sinks.Webhook;

public sealed class WebhookBodyTests
{
    [Fact]
    public void Any_text_makes_a_JSON_body_that_reads_back() => Prop.ForAll(
        Messages.NastyTexts,
        text =>
        {
            var message = With(text);
            using var body = Parse(message, WebhookFormat.Json);
            var incident = body.RootElement.GetProperty("incident");

            Assert.Equal(Messages.AsUtf8(text), incident.GetProperty("description").GetString());
            Assert.Equal(Messages.AsUtf8(text), incident.GetProperty("check").GetString());
            Assert.Equal(Messages.AsUtf8(text), incident.GetProperty("tags")[0].GetString());
            Assert.Equal(Messages.AsUtf8(IncidentText.Title(message)), body.RootElement.GetProperty("title").GetString());
            Assert.Equal(Messages.AsUtf8(IncidentText.Body(message)), body.RootElement.GetProperty("text").GetString());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_shown_by_Slack_as_it_is() => Prop.ForAll(
        Messages.NastyTexts,
        text =>
        {
            var message = With(text);
            using var body = Parse(message, WebhookFormat.Slack);
            var sent = body.RootElement.GetProperty("text").GetString()!;

            Assert.DoesNotContain('<', sent);
            Assert.DoesNotContain('>', sent);
            Assert.Equal(Messages.AsUtf8($"{IncidentText.Title(message)}\n{IncidentText.Body(message)}"), Unescape(sent));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_Slack_body_is_a_text_without_markup()
    {
        var message = Messages.Message(incident: Messages.Incident() with { Description = "<!channel> & <https://evil.example|bank> &lt;" });
        using var body = Parse(message, WebhookFormat.Slack);

        Assert.Equal(["text", "mrkdwn"], body.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.False(body.RootElement.GetProperty("mrkdwn").GetBoolean());
        Assert.StartsWith(
            "Unhealthy: disk on web-1 (disk.space.low)\n&lt;!channel&gt; &amp; &lt;https://evil.example|bank&gt; &amp;lt;\nReadings: ",
            body.RootElement.GetProperty("text").GetString(),
            StringComparison.Ordinal);
    }

    private static IncidentMessage With(string text) => Messages.Message(incident: Messages.Incident() with
    {
        Check = text,
        Description = text,
        Tags = [text],
        Remedy = text,
        Reason = text,
        Cause = text,
        Exception = new(text, text, text),
        ReadingsAt = [new("freeBytes", 1, "bytes", text)],
    }) with { Application = text, Host = text };

    private static JsonDocument Parse(IncidentMessage message, WebhookFormat format) => JsonDocument.Parse(WebhookBody.Write(message, format));

    /// <summary>What Slack makes of a text: each entity once.</summary>
    private static string Unescape(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length;)
        {
            var (entity, character) = text.AsSpan(i) switch
            {
                ['&', 'a', 'm', 'p', ';', ..] => ("&amp;", '&'),
                ['&', 'l', 't', ';', ..] => ("&lt;", '<'),
                ['&', 'g', 't', ';', ..] => ("&gt;", '>'),
                ['&', ..] => throw new FormatException($"An ampersand that is not escaped at {i}."),
                _ => (" ", text[i]),
            };
            plain.Append(character);
            i += entity.Length;
        }

        return plain.ToString();
    }
}
