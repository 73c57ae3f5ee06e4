using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace HealthKit.Tests.Sentry;

/// <summary>Which properties an object has, and what each must be. Any other is a mistake.</summary>
internal sealed class Rules(string what)
{
    private readonly Dictionary<string, (bool IsRequired, Func<JsonElement, string?> Check)> _properties = [];

    public Rules Required(string name, Func<JsonElement, string?> check)
    {
        _properties.Add(name, (true, check));
        return this;
    }

    public Rules Optional(string name, Func<JsonElement, string?> check)
    {
        _properties.Add(name, (false, check));
        return this;
    }

    /// <summary>Throws <see cref="FormatException"/> with what is wrong.</summary>
    public void Check(JsonElement json)
    {
        if (Find(json) is { } wrong)
        {
            throw new FormatException($"{what}: {wrong}");
        }
    }

    /// <summary>What is wrong; null when nothing is.</summary>
    public string? Find(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return "is no object";
        }

        foreach (var property in json.EnumerateObject())
        {
            if (!_properties.TryGetValue(property.Name, out var rule))
            {
                return $"has '{property.Name}', which the protocol does not know";
            }

            if (rule.Check(property.Value) is { } wrong)
            {
                return $"{property.Name} {wrong}: {Short(property.Value)}";
            }
        }

        return _properties.Where(rule => rule.Value.IsRequired && !json.TryGetProperty(rule.Key, out _)).Select(rule => $"has no {rule.Key}").FirstOrDefault();
    }

    private static string Short(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length > 200 ? text[..200] + "…" : text;
    }
}

/// <summary>What values must be: each yields what is wrong, or null.</summary>
internal static partial class Is
{
    public static string? Object(JsonElement value) => value.ValueKind == JsonValueKind.Object ? null : "is no object";

    public static string? Any(JsonElement value) => null;

    public static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()!.Length > 0 ? null : "is no text";

    public static string? Boolean(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "is neither true nor false";

    public static string? Number(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.GetDouble() >= 0 ? null : "is no number of at least 0";

    public static string? Count(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out _) ? null : "is no whole number of 32 bits";

    public static string? EventId(JsonElement value) => Matches(value, Hex(), "32 lower-case hexadecimal digits");

    public static string? Filename(JsonElement value) => Matches(value, Name(), "a file name without a path");

    public static string? MediaType(JsonElement value) => Matches(value, Media(), "a media type");

    public static string? Slug(JsonElement value) => Matches(value, SlugText(), "a slug of at most 50 characters");

    public static string? UtcTime(JsonElement value) =>
        Text(value) ?? (value.GetString()!.EndsWith('Z') && value.TryGetDateTimeOffset(out _) ? null : "is no RFC 3339 time in UTC");

    /// <summary>RFC 3339 with an offset, or seconds since 1970.</summary>
    public static string? Time(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble() is > 1_000_000_000 and < 10_000_000_000 ? null : "is no number of seconds since 1970",
        JsonValueKind.String => OffsetTime().IsMatch(value.GetString()!) && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, out _) ? null : "is no RFC 3339 time",
        _ => "is no time",
    };

    public static Func<JsonElement, string?> OneOf(params string[] allowed) =>
        value => value.ValueKind == JsonValueKind.String && allowed.Contains(value.GetString()) ? null : $"is none of {string.Join(", ", allowed)}";

    public static Func<JsonElement, string?> TextUpTo(int length, bool oneLine = true) => value =>
        Text(value) ?? (value.GetString()!.Length > length ? $"is longer than {length}" : oneLine && value.GetString()!.AsSpan().ContainsAny('\r', '\n') ? "has several lines" : null);

    public static Func<JsonElement, string?> ListOf(Func<JsonElement, string?> check, int least = 0) => value =>
        value.ValueKind != JsonValueKind.Array ? "is no list"
        : value.GetArrayLength() < least ? "is empty"
        : value.EnumerateArray().Select(check).FirstOrDefault(wrong => wrong is not null);

    public static Func<JsonElement, string?> MapOf(Func<string, string?> key, Func<JsonElement, string?> check) => value =>
        Object(value) ?? value.EnumerateObject().Select(entry => key(entry.Name) ?? (check(entry.Value) is { } wrong ? $"'{entry.Name}' {wrong}" : null))
            .FirstOrDefault(wrong => wrong is not null);

    /// <summary>A list, or an object whose <c>values</c> is one.</summary>
    public static Func<JsonElement, string?> Values(Func<JsonElement, string?> check) => value =>
        value.ValueKind == JsonValueKind.Object ? (value.TryGetProperty("values", out var values) ? ListOf(check)(values) : "has no values") : ListOf(check)(value);

    private static string? Matches(JsonElement value, Regex pattern, string what) =>
        value.ValueKind == JsonValueKind.String && pattern.IsMatch(value.GetString()!) ? null : $"is not {what}";

    [GeneratedRegex(@"\A[0-9a-f]{32}\z")]
    private static partial Regex Hex();

    [GeneratedRegex(@"\A[^/\\\p{Cc}]{1,255}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[a-z0-9.+-]+/[a-z0-9.+-]+(; ?[a-z]+=[A-Za-z0-9._-]+)?\z")]
    private static partial Regex Media();

    [GeneratedRegex(@"\A[a-z0-9_-]{1,50}\z")]
    private static partial Regex SlugText();

    [GeneratedRegex(@"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\z")]
    private static partial Regex OffsetTime();
}
