namespace HealthKit;

/// <summary>
/// The time in which somebody saw that outages lasted: their union, less what nobody saw of them. Times are UTC ticks.
/// </summary>
/// <remarks>
/// An outage whose gaps are all known was seen in all the rest of its length. Of one that went on through many restarts older gaps are
/// forgotten: it was seen only where the app was observed, of which the exact times may be forgotten too.
/// </remarks>
internal sealed class SeenTime
{
    private readonly List<(long From, long Until)> _exact;
    private readonly List<(long From, long Until)> _all;

    /// <summary>The union of what was seen of some outages.</summary>
    /// <param name="outages">The outages.</param>
    /// <param name="now">The end of one that is open.</param>
    public SeenTime(IReadOnlyCollection<LedgerOutage> outages, long now)
    {
        _exact = Union(outages.Where(outage => outage.ForgottenGaps == 0).SelectMany(outage => outage.SeenPieces(now)));
        _all = outages.All(outage => outage.ForgottenGaps == 0) ? _exact : Union(outages.SelectMany(outage => outage.SeenPieces(now)));
    }

    /// <summary>Where it lies, in the order of time.</summary>
    public IReadOnlyList<(long From, long Until)> Pieces => _all;

    /// <summary>How much of it lies in a window.</summary>
    /// <param name="observed">When the app was observed, in the order of time.</param>
    /// <param name="from">Where the window begins.</param>
    /// <param name="until">Where it ends.</param>
    public long Within(Stretch[] observed, long from, long until)
    {
        var exact = _exact.Sum(piece => Math.Max(0, Math.Min(piece.Until, until) - Math.Max(piece.From, from)));
        return ReferenceEquals(_exact, _all)
            ? exact
            : exact + Math.Max(0, Observed(_all, observed, from, until) - Observed(_exact, observed, from, until));
    }

    /// <summary>The union of pieces, in the order of time; those that touch are one.</summary>
    private static List<(long From, long Until)> Union(IEnumerable<(long From, long Until)> pieces)
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

    private static long Observed(List<(long From, long Until)> union, Stretch[] observed, long from, long until)
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
