using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace HealthKit;

/// <summary>A JSON pointer (RFC 6901).</summary>
internal sealed class JsonPath
{
    private readonly string[] _tokens;

    private JsonPath(string[] tokens) => _tokens = tokens;

    /// <summary>The last name it goes through.</summary>
    public string Last => _tokens[^1];

    /// <param name="text">Begins with a slash; <c>~0</c> is a tilde and <c>~1</c> a slash within a name.</param>
    /// <param name="path">The pointer.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out JsonPath? path)
    {
        path = null;
        if (string.IsNullOrWhiteSpace(text) || text[0] != '/' || text.Length > 1_000 || text.Any(char.IsControl))
        {
            return false;
        }

        for (var i = text.IndexOf('~', StringComparison.Ordinal); i >= 0; i = text.IndexOf('~', i + 1))
        {
            if (i + 1 >= text.Length || text[i + 1] is not ('0' or '1'))
            {
                return false;
            }
        }

        path = new JsonPath([.. text[1..].Split('/').Select(static token => token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))]);
        return true;
    }

    /// <summary>What it points at; null when that does not exist.</summary>
    public JsonElement? Find(JsonElement root)
    {
        var at = root;
        foreach (var token in _tokens)
        {
            if (at.ValueKind == JsonValueKind.Object && TryGetMember(at, token, out var property))
            {
                at = property;
            }
            else if (at.ValueKind == JsonValueKind.Array && IsIndex(token, out var index) && index < at.GetArrayLength())
            {
                at = at[index];
            }
            else
            {
                return null;
            }
        }

        return at;
    }

    /// <summary>Whether a value is what a text says: strings as they are, numbers by value, all else as JSON writes it.</summary>
    public static bool IsEqual(JsonElement value, string expected) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() == expected,
        JsonValueKind.Number => value.GetRawText() == expected
            || (value.TryGetDecimal(out var number) && decimal.TryParse(expected, NumberStyles.Float, CultureInfo.InvariantCulture, out var wanted) && number == wanted),
        JsonValueKind.True => expected == "true",
        JsonValueKind.False => expected == "false",
        JsonValueKind.Null => expected == "null",
        _ => false,
    };

    private static bool TryGetMember(JsonElement at, string name, out JsonElement member)
    {
        try
        {
            return at.TryGetProperty(name, out member);
        }
        catch (InvalidOperationException)
        {
            // A name beside it that is no text, half a surrogate pair.
            member = default;
            return false;
        }
    }

    // No leading zeros (RFC 6901, section 4).
    private static bool IsIndex(string token, out int index) =>
        int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out index) && (token.Length == 1 || token[0] != '0');
}
