using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace HealthKit;

/// <summary>What the content of a good answer must be.</summary>
internal sealed class HttpContentRules
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly HttpCheckOptions _options;
    private readonly Regex? _matches;
    private readonly JsonPath? _pointer;
    private readonly List<KeyValuePair<string, string?>> _headers = [];
    private readonly Redactor _redactor;

    /// <param name="options">Valid ones.</param>
    /// <param name="redactor">What foreign text goes through before it is shown.</param>
    public HttpContentRules(HttpCheckOptions options, Redactor redactor)
    {
        _options = options;
        _redactor = redactor;
        _matches = options.BodyMatches is { } pattern ? Pattern(pattern) : null;
        _ = JsonPath.TryParse(options.JsonPointer, out _pointer);
        foreach (var header in options.ExpectedHeaders ?? [])
        {
            if (HttpHeaderLine.TryParse(header, out var name, out var value) || HttpHeaderLine.IsName(header.Trim()))
            {
                _headers.Add(new(name ?? header.Trim(), value));
            }
        }
    }

    /// <summary>Whether the body plays a part.</summary>
    public static bool NeedBody(HttpCheckOptions options) =>
        options.BodyContains is not null || options.BodyDoesNotContain is not null || options.BodyMatches is not null || options.JsonPointer is not null
        || options.MinimumBodyBytes > 0;

    /// <summary>Linear in the text, whatever the text.</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    /// <exception cref="NotSupportedException">It needs backtracking.</exception>
    public static Regex Pattern(string pattern) =>
        new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    /// <summary>What is wrong; null when all holds.</summary>
    public DependencyFinding? Judge(HttpAnswer answer)
    {
        var who = HttpVerdicts.Who(answer);
        DependencyFinding? Wrong(string reason, string text) => DependencyFinding.Unhealthy(reason, $"{who}: {text}", new Dictionary<string, object> { ["failedStage"] = "use" });

        switch (answer.End)
        {
            case BodyEnd.Closed or BodyEnd.Reset:
                var declared = answer.Headers["Content-Length"];
                return Wrong(
                    "http.truncated",
                    $"the body broke off: the connection was {(answer.End == BodyEnd.Reset ? "reset" : "closed")} after {GaugeAmount.Bytes(answer.ReceivedBytes)}"
                    + (long.TryParse(declared, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? $" of {GaugeAmount.Bytes(length)}" : ""));
            case BodyEnd.Garbled:
                return Wrong("http.invalid", $"the body is not framed as HTTP/1.1 has it, after {GaugeAmount.Bytes(answer.ReceivedBytes)}");
            case BodyEnd.TooLarge:
                return Wrong("http.content.tooLarge", $"the body is larger than {GaugeAmount.Bytes(_options.MaxBodyBytes):L}, and was not read to its end");
        }

        foreach (var (name, value) in _headers)
        {
            var actual = answer.Headers[name];
            if (actual is null || (value is not null && actual.Trim() != value))
            {
                return Wrong("http.content.header", actual is null ? $"it has no header {name}" : $"its header {name} is not as expected");
            }
        }

        if (_options.ExpectedMediaType is { } wanted && !IsOf(answer.Headers.MediaType, wanted))
        {
            return Wrong("http.content.mediaType", $"expected {wanted}, got {answer.Headers.ShownMediaType ?? (answer.Headers.Has("Content-Type") ? "something else" : "none")}");
        }

        if (answer.EncodingProblem is { } problem && NeedBody(_options))
        {
            return Wrong("http.content.encoding", $"the body cannot be read, {problem}");
        }

        if (answer.Body.Length < _options.MinimumBodyBytes)
        {
            return Wrong("http.content.tooSmall", $"the body has {GaugeAmount.Bytes(answer.Body.Length)}, expected are {GaugeAmount.Bytes(_options.MinimumBodyBytes):L} or more");
        }

        return JudgeBody(answer, Wrong);
    }

    /// <summary>The body as text, by the charset it names, else UTF-8.</summary>
    public static string Text(HttpAnswer answer)
    {
        var encoding = answer.Headers.Charset?.ToUpperInvariant() switch
        {
            "ISO-8859-1" or "LATIN1" or "WINDOWS-1252" => Encoding.Latin1, // they differ in what nobody looks for
            "UTF-16" or "UTF-16LE" => Encoding.Unicode,
            "UTF-16BE" => Encoding.BigEndianUnicode,
            _ => Utf8,
        };
        return encoding.GetString(answer.Body.Span);
    }

    private DependencyFinding? JudgeBody(HttpAnswer answer, Func<string, string, DependencyFinding?> wrong)
    {
        if (_options is { BodyContains: null, BodyDoesNotContain: null } && _matches is null && _pointer is null)
        {
            return null;
        }

        var text = Text(answer);
        if (_options.BodyContains is { } contains && !text.Contains(contains, StringComparison.Ordinal))
        {
            return wrong("http.content.missing", $"the body does not hold {HttpText.Quote(contains)}");
        }

        if (_options.BodyDoesNotContain is { } without && text.Contains(without, StringComparison.Ordinal))
        {
            return wrong("http.content.forbidden", $"the body holds {HttpText.Quote(without)}");
        }

        try
        {
            if (_matches?.IsMatch(text) == false)
            {
                return wrong("http.content.pattern", $"nothing in the body matches {HttpText.Quote(_matches.ToString())}");
            }
        }
        catch (RegexMatchTimeoutException)
        {
            return wrong("http.content.pattern", "the body could not be matched within 1 s");
        }

        return _pointer is null ? null : JudgeJson(text, wrong);
    }

    private DependencyFinding? JudgeJson(string text, Func<string, string, DependencyFinding?> wrong)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text.AsMemory(text.StartsWith('\uFEFF') ? 1 : 0), new JsonDocumentOptions { MaxDepth = 64 });
        }
        catch (JsonException)
        {
            return wrong("http.content.notJson", "the body is no JSON");
        }

        using (document)
        {
            if (_pointer!.Find(document.RootElement) is not { } value)
            {
                return wrong("http.content.jsonMissing", $"the JSON has nothing at {_options.JsonPointer}");
            }

            try
            {
                return _options.JsonEquals is { } expected && !JsonPath.IsEqual(value, expected)
                    ? wrong("http.content.jsonDiffers", $"{_options.JsonPointer} is {Shown(value)}, expected is {HttpText.Quote(expected)}")
                    : null;
            }
            catch (InvalidOperationException)
            {
                // Half a surrogate pair, written as an escape: no text at all.
                return wrong("http.content.jsonDiffers", $"{_options.JsonPointer} is no text, expected is {HttpText.Quote(_options.JsonEquals!)}");
            }
        }
    }

    /// <summary>A value as far as it can be shown: words, not what may be a key or a token.</summary>
    private string Shown(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            _ => value.GetRawText(),
        };
        var isWord = value.ValueKind != JsonValueKind.String || text.All(static c => char.IsAsciiLetter(c) || c is ' ' or '-' or '_');
        if (text.Length > 32 || !isWord)
        {
            return "something else";
        }

        // The name tells whether it is a secret.
        var shown = $"\"{_pointer!.Last}\": \"{text}\"";
        return _redactor.Redact(shown) != shown ? "something else" : value.ValueKind == JsonValueKind.String ? $"'{text}'" : text;
    }

    private static bool IsOf(string? type, string wanted) => type is not null
        && (wanted.EndsWith("/*", StringComparison.Ordinal) ? type.StartsWith(wanted[..^1], StringComparison.OrdinalIgnoreCase) : type.Equals(wanted, StringComparison.OrdinalIgnoreCase));
}
