using System.Buffers;

namespace HealthKit;

/// <summary>Hides a bearer token (RFC 6750, section 2.1) that stands without a header's name.</summary>
internal sealed record BearerRule() : RedactionRule("bearer ")
{
    private const int LongestPlainWord = 15;

    private static readonly SearchValues<char> Token =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=");

    public override Finding Find(ReadOnlySpan<char> text, int hit, ref ScanMemory memory)
    {
        if (!Words.StartsAt(text, hit))
        {
            return Finding.None;
        }

        var start = hit + Trigger.Length;
        var rest = text[start..];
        var length = rest.IndexOfAnyExcept(Token);
        var token = length < 0 ? rest : rest[..length];

        // "Bearer token is missing" is prose, "Bearer realm=…, error=…" a challenge.
        var isHidden = token.EndsWith("/") && ValueReader.IsHidden(text, start + token.Length);
        return token.IsEmpty || isHidden || IsPlainWord(token.TrimEnd('.')) || IsParameter(token, rest[token.Length..])
            ? Finding.Nothing(start)
            : Finding.Hide(text, start, ValueReader.EndOfWord(text, start));
    }

    private static bool IsPlainWord(ReadOnlySpan<char> token) =>
        token.Length <= LongestPlainWord && !token.ContainsAnyExceptInRange('A', 'z');

    private static bool IsParameter(ReadOnlySpan<char> token, ReadOnlySpan<char> after)
    {
        var equals = token.IndexOf('=');
        return equals >= 0
            && (token[equals..].ContainsAnyExcept('=')
                || (after.Length > 0 && after[0] is '"' or '\\' or '*' && token[equals..].Length == 1));
    }
}
