using System.Runtime.CompilerServices;

namespace HealthKit;

/// <summary>Masks what differs from line to line in lines of one origin: numbers, and identifiers, which mix digits and letters.</summary>
internal static class LogLineMask
{
    public const string Time = "<time>";
    private const char Mask = '#';
    private const int KeyLength = 40;

    /// <summary>Masks a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="masked">At least as long.</param>
    /// <returns>The length of the masked line.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Apply(ReadOnlySpan<char> line, Span<char> masked)
    {
        if (IsKeyMaterial(line))
        {
            masked[0] = Mask;
            return 1;
        }

        var length = 0;
        for (var i = 0; i < line.Length;)
        {
            var c = line[i];
            if (!char.IsAsciiLetterOrDigit(c))
            {
                masked[length++] = c;
                i++;
                continue;
            }

            if (IsGuid(line, i))
            {
                masked[length++] = Mask;
                i += 36;
                continue;
            }

            var end = i + 1;
            while (end < line.Length && char.IsAsciiLetterOrDigit(line[end]))
            {
                end++;
            }

            var word = line[i..end];
            i = end;
            if (!word.ContainsAnyInRange('0', '9'))
            {
                word.CopyTo(masked[length..]);
                length += word.Length;
            }
            else if (IsIdentifier(word))
            {
                masked[length++] = Mask;
            }
            else
            {
                length += MaskDigits(word, masked[length..]);
            }
        }

        return length;
    }

    /// <summary>
    /// Letters and digits by turns (<c>16b40s</c>, <c>0x201da</c>), eight or more hexadecimal digits, or a long word that is digits for the most
    /// part. Not <c>Mysql2</c> and <c>15ms</c>.
    /// </summary>
    private static bool IsIdentifier(ReadOnlySpan<char> word)
    {
        const int Long = 8;
        if (word.Length >= Long && word.IndexOfAnyExcept(Hexadecimal) < 0)
        {
            return true;
        }

        var turns = 0;
        var digits = char.IsAsciiDigit(word[0]) ? 1 : 0;
        for (var i = 1; i < word.Length; i++)
        {
            turns += char.IsAsciiDigit(word[i]) != char.IsAsciiDigit(word[i - 1]) ? 1 : 0;
            digits += char.IsAsciiDigit(word[i]) ? 1 : 0;
        }

        return turns >= 2 || (word.Length >= Long && 2 * digits >= word.Length);
    }

    private static readonly System.Buffers.SearchValues<char> Hexadecimal = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    private static readonly System.Buffers.SearchValues<char> Base64 =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    /// <summary>A line of nothing but base64: the middle of a private key or of another blob, which no rule can know by its looks.</summary>
    private static bool IsKeyMaterial(ReadOnlySpan<char> line)
    {
        line = line.Trim();
        return line.Length >= KeyLength && line.IndexOfAnyExcept(Base64) < 0;
    }

    private static bool IsGuid(ReadOnlySpan<char> line, int at)
    {
        if (at + 36 > line.Length || line[at + 8] != '-' || line[at + 13] != '-' || line[at + 18] != '-' || line[at + 23] != '-')
        {
            return false;
        }

        for (var i = 0; i < 36; i++)
        {
            if (i is not (8 or 13 or 18 or 23) && !char.IsAsciiHexDigit(line[at + i]))
            {
                return false;
            }
        }

        return true;
    }

    private static int MaskDigits(ReadOnlySpan<char> word, Span<char> masked)
    {
        var length = 0;
        for (var i = 0; i < word.Length; i++)
        {
            if (!char.IsAsciiDigit(word[i]))
            {
                masked[length++] = word[i];
            }
            else if (i == 0 || !char.IsAsciiDigit(word[i - 1]))
            {
                masked[length++] = Mask;
            }
        }

        return length;
    }
}
