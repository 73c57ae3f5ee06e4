using System.Buffers.Text;

namespace HealthKit;

/// <summary>Parses what the kernel writes into its small files. Anything may stand there: what does not fit is not taken.</summary>
internal static class PseudoText
{
    /// <summary>The number at the start of a line after its key: <c>inactive_file 4096</c>, <c>MemTotal:   24684092 kB</c>.</summary>
    /// <param name="text">The file.</param>
    /// <param name="key">The key with the colon or space after it.</param>
    /// <param name="value">The number, 0 or more.</param>
    public static bool TryFind(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key, out long value)
    {
        value = 0;
        var atLineStart = true;
        while (true)
        {
            var at = text.IndexOf(key);
            if (at < 0)
            {
                return false;
            }

            if (at == 0 ? atLineStart : text[at - 1] == (byte)'\n')
            {
                return TryParse(text[(at + key.Length)..].TrimStart((byte)' '), out value);
            }

            text = text[(at + 1)..];
            atLineStart = false;
        }
    }

    /// <summary>A number of 0 or more that ends where the text, the word or the line does.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        if (text is [>= (byte)'0' and <= (byte)'9', ..]
            && Utf8Parser.TryParse(text, out value, out var length)
            && (length == text.Length || text[length] is (byte)' ' or (byte)'\n'))
        {
            return true;
        }

        value = 0;
        return false;
    }
}
