using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace HealthKit;

/// <summary>Chooses a body: <c>?format=</c>, else <c>Accept</c> (RFC 9110, section 12.5.1), else the route's own. Nothing is not acceptable.</summary>
internal static class ContentNegotiation
{
    public static BodyFormat Choose(HttpRequest request, bool isOverview)
    {
        if (request.QueryString.HasValue && request.Query.TryGetValue("format", out var format))
        {
            switch (format.ToString().ToUpperInvariant())
            {
                case "JSON":
                    return BodyFormat.Json;
                case "TEXT":
                    return isOverview ? BodyFormat.Table : BodyFormat.Word;
            }
        }

        return FromAccept(request.Headers.Accept, isOverview ? BodyFormat.Json : BodyFormat.Word);
    }

    public static BodyFormat FromAccept(StringValues accept, BodyFormat usual) =>
        Choose(accept, ("application", "json", BodyFormat.Json), ("text", "plain", BodyFormat.Word), usual);

    /// <summary>The more welcome of two types; the usual one where they are equally so.</summary>
    public static T Choose<T>(StringValues accept, (string Type, string Subtype, T Value) first, (string Type, string Subtype, T Value) second, T usual)
    {
        // What probes send, without parsing.
        if (accept.Count == 0 || (accept.Count == 1 && accept[0] is null or "" or "*/*"))
        {
            return usual;
        }

        if (!MediaTypeHeaderValue.TryParseList(accept, out var ranges))
        {
            return usual;
        }

        return Match(ranges, first.Type, first.Subtype).CompareTo(Match(ranges, second.Type, second.Subtype)) switch
        {
            > 0 => first.Value,
            < 0 => second.Value,
            _ => usual,
        };
    }

    /// <summary>
    /// How welcome a type is: the quality of the most specific range that names it (0 when none does, less when it is refused), then how
    /// specific that range is.
    /// </summary>
    private static (double Quality, int Specificity) Match(IList<MediaTypeHeaderValue> ranges, string type, string subtype)
    {
        var best = (Quality: 0.0, Specificity: 0);
        foreach (var range in ranges)
        {
            var specificity =
                range.MatchesAllTypes ? 1
                : !range.Type.Equals(type, StringComparison.OrdinalIgnoreCase) ? 0
                : range.MatchesAllSubTypes ? 2
                : range.SubType.Equals(subtype, StringComparison.OrdinalIgnoreCase) ? 3
                : 0;
            if (specificity > best.Specificity)
            {
                var quality = range.Quality ?? 1;
                best = (quality > 0 ? quality : -1, specificity);
            }
        }

        return best;
    }
}
