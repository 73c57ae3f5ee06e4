using System.Buffers;

namespace HealthKit;

/// <summary>What a token is made of.</summary>
internal enum TokenAlphabet
{
    /// <summary>Letters, digits, <c>_</c> and <c>-</c>.</summary>
    Word,

    /// <summary>Letters and digits.</summary>
    LettersAndDigits,

    /// <summary>Capital letters and digits.</summary>
    UpperCase,

    /// <summary>As <see cref="Word"/>, with dots.</summary>
    Dotted,

    /// <summary>What a URL's path and query are made of.</summary>
    Path,
}

/// <summary>Hides a secret that is known by its first characters.</summary>
/// <param name="Prefix">The first characters, in this case.</param>
/// <param name="MinLength">Its least length, prefix included; shorter is something else.</param>
/// <param name="Alphabet">What it is made of.</param>
/// <param name="Kept">How much of it may be seen.</param>
/// <param name="Needs">A character that must stand in it.</param>
internal sealed record TokenRule(
    string Prefix, int MinLength, TokenAlphabet Alphabet = TokenAlphabet.Word, string Kept = "", char Needs = '\0') : RedactionRule(Prefix)
{
    private const int MaxWindow = 64;
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string Digits = "0123456789";

    public static readonly SearchValues<char> LettersOnly = SearchValues.Create(Letters);

    private static readonly SearchValues<char> Word = SearchValues.Create(Letters + Digits + "_-");
    private static readonly SearchValues<char> LettersAndDigits = SearchValues.Create(Letters + Digits);
    private static readonly SearchValues<char> UpperCase = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ" + Digits);
    private static readonly SearchValues<char> Dotted = SearchValues.Create(Letters + Digits + "_-.");
    private static readonly SearchValues<char> Path = SearchValues.Create(Letters + Digits + "_-./%:?=&+~@");
    private static readonly SearchValues<char> Random = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ" + Digits);

    public override Finding Find(ReadOnlySpan<char> text, int hit, ref ScanMemory memory)
    {
        var rest = text[hit..];
        if (rest.Length < MinLength || !rest.StartsWith(Prefix) || !StartsHere(text, hit)
            || rest[Prefix.Length..MinLength].ContainsAnyExcept(Characters()))
        {
            return Finding.None;
        }

        // "sk-learn-…" and "npm_config_…" are names: what is drawn at random has capitals or digits.
        var window = rest[Prefix.Length..Math.Min(rest.Length, MaxWindow)];
        var shown = window.IndexOfAnyExcept(Characters());
        if (!(shown < 0 ? window : window[..shown]).ContainsAny(Random))
        {
            return Finding.None;
        }

        var length = rest[Prefix.Length..].IndexOfAnyExcept(Characters());
        var token = (length < 0 ? rest : rest[..(Prefix.Length + length)]).TrimEnd('.');
        if (token.Length < MinLength || (Needs != '\0' && !token.Contains(Needs)))
        {
            return Finding.None;
        }

        // Small letters behind capitals make it another word.
        return Alphabet == TokenAlphabet.UpperCase && token.Length < rest.Length && char.IsLetterOrDigit(rest[token.Length])
            ? Finding.None
            : Finding.Hide(text, hit + Kept.Length, hit + token.Length);
    }

    private bool StartsHere(ReadOnlySpan<char> text, int hit)
    {
        // A token that must be read to its end to be known begins once only in a run of its characters: so the scan stays linear.
        if (Needs != '\0' && hit > 0 && text[hit - 1] is '_' or '-')
        {
            return false;
        }

        return hit == 0 || !char.IsLetterOrDigit(text[hit - 1]) || Words.FollowsEscape(text, hit);
    }

    private SearchValues<char> Characters() => Alphabet switch
    {
        TokenAlphabet.LettersAndDigits => LettersAndDigits,
        TokenAlphabet.UpperCase => UpperCase,
        TokenAlphabet.Dotted => Dotted,
        TokenAlphabet.Path => Path,
        _ => Word,
    };
}
