namespace HealthKit;

/// <summary>Reads bytes at an offset: how many, or the negative number of errno(3).</summary>
internal delegate int ReadAt(long offset, Span<byte> buffer);

/// <summary>Finds where a log can be cut. Memory is that of one buffer, whatever the log's size.</summary>
internal static class LineStart
{
    /// <summary>How far the end of a line is looked for, in each direction.</summary>
    public const int MaximumLine = 16 << 20;

    /// <summary>
    /// The first start of a line that leaves at most <paramref name="keep"/> bytes, and something; where there is none, as the last line is
    /// longer than that, the start of that line.
    /// </summary>
    /// <param name="read">Reads the log.</param>
    /// <param name="from">Where its content begins: what stands before is a hole.</param>
    /// <param name="length">Its length.</param>
    /// <param name="keep">How much may stay, less than <paramref name="length"/> - <paramref name="from"/>.</param>
    /// <param name="ct">Ends the search.</param>
    /// <param name="start">The start of the line: above <paramref name="from"/> and below <paramref name="length"/>.</param>
    /// <param name="error">The number of errno(3) when it could not be read, else 0.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryFind(ReadAt read, long from, long length, long keep, CancellationToken ct, out long start, out int error)
    {
        start = 0;
        error = 0;
        var wanted = length - keep;
        var buffer = new byte[64 << 10];

        // A line starts behind a newline; the one at the very end starts none.
        var end = Math.Min(length - 1, wanted - 1 + MaximumLine);
        for (var at = wanted - 1; at < end;)
        {
            if (!TryRead(at, end, out var text, out error))
            {
                return false;
            }

            var newline = text.IndexOf((byte)'\n');
            if (newline >= 0)
            {
                start = at + newline + 1;
                return true;
            }

            at += text.Length;
        }

        var first = Math.Max(from, wanted - 1 - MaximumLine);
        for (var at = wanted - 1; at > first;)
        {
            var chunk = Math.Max(first, at - buffer.Length);
            if (!TryRead(chunk, at, out var text, out error))
            {
                return false;
            }

            if (text.Length < at - chunk)
            {
                return false; // somebody cut the file
            }

            var newline = text.LastIndexOf((byte)'\n');
            if (newline >= 0)
            {
                start = chunk + newline + 1;
                return true;
            }

            at = chunk;
        }

        return false;

        bool TryRead(long at, long limit, out ReadOnlySpan<byte> text, out int problem)
        {
            ct.ThrowIfCancellationRequested();
            var count = read(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, limit - at)));
            problem = count < 0 ? -count : 0;
            text = buffer.AsSpan(0, Math.Max(count, 0));
            return count > 0;
        }
    }
}
