using System.Globalization;

namespace HealthKit;

/// <summary>
/// What an answer says of when to ask again: Retry-After (RFC 9110, section 10.2.3), RateLimit (IETF draft ratelimit-headers, its older forms
/// too) and X-RateLimit, which has as many meanings as servers.
/// </summary>
internal static class RateLimit
{
    /// <summary>Nothing is put off for longer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    // A number this large is a time since 1970, in seconds or in milliseconds.
    private const double LeastEpochSeconds = 1e8;
    private const double LeastEpochMilliseconds = 1e11;

    /// <summary>How long to wait by Retry-After, seconds or a date, at most an hour; null when it says nothing sound.</summary>
    public static TimeSpan? RetryAfter(HttpAnswerHeaders headers, DateTimeOffset now) => headers["Retry-After"] is { } value ? Wait(value, headers, now) : null;

    /// <summary>Whether it says that nothing is left.</summary>
    public static bool IsExhausted(HttpAnswerHeaders headers) =>
        Members(headers["RateLimit"]).Any(static member => Parameter(member, "r") == 0 || Parameter(member, "remaining") == 0)
        || Number(headers["RateLimit-Remaining"]) == 0
        || Number(headers["X-RateLimit-Remaining"]) == 0
        || Number(headers["X-Rate-Limit-Remaining"]) == 0;

    /// <summary>How long until there is something left again, at most an hour; null when it does not say.</summary>
    public static TimeSpan? Reset(HttpAnswerHeaders headers, DateTimeOffset now)
    {
        foreach (var member in Members(headers["RateLimit"]))
        {
            if ((Parameter(member, "r") == 0 || Parameter(member, "remaining") == 0) && (Parameter(member, "t") ?? Parameter(member, "reset")) is { } seconds)
            {
                return Bounded(TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds)));
            }
        }

        foreach (var name in new[] { "RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset" })
        {
            if (headers[name] is { } value && Wait(value, headers, now) is { } wait)
            {
                return wait;
            }
        }

        return null;
    }

    private static TimeSpan? Wait(string value, HttpAnswerHeaders headers, DateTimeOffset now)
    {
        value = value.Trim();
        if (Number(value) is { } number)
        {
            return number switch
            {
                >= LeastEpochMilliseconds => Bounded(Until(number / 1000, now)),
                >= LeastEpochSeconds => Bounded(Until(number, now)),
                _ => Bounded(TimeSpan.FromSeconds(Math.Min(number, Longest.TotalSeconds))),
            };
        }

        // Counted from the server's own clock, where it tells it: ours may go differently.
        return Date(value) is { } date ? Bounded(date - (Date(headers["Date"]) ?? now)) : null;
    }

    private static TimeSpan Until(double epochSeconds, DateTimeOffset now) =>
        TimeSpan.FromSeconds(Math.Clamp(epochSeconds - (now - DateTimeOffset.UnixEpoch).TotalSeconds, 0, Longest.TotalSeconds));

    private static TimeSpan Bounded(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait > Longest ? Longest : wait;

    /// <summary>The three forms of an HTTP date (RFC 9110, section 5.6.7), and RFC 3339's, which some use.</summary>
    private static DateTimeOffset? Date(string? value)
    {
        string[] forms = ["r", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];
        return value is { Length: <= 64 } && DateTimeOffset.TryParseExact(
            value.Trim(), forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowInnerWhite, out var date)
            ? date
            : null;
    }

    /// <summary>The number at the beginning of a value: some put their windows behind it (<c>0, 0;w=60</c>).</summary>
    private static double? Number(string? value)
    {
        if (value is null)
        {
            return null;
        }

        var text = value.AsSpan().Trim();
        var length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || (text[length] == '.' && length > 0)))
        {
            length++;
        }

        return length is > 0 and <= 40 && (length == text.Length || text[length] is ',' or ';' or ' ')
            && double.TryParse(text[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
    }

    /// <summary>The members of the RateLimit header: a list of policies (draft 8 and later), or one dictionary (draft 7), which has its commas within.</summary>
    private static string[] Members(string? header) => header switch
    {
        null => [],
        { Length: > 1_000 } => [],
        _ when header.Contains("remaining=", StringComparison.OrdinalIgnoreCase) => [header],
        _ => header.Split(','),
    };

    private static double? Parameter(string member, string name)
    {
        foreach (var part in member.Split([';', ',']))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && part.AsSpan(0, equals).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return Number(part[(equals + 1)..]);
            }
        }

        return null;
    }
}
