namespace HealthKit;

/// <summary>The body that a webhook sends.</summary>
public enum WebhookFormat
{
    /// <summary>
    /// The whole message as <see cref="IncidentJson"/> writes it, and beside that <c>event</c> (<c>incident.opened</c>,
    /// <c>incident.updated</c>, <c>incident.resolved</c>, <c>incident.test</c>), <c>title</c> and <c>text</c> in words.
    /// </summary>
    Json,

    /// <summary>
    /// <c>{"text":"…","mrkdwn":false}</c>, as incoming webhooks of Slack and of what is compatible with it take it. In the text,
    /// <c>&amp;</c>, <c>&lt;</c> and <c>&gt;</c> are escaped, so that no check's text can mention a channel or hide where a link leads
    /// (https://docs.slack.dev/messaging/formatting-message-text).
    /// </summary>
    Slack,
}
