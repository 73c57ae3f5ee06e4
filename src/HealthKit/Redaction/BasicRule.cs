using System.Buffers.Text;
using System.Text.Unicode;

namespace HealthKit;

/// <summary>Hides basic credentials (RFC 7617) that stand without a header's name: base64 of <c>user:password</c>.</summary>
internal sealed record BasicRule() : RedactionRule("basic ")
{
    // The colon comes after the user's name: there is no need to read further.
    private const int MaxRead = 256;

    public override Finding Find(ReadOnlySpan<char> text, int hit, ref ScanMemory memory)
    {
        var start = hit + Trigger.Length;
        return Words.StartsAt(text, hit) && HoldsCredentials(text[start..])
            ? Finding.Hide(text, start, ValueReader.EndOfWord(text, start))
            : Finding.None;
    }

    /// <summary>Whether base64 of <c>user:password</c> begins a text.</summary>
    public static bool HoldsCredentials(ReadOnlySpan<char> text)
    {
        Span<byte> characters = stackalloc byte[MaxRead];
        var length = 0;
        while (length < Math.Min(text.Length, MaxRead) && (char.IsAsciiLetterOrDigit(text[length]) || text[length] is '+' or '/' or '='))
        {
            characters[length] = (byte)text[length];
            length++;
        }

        if (Base64.DecodeFromUtf8InPlace(characters[..(length / 4 * 4)], out var bytes) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        var colon = characters[..bytes].IndexOf((byte)':');
        return colon >= 0 && Utf8.IsValid(characters[..colon]) && !characters[..colon].ContainsAnyInRange((byte)0, (byte)31);
    }
}
