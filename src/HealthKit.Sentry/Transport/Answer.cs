using System.Text.Json;

namespace HealthKit;

/// <summary>What a receiver answered, as far as it is read. All of it is foreign text.</summary>
/// <param name="Status">The status code.</param>
/// <param name="RateLimits"><c>X-Sentry-Rate-Limits</c>.</param>
/// <param name="RetryAfter"><c>Retry-After</c>.</param>
/// <param name="Error"><c>X-Sentry-Error</c>.</param>
/// <param name="Date"><c>Date</c>.</param>
/// <param name="Body">The beginning of the body.</param>
internal sealed record Answer(int Status, string? RateLimits, string? RetryAfter, string? Error, DateTimeOffset? Date, byte[] Body)
{
    private const int MaxShown = 200;

    /// <summary>
    /// Whether the body is a page for people, such as a proxy's or a hotel's. Sentry and what stands in for it answer JSON, a word or nothing,
    /// not always under the right media type.
    /// </summary>
    public bool IsPage => Body.AsSpan().TrimStart("\uFEFF \t\r\n"u8) is [(byte)'<', ..];

    /// <summary>What the receiver says is wrong: its header, or the <c>detail</c> of its JSON. Without secrets and short.</summary>
    public string Why(Redactor redactor) => Clean(Error ?? Detail() ?? "", redactor);

    /// <summary>A foreign text without secrets, in one line and short.</summary>
    public static string Clean(string text, Redactor redactor) => SentryText.Line(redactor.Redact(text), MaxShown).TrimEnd('.');

    private string? Detail()
    {
        if (Body is not [(byte)'{', ..])
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(Body);
            return json.RootElement.TryGetProperty("detail", out var detail) && detail.ValueKind == JsonValueKind.String ? detail.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON after all, cut off, or not UTF-8: there is nothing to show.
            return null;
        }
    }
}
