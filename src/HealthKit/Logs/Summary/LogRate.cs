namespace HealthKit;

/// <summary>
/// Lines, bytes and errors over time in a bounded number of buckets. Empty buckets take no room, so that one line from 1970 does not make
/// all others one bucket. When there are too many, they become wider.
/// </summary>
internal sealed class LogRate
{
    public const int MaxShown = 60;
    private const int MaxKept = 1_024;

    /// <summary>Each is a multiple of the one before, so that buckets merge without a rest. Behind the last, they double.</summary>
    private static readonly long[] Widths =
        [1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 7 * 86_400, 28 * 86_400];

    private Dictionary<long, Counts> _buckets = [];
    private long _width = 1;
    private long _currentKey;

    /// <summary>The seconds of the present bucket: as long as time stays within, nothing is to be done.</summary>
    private long _from = long.MaxValue;
    private long _until = long.MinValue;

    /// <summary>What has been given to buckets so far.</summary>
    private Counts _flushed;
    private bool _any;

    /// <summary>Lines before the first time.</summary>
    private Counts _before;

    /// <summary>What comes next is of this second.</summary>
    /// <param name="second">The second.</param>
    /// <param name="before">All that was before.</param>
    public void MoveTo(long second, in Counts before)
    {
        if (second >= _from && second < _until)
        {
            return;
        }

        Flush(before);
        _any = true;
        Enter(Floor(second, _width));
        while (_buckets.Count >= MaxKept && !_buckets.ContainsKey(_currentKey))
        {
            Widen();
            Enter(Floor(second, _width));
        }
    }

    /// <summary>Forgets the times: what was counted belongs before the first time now.</summary>
    public void Forget(in Counts before)
    {
        _buckets.Clear();
        _before = before;
        _any = false;
        (_from, _until) = (long.MaxValue, long.MinValue);
    }

    /// <summary>The buckets to show: as narrow as they can be and not be more than <see cref="MaxShown"/>.</summary>
    /// <param name="allLines">All that was.</param>
    /// <param name="width">Their width in seconds.</param>
    /// <param name="strayLines">Lines with times far from all others that were left out, at most one of a thousand at either end.</param>
    public List<(long Second, Counts Counts)> Finish(in Counts allLines, out long width, out long strayLines)
    {
        Flush(allLines);
        width = _width;
        strayLines = 0;
        if (!_any)
        {
            return [];
        }

        var all = _buckets.Select(bucket => (Second: bucket.Key * _width, Counts: bucket.Value)).OrderBy(bucket => bucket.Second).ToList();
        var (from, to) = WithoutStrays(all);
        for (var i = 0; i < all.Count; i++)
        {
            strayLines += i < from || i > to ? all[i].Counts.Lines : 0;
        }

        all = all.GetRange(from, to - from + 1);
        all[0] = (all[0].Second, all[0].Counts.Plus(_before));
        while (Floor(all[^1].Second, width) - Floor(all[0].Second, width) >= MaxShown)
        {
            width = Wider(width);
        }

        var shown = width;
        return
        [
            .. all.GroupBy(bucket => Floor(bucket.Second, shown) * shown, bucket => bucket.Counts)
                .Select(group => (group.Key, group.Aggregate((sum, next) => sum.Plus(next)))),
        ];
    }

    /// <summary>
    /// Leaves out at most a thousandth of the lines at either end, if that leaves less than a tenth of the time: a machine that began before its
    /// clock was set.
    /// </summary>
    private (int From, int To) WithoutStrays(List<(long Second, Counts Counts)> all)
    {
        var allowed = all.Sum(bucket => bucket.Counts.Lines) / 1_000;
        var (from, to) = (0, all.Count - 1);
        for (var left = allowed - all[from].Counts.Lines; left >= 0 && from < to; left -= all[from].Counts.Lines)
        {
            from++;
        }

        for (var left = allowed - all[to].Counts.Lines; left >= 0 && from < to; left -= all[to].Counts.Lines)
        {
            to--;
        }

        var whole = all[^1].Second - all[0].Second + _width;
        var rest = all[to].Second - all[from].Second + _width;
        return whole > 10 * rest && whole > MaxShown * _width ? (from, to) : (0, all.Count - 1);
    }

    private void Enter(long key)
    {
        _currentKey = key;
        _from = key * _width;
        _until = _from + _width;
    }

    /// <summary>Gives the present bucket what was counted since it was entered.</summary>
    private void Flush(in Counts now)
    {
        if (!_any)
        {
            _before = now;
        }
        else
        {
            _buckets[_currentKey] = now.Minus(_flushed).Plus(_buckets.GetValueOrDefault(_currentKey));
        }

        _flushed = now;
    }

    private void Widen()
    {
        var wider = Wider(_width);
        var merged = new Dictionary<long, Counts>(_buckets.Count);
        foreach (var (key, counts) in _buckets)
        {
            var at = Floor(key * _width, wider);
            merged[at] = counts.Plus(merged.GetValueOrDefault(at));
        }

        _buckets = merged;
        _width = wider;
    }

    private static long Wider(long width) => Widths.FirstOrDefault(next => next > width, width * 2);

    private static long Floor(long second, long width) => second >= 0 ? second / width : -((width - 1 - second) / width);

    internal struct Counts
    {
        public long Lines;
        public long Bytes;
        public long Errors;

        public readonly Counts Minus(in Counts other) =>
            new() { Lines = Lines - other.Lines, Bytes = Bytes - other.Bytes, Errors = Errors - other.Errors };

        public readonly Counts Plus(in Counts other) =>
            new() { Lines = Lines + other.Lines, Bytes = Bytes + other.Bytes, Errors = Errors + other.Errors };
    }
}
