namespace HealthKit;

/// <summary>Says what is wrong with options, without a word of what may be secret.</summary>
internal static class HttpCheckValidation
{
    private const long LargestBody = 16L << 20;
    private const int MostRedirects = 20;
    private static readonly TimeSpan LongestGrace = TimeSpan.FromDays(1);

    public static IEnumerable<OptionError> Validate(HttpCheckOptions options)
    {
        foreach (var error in options.ValidateCommon())
        {
            yield return error;
        }

        foreach (var error in HttpRequestRules.Validate(nameof(options.Url), options.Url, options.Headers, options.PinnedSha256))
        {
            yield return error;
        }

        if (!HttpHeaderLine.IsName(options.Method ?? "") || options.Method!.Equals("CONNECT", StringComparison.OrdinalIgnoreCase))
        {
            yield return new OptionError(nameof(options.Method), options.Method, "a method such as GET, HEAD or POST; not CONNECT");
        }
        else if (options.Method.Equals("HEAD", StringComparison.OrdinalIgnoreCase) && HttpContentRules.NeedBody(options))
        {
            yield return new OptionError(nameof(options.Method), options.Method, "a method whose answer has a body, as something is expected of it");
        }

        if (options.ExpectedStatuses is not { Count: > 0 } statuses)
        {
            yield return new OptionError(nameof(options.ExpectedStatuses), "none", "one status or more: 200, 2xx, 200-204");
        }
        else
        {
            foreach (var status in statuses.Where(static status => !StatusSet.TryParse(status, out _, out _)))
            {
                yield return new OptionError(nameof(options.ExpectedStatuses), status, "a status from 100 to 599, a class of them or a range: 200, 2xx, 200-204");
            }
        }

        if (options.ExpectedMediaType is { } type && !HttpAnswerHeaders.IsMediaType(type))
        {
            yield return new OptionError(nameof(options.ExpectedMediaType), type, "a media type without parameters: application/json, text/*");
        }

        foreach (var header in options.ExpectedHeaders ?? [])
        {
            if (!HttpHeaderLine.TryParse(header, out _, out _) && !HttpHeaderLine.IsName((header ?? "").Trim()))
            {
                yield return new OptionError(nameof(options.ExpectedHeaders), header, "'Name' or 'Name: value'");
            }
        }

        foreach (var error in ValidateBody(options))
        {
            yield return error;
        }

        if (options.MaxRedirectsCount is < 0 or > MostRedirects)
        {
            yield return new OptionError(nameof(options.MaxRedirectsCount), options.MaxRedirectsCount, $"a whole number from 0 to {MostRedirects} (count)");
        }

        if (options.UnavailableGrace < TimeSpan.Zero || options.UnavailableGrace > LongestGrace)
        {
            yield return new OptionError(nameof(options.UnavailableGrace), options.UnavailableGrace, "a time from 00:00:00 to 1.00:00:00");
        }
    }

    private static IEnumerable<OptionError> ValidateBody(HttpCheckOptions options)
    {
        foreach (var (name, text) in new[] { (nameof(options.BodyContains), options.BodyContains), (nameof(options.BodyDoesNotContain), options.BodyDoesNotContain), (nameof(options.JsonEquals), options.JsonEquals) })
        {
            if (text is not null && (string.IsNullOrWhiteSpace(text) || text.Contains('\0', StringComparison.Ordinal)))
            {
                yield return new OptionError(name, text, "a text that is not blank");
            }
        }

        if (options.BodyMatches is { } pattern && PatternProblem(pattern) is { } problem)
        {
            yield return new OptionError(nameof(options.BodyMatches), pattern, problem);
        }

        if (options.JsonPointer is { } pointer && !JsonPath.TryParse(pointer, out _))
        {
            yield return new OptionError(nameof(options.JsonPointer), pointer, "a JSON pointer (RFC 6901) such as /status or /checks/0/name");
        }
        else if (options is { JsonEquals: not null, JsonPointer: null })
        {
            yield return new OptionError(nameof(options.JsonPointer), null, "a JSON pointer such as /status, as JsonEquals is set");
        }

        if (options.MaxBodyBytes is < 1 or > LargestBody)
        {
            yield return new OptionError(nameof(options.MaxBodyBytes), options.MaxBodyBytes, $"a whole number from 1 to {LargestBody} (bytes)");
        }

        if (options.MinimumBodyBytes is < 0 or > LargestBody)
        {
            yield return new OptionError(nameof(options.MinimumBodyBytes), options.MinimumBodyBytes, $"a whole number from 0 to {LargestBody} (bytes)");
        }
        else if (options.MinimumBodyBytes > options.MaxBodyBytes && options.MaxBodyBytes >= 1 && options.MinimumBodyBytes < LargestBody)
        {
            yield return new OptionError(nameof(options.MinimumBodyBytes), options.MinimumBodyBytes, "no more than MaxBodyBytes (bytes)");
        }
    }

    private static string? PatternProblem(string pattern)
    {
        const string Allowed = "a .NET regular expression that is not blank and needs no backtracking (no look-arounds, back references, atomic groups)";
        if (string.IsNullOrWhiteSpace(pattern) || pattern.Contains('\0', StringComparison.Ordinal))
        {
            return Allowed;
        }

        try
        {
            _ = HttpContentRules.Pattern(pattern);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return Allowed;
        }
    }
}
