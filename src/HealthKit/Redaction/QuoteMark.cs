namespace HealthKit;

/// <summary>
/// A quotation mark as it stands in a text, however often it was escaped:
/// <c>"</c>, <c>\"</c>, <c>\\\"</c>, <c>\u0022</c>, <c>&amp;quot;</c>.
/// </summary>
/// <param name="Slashes">How many backslashes stand before it.</param>
/// <param name="Tail">What stands after them.</param>
internal readonly record struct QuoteMark(int Slashes, string Tail)
{
    private const int MaxSlashes = 15;

    private static readonly string[] Plain = ["\"", "'", "`"];
    private static readonly string[] Escaped = ["u0022", "u0027"];
    private static readonly string[] Encoded = ["&quot;", "&#34;", "&apos;", "&#39;", "%22", "%27"];

    public int Length => Slashes + Tail.Length;

    public static bool TryRead(ReadOnlySpan<char> text, int from, out QuoteMark mark)
    {
        var slashes = 0;
        while (from + slashes < text.Length && slashes < MaxSlashes && text[from + slashes] == '\\')
        {
            slashes++;
        }

        var rest = text[(from + slashes)..];
        foreach (var tail in Plain)
        {
            if (rest.StartsWith(tail))
            {
                mark = new(slashes, tail);
                return true;
            }
        }

        foreach (var tail in slashes > 0 ? Escaped : Encoded)
        {
            if (rest.StartsWith(tail))
            {
                mark = new(slashes, tail);
                return true;
            }
        }

        mark = default;
        return false;
    }

    /// <summary>Where the mark closes what it has opened, or where the line ends: a text that was cut has no closing mark.</summary>
    public int FindClose(ReadOnlySpan<char> text, int from)
    {
        for (var i = from; i < text.Length;)
        {
            var hit = text[i..].IndexOfAny(Tail[0], '\r', '\n');
            if (hit < 0)
            {
                break;
            }

            i += hit;
            if (text[i] is '\r' or '\n')
            {
                return i;
            }

            var skip = 1;
            if (text[i..].StartsWith(Tail) && Closes(text, from, i, out var close, out skip))
            {
                return close;
            }

            i += skip;
        }

        return text.Length;
    }

    private bool Closes(ReadOnlySpan<char> text, int from, int i, out int close, out int skip)
    {
        (close, skip) = (i, 1);
        if (Tail.Length > 1 && Slashes == 0)
        {
            return true;
        }

        var slashes = 0;
        while (i - slashes > from && text[i - slashes - 1] == '\\')
        {
            slashes++;
        }

        close = i - Math.Min(slashes, Slashes);
        if (slashes < Slashes)
        {
            // The end of the text around it: what we are in was cut.
            return true;
        }

        // Each further level of escaping doubles the backslashes and adds one: a mark inside has more than the one that opened.
        if (slashes % (2 * (Slashes + 1)) != Slashes)
        {
            return false;
        }

        if (Slashes > 0 || i + 1 >= text.Length)
        {
            return true;
        }

        // Doubled inside, as ADO.NET and SQL write it; and in 'don't', no mark closes before a letter.
        var doubled = text[i + 1] == text[i];
        skip = doubled ? 2 : 1;
        return !doubled && !char.IsLetterOrDigit(text[i + 1]);
    }
}
