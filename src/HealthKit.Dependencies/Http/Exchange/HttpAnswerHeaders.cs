using System.Net.Http.Headers;

namespace HealthKit;

/// <summary>An answer's headers, the body's among them: foreign text, 64 KiB at most.</summary>
internal sealed class HttpAnswerHeaders
{
    // Looked into many times by who looks for marks: cheaper than the originals, which take each name apart anew.
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    public HttpAnswerHeaders(HttpResponseHeaders headers, HttpContentHeaders content)
    {
        foreach (var (name, values) in headers.NonValidated)
        {
            _values[name] = values.ToString();
        }

        foreach (var (name, values) in content.NonValidated)
        {
            _values[name] = values.ToString();
        }
    }

    /// <summary>The value, several joined by commas (RFC 9110, section 5.3); null when there is none.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);

    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The media type without parameters, in small letters; null when there is none, or no sound one.</summary>
    public string? MediaType
    {
        get
        {
            var value = this["Content-Type"];
            if (value is null)
            {
                return null;
            }

            var end = value.IndexOf(';', StringComparison.Ordinal);
            var type = (end < 0 ? value : value[..end]).Trim().ToLowerInvariant();
            return IsMediaType(type) ? type : null;
        }
    }

    /// <summary>The media type as far as it can be shown: words of a known kind. Anything else is foreign text.</summary>
    public string? ShownMediaType => MediaType is { } type
        && type.IndexOf('/', StringComparison.Ordinal) is var slash
        && type[..slash] is "application" or "audio" or "font" or "image" or "message" or "multipart" or "text" or "video"
        && type.Length <= 60
        && type[(slash + 1)..].All(static c => char.IsAsciiLetter(c) || c is '.' or '+' or '-')
            ? type
            : null;

    /// <summary>The charset of the media type; null when it names none.</summary>
    public string? Charset => MediaTypeHeaderValue.TryParse(this["Content-Type"], out var type) ? type.CharSet?.Trim('"') : null;

    public static bool IsMediaType(string type) =>
        type.Length is > 2 and <= 80 && type.Count('/') == 1 && type[0] != '/' && type[^1] != '/'
        && type.All(static c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '+' or '-' or '_' or '*');
}
