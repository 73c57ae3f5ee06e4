using System.Buffers;

namespace HealthKit;

/// <summary>
/// Hides the body of a private key in PEM form (RFC 7468), also when its end was cut off. Certificates and public keys stay.
/// </summary>
internal sealed record PemRule() : RedactionRule("-----BEGIN ")
{
    private const string Dashes = "-----";
    private const int MaxLabel = 64;
    private const int MinBody = 16;

    private static readonly SearchValues<char> LabelCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ");

    public override Finding Find(ReadOnlySpan<char> text, int hit, ref ScanMemory memory)
    {
        var label = hit + Trigger.Length;
        var length = text[label..Math.Min(text.Length, label + MaxLabel)].IndexOf(Dashes);
        if (length < 0 || !text.Slice(label, length).Contains("PRIVATE KEY", StringComparison.Ordinal)
            || text.Slice(label, length).ContainsAnyExcept(LabelCharacters))
        {
            return Finding.None;
        }

        var body = label + length + Dashes.Length;
        if (ValueReader.IsHidden(text, body))
        {
            return Finding.Nothing(body);
        }

        var end = memory.KeyEnd(text, body);
        return end >= 0 ? Finding.Hide(text, body, end)
            : IsBody(text[body..]) ? Finding.Hide(text, body, text.Length)
            : Finding.Nothing(body);
    }

    /// <summary>
    /// "no -----BEGIN PRIVATE KEY----- found in file" is a sentence; a body begins with a line of base64 or with a header.
    /// </summary>
    private static bool IsBody(ReadOnlySpan<char> text)
    {
        var run = 0;
        foreach (var c in text)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=' or '-' or ':')
            {
                run++;
            }
            else if (run > 0 && c != '\\')
            {
                return false;
            }
            else if (!char.IsWhiteSpace(c) && c != '\\')
            {
                return false;
            }

            if (run >= MinBody || c == ':')
            {
                return true;
            }
        }

        return run > 0;
    }
}
