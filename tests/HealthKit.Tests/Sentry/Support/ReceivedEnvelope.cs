using System.Text;
using System.Text.Json;

namespace HealthKit.Tests.Sentry;

/// <summary>An envelope that the fake receiver found in order.</summary>
/// <param name="Header">Its headers.</param>
/// <param name="Items">Its items.</param>
/// <param name="Bytes">All of it, decompressed.</param>
/// <param name="HttpHeaders">The request's headers.</param>
/// <param name="AnsweredWith">The status it was answered with; 0 when it was not.</param>
internal sealed record ReceivedEnvelope(
    JsonElement Header, IReadOnlyList<ReceivedItem> Items, byte[] Bytes, IReadOnlyDictionary<string, string> HttpHeaders, int AnsweredWith)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public DateTimeOffset SentAt => Header.GetProperty("sent_at").GetDateTimeOffset();

    public IEnumerable<string> Types => Items.Select(item => item.Type);

    /// <summary>The only item of a type, as JSON.</summary>
    public JsonElement this[string type] => Items.Single(item => item.Type == type).Json;
}

/// <summary>An item of an envelope.</summary>
internal sealed record ReceivedItem(JsonElement Header, byte[] Payload)
{
    public string Type => Header.GetProperty("type").GetString()!;

    public JsonElement Json => JsonDocument.Parse(Payload).RootElement;
}
