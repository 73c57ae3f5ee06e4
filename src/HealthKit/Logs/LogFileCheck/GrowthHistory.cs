namespace HealthKit;

/// <summary>
/// How fast something is written that only shrinks when it is cut or rotated: what it gained is summed up, what it lost is passed over.
/// Points of the last two minutes tell what goes on now, those of the last hour the usual. Fed by one run at a time.
/// </summary>
internal sealed class GrowthHistory
{
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan LeastRecent = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan LeastForTrend = TimeSpan.FromMinutes(10);

    /// <summary>In a third of the time; a few blocks after a quiet hour are no trend.</summary>
    private const double LeastToAccelerate = 1 << 20;

    private readonly Ring _recent = new(Recent, TimeSpan.FromSeconds(5));
    private readonly Ring _hour = new(Hour, TimeSpan.FromMinutes(1));
    private (TimeSpan At, double Value)? _last;
    private double _grown;

    /// <summary>Takes a measurement. A time not after the last one is passed over.</summary>
    public void Add(TimeSpan at, double value)
    {
        if (_last is { } last)
        {
            if (at <= last.At)
            {
                return;
            }

            _grown += Math.Max(0, value - last.Value);
        }

        _last = (at, value);
        _recent.Add(at, _grown);
        _hour.Add(at, _grown);
    }

    /// <summary>Bytes a second over the last two minutes, or what there is of them; null before there is enough.</summary>
    public double? RecentRate => _recent.Span >= LeastRecent ? _recent.Rate : null;

    /// <summary>Bytes gained within the last two minutes.</summary>
    public double RecentGrowth => _recent.Growth;

    /// <summary>Bytes a second over the last hour, or what there is of it; null before there is enough.</summary>
    public double? HourRate => _hour.Span >= LeastRecent ? _hour.Rate : null;

    /// <summary>
    /// Whether the last third of the hour grew at more than one and a half times the pace of the first; null before there are ten minutes.
    /// </summary>
    public bool? IsAccelerating
    {
        get
        {
            if (_hour.Span < LeastForTrend)
            {
                return null;
            }

            var (first, last) = (_hour.RateOfThird(0), _hour.RateOfThird(2));
            return last * _hour.Span.TotalSeconds / 3 >= LeastToAccelerate && last > 1.5 * first;
        }
    }

    /// <summary>Points at least a step apart, of a window; the newest one always counts.</summary>
    private sealed class Ring(TimeSpan window, TimeSpan step)
    {
        private readonly Queue<(TimeSpan At, double Grown)> _points = new();
        private (TimeSpan At, double Grown) _oldest;
        private (TimeSpan At, double Grown) _newestKept;
        private (TimeSpan At, double Grown) _now;

        public TimeSpan Span => _now.At - _oldest.At;

        public double Growth => _now.Grown - _oldest.Grown;

        public double Rate => Span > TimeSpan.Zero ? Growth / Span.TotalSeconds : 0;

        public void Add(TimeSpan at, double grown)
        {
            _now = (at, grown);
            if (_points.Count == 0 || at - _newestKept.At >= step)
            {
                _points.Enqueue(_now);
                _newestKept = _now;
            }

            while (_points.Count > 1 && at - _points.Peek().At > window)
            {
                _points.Dequeue();
            }

            _oldest = _points.Peek();
        }

        public double RateOfThird(int third)
        {
            var from = At(_oldest.At + (Span * third / 3));
            var to = third == 2 ? _now : At(_oldest.At + (Span * (third + 1) / 3));
            return to.At > from.At ? (to.Grown - from.Grown) / (to.At - from.At).TotalSeconds : 0;
        }

        private (TimeSpan At, double Grown) At(TimeSpan at)
        {
            foreach (var point in _points)
            {
                if (point.At >= at)
                {
                    return point;
                }
            }

            return _now;
        }
    }
}
