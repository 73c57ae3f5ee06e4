using System.Text;

namespace HealthKit;

/// <summary>A pattern of file names: <c>*</c> is any text, <c>?</c> one character, all else itself. Case counts; a leading dot is a character.</summary>
internal sealed class NamePattern(string pattern)
{
    /// <summary>What errors say is allowed.</summary>
    public const string Allowed = "a pattern of file names such as *.csv, with * and ?, without a slash";

    private readonly byte[] _pattern = Encoding.UTF8.GetBytes(pattern);

    /// <summary>Whether a text can be a pattern.</summary>
    public static bool IsUsable(string? pattern) => !string.IsNullOrWhiteSpace(pattern) && pattern.AsSpan().IndexOfAny('/', '\0') < 0;

    /// <summary>Whether a name in UTF-8 fits. A byte that is no UTF-8 is a character, or part of the one before it.</summary>
    public bool Matches(ReadOnlySpan<byte> name)
    {
        var (p, n) = (0, 0);

        // The last star, and where the text after the one that it stands for begins: a mismatch makes it take a byte more.
        var (star, resume) = (-1, 0);
        while (n < name.Length)
        {
            if (p < _pattern.Length && _pattern[p] == '*')
            {
                (star, resume) = (p++, n);
            }
            else if (p < _pattern.Length && _pattern[p] == '?')
            {
                n = AfterCharacter(name, n);
                p++;
            }
            else if (p < _pattern.Length && _pattern[p] == name[n])
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                // On to the next character, not into the midst of one: "*?" must not take the end of one for another.
                resume = AfterCharacter(name, resume);
                (p, n) = (star + 1, resume);
            }
            else
            {
                return false;
            }
        }

        return _pattern.AsSpan(p).IndexOfAnyExcept((byte)'*') < 0;
    }

    private static int AfterCharacter(ReadOnlySpan<byte> name, int at)
    {
        do
        {
            at++;
        }
        while (at < name.Length && (name[at] & 0xc0) == 0x80);

        return at;
    }
}
