namespace HealthKit;

/// <summary>Sums over pieces of time. Times are UTC ticks.</summary>
internal static class Pieces
{
    /// <summary>The union of pieces, in the order of time; those that touch are one.</summary>
    public static List<(long From, long Until)> Union(IEnumerable<(long From, long Until)> pieces)
    {
        List<(long From, long Until)> union = [];
        foreach (var piece in pieces.Where(piece => piece.Until > piece.From).OrderBy(piece => piece.From))
        {
            if (union.Count > 0 && piece.From <= union[^1].Until)
            {
                union[^1] = (union[^1].From, Math.Max(union[^1].Until, piece.Until));
            }
            else
            {
                union.Add(piece);
            }
        }

        return union;
    }

    /// <summary>How much of the pieces was observed in a window.</summary>
    /// <param name="union">Pieces in the order of time that do not overlap.</param>
    /// <param name="observed">What was observed, in the order of time.</param>
    /// <param name="from">Where the window begins.</param>
    /// <param name="until">Where it ends.</param>
    public static long Observed(List<(long From, long Until)> union, Stretch[] observed, long from, long until)
    {
        var (sum, next) = (0L, 0);
        foreach (var piece in union)
        {
            var (begin, end) = (Math.Max(piece.From, from), Math.Min(piece.Until, until));
            while (next < observed.Length && observed[next].Until <= begin)
            {
                next++;
            }

            for (var i = next; i < observed.Length && observed[i].From < end; i++)
            {
                sum += observed[i].Within(begin, end);
            }
        }

        return sum;
    }
}
