using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HealthKit;

/// <summary>
/// Writes the JSON of an event or a check-in. Every text passes the redactor and is bounded; what is empty is left out, for Sentry takes
/// no empty texts.
/// </summary>
internal sealed class EventWriter : IDisposable
{
    public const int MaxText = 2_000;

    // Sentry cuts messages and exceptions there: https://develop.sentry.dev/sdk/foundations/data-model/event-payloads/message/
    public const int MaxMessage = 8_192;

    private const int MaxKey = 200;
    private const int MaxDepth = 6;
    private const int MaxItems = 100;

    // Of the app's own: a map that holds itself twenty times has 64 million at that depth.
    private const int MaxValues = 10_000;

    // A text is cut before it is redacted too, far behind the place where it is cut for good: redacting takes time with length.
    public const int MaxRedacted = 64 * 1024;

    // Nothing here is written into a page; escaping all but ASCII would make half of the bytes.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private readonly Utf8JsonWriter _json;
    private readonly Redactor _redactor;
    private int _values;

    public EventWriter(Redactor redactor)
    {
        _redactor = redactor;
        _json = new Utf8JsonWriter(_output, Options);
    }

    public Utf8JsonWriter Json => _json;

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A text in one line, without secrets.</summary>
    public string Line(string? text, int maxLength) => SentryText.Line(Redacted(text), maxLength);

    /// <summary>A text of several lines, without secrets.</summary>
    public string Lines(string? text, int maxLength) => SentryText.Lines(Redacted(text), maxLength);

    /// <summary>A name as it is written; empty when it cannot be.</summary>
    public string Key(string name) => Line(name, MaxKey);

    public void Text(string name, string? value, int maxLength = MaxText, bool lines = false)
    {
        var text = lines ? Lines(value, maxLength) : Line(value, maxLength);
        if (text.Length > 0)
        {
            _json.WriteString(name, text);
        }
    }

    public void Number(string name, double value)
    {
        _json.WritePropertyName(name);
        Number(value);
    }

    /// <summary>A value of the app's own: scalars as they are, lists and maps of them to a depth, anything else by its <c>ToString()</c>.</summary>
    public void ValueOf(string name, object? value, int depth = 0)
    {
        if (Redactor.HidesWhole(name, value))
        {
            _json.WriteStringValue(SentryRules.Hidden);
        }
        else
        {
            Value(value, depth);
        }
    }

    /// <summary>
    /// JSON of our own making: a secret's name that has an object under it there is that of a thing, such as the queue <c>password-mails</c>
    /// among the items of a check. An object that was a secret was hidden when it was frozen.
    /// </summary>
    public void Frozen(JsonElement value) => Value(value, depth: 0, isFrozen: true);

    /// <summary>A member of an object of our own making.</summary>
    public void Frozen(string key, JsonProperty member) => Member(key, member, depth: 0, isFrozen: true);

    private void Member(string key, JsonProperty member, int depth, bool isFrozen)
    {
        _json.WritePropertyName(key);
        if (!(isFrozen && member.Value.ValueKind == JsonValueKind.Object) && Redactor.HidesWhole(member.Name, member.Value))
        {
            _json.WriteStringValue(SentryRules.Hidden);
        }
        else
        {
            Value(member.Value, depth, isFrozen);
        }
    }

    private void Value(JsonElement value, int depth, bool isFrozen)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when depth < MaxDepth:
                _json.WriteStartObject();
                var names = new HashSet<string>(StringComparer.Ordinal);
                foreach (var member in value.EnumerateObject())
                {
                    if (Key(member.Name) is { Length: > 0 } key && names.Add(key))
                    {
                        Member(key, member, depth + 1, isFrozen);
                    }
                }

                _json.WriteEndObject();
                break;
            case JsonValueKind.Array when depth < MaxDepth:
                _json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Value(item, depth + 1, isFrozen);
                }

                _json.WriteEndArray();
                break;
            case JsonValueKind.Object or JsonValueKind.Array:
                _json.WriteStringValue("…");
                break;
            case JsonValueKind.String:
                _json.WriteStringValue(Lines(value.GetString(), MaxMessage));
                break;
            default:
                value.WriteTo(_json);
                break;
        }
    }

    /// <summary>What was written, when all objects are closed.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        _json.Flush();
        return _output.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    private string? Redacted(string? text) => string.IsNullOrEmpty(text) ? text : _redactor.RedactBeginning(text, MaxRedacted);

    private void Number(double value)
    {
        if (double.IsFinite(value))
        {
            _json.WriteNumberValue(value);
        }
        else
        {
            // JSON has no NaN and no infinity (RFC 8259, section 6).
            _json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private void Value(object? value, int depth)
    {
        _values++;
        switch (value)
        {
            case null:
                _json.WriteNullValue();
                break;
            case bool flag:
                _json.WriteBooleanValue(flag);
                break;
            case sbyte or byte or short or ushort or int or uint or long:
                _json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                _json.WriteNumberValue(number);
                break;
            case decimal number:
                _json.WriteNumberValue(number);
                break;
            case float or double:
                Number(Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case string text:
                _json.WriteStringValue(Lines(text, MaxText));
                break;
            case DateTimeOffset time:
                _json.WriteStringValue(Time(time));
                break;
            case JsonElement json:
                Value(json, depth, isFrozen: false);
                break;
            case JsonNode json:
                using (var document = JsonDocument.Parse(json.ToJsonString()))
                {
                    Value(document.RootElement, depth, isFrozen: false);
                }

                break;

            // Not IReadOnlyDictionary alone: a secret's name counts in whatever holds names and values.
            case IEnumerable<KeyValuePair<string, object?>> map when depth < MaxDepth:
                Map(map, depth);
                break;
            case IEnumerable<KeyValuePair<string, string?>> map when depth < MaxDepth:
                Map(map.Select(pair => new KeyValuePair<string, object?>(pair.Key, pair.Value)), depth);
                break;
            case IDictionary map when depth < MaxDepth:
                Map(Pairs(map), depth);
                break;
            case IEnumerable list when depth < MaxDepth:
                List(list, depth);
                break;
            default:
                _json.WriteStringValue(Lines(Guarded(value), MaxText));
                break;
        }
    }

    private void Map(IEnumerable<KeyValuePair<string, object?>> map, int depth)
    {
        _json.WriteStartObject();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, item) in map.Take(MaxItems))
        {
            if (_values >= MaxValues)
            {
                break;
            }

            if (Key(name) is { Length: > 0 } key && names.Add(key))
            {
                _json.WritePropertyName(key);
                ValueOf(name, item, depth + 1);
            }
        }

        _json.WriteEndObject();
    }

    private void List(IEnumerable list, int depth)
    {
        _json.WriteStartArray();
        var left = MaxItems;
        foreach (var item in list)
        {
            if (left-- == 0 || _values >= MaxValues)
            {
                break;
            }

            Value(item, depth + 1);
        }

        _json.WriteEndArray();
    }

    private static IEnumerable<KeyValuePair<string, object?>> Pairs(IDictionary map)
    {
        foreach (DictionaryEntry entry in map)
        {
            yield return new(Guarded(entry.Key), entry.Value);
        }
    }

    private static string Guarded(object? value)
    {
        try
        {
            return (value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value?.ToString()) ?? "";
        }
        catch (Exception e)
        {
            // The app's own code: its trouble is told in its place.
            return $"<ToString failed: {e.GetType().Name}>";
        }
    }
}
