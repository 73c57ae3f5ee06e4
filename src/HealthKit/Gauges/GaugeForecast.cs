namespace HealthKit;

/// <summary>
/// When a quantity that grows will reach its limit. One for each quantity; fed by one run at a time.
/// </summary>
/// <remarks>
/// <para>
/// The rule: within some window of 5 minutes to 21 hours the quantity ate more than a third of the room that is left (at that pace the
/// limit is no further away than 2.75 windows, and never more than 48 hours), it did so evenly, and it still does. Evidence and horizon
/// grow together: what has been seen for ten minutes says something about the next half hour, not about tomorrow. A steady fill is
/// reported with 67 to 76 % of its time to go, however long it takes (20 minutes to 72 hours; runs every 1 to 60 seconds; after
/// nothing, and after quiet hours), while a fixed pair such as "10 minutes, less than 2 hours" would take an hourly job that writes a
/// twelfth of the room for a leak. One that accelerates has less time when it has eaten its third: 39 to 47 % where it grows with the square of time.
/// </para>
/// <para>
/// Windows double from 5 minutes up, because a fill that began lately shows in a short one and is told from noise in a long one. A day's
/// window sees what a day does: most of what grows and shrinks does so daily. A window shortens to the history there is, of
/// <see cref="MinimumPoints"/> points at least, and with it its horizon. It holds at most <see cref="Points"/> points, each the lowest
/// value of its stretch, which passes over what comes and goes (temporary files, garbage between two collections).
/// </para>
/// <para>
/// The slope is that of the medians of the first and the last third: as steady as Theil and Sen's on saw-teeth, at a tenth of its cost,
/// where least squares follow every spike. The early half, the late half and the newest point must agree with it, so a step (a deployment)
/// is no trend and a burst that stops clears within a third of the window that saw it; and the growth must stand out from
/// the scatter around its line.
/// </para>
/// <para>
/// What came down by itself twice within 15 days (so a weekly job did, too), with a good part of the room still left, is a habit: growth that
/// began after it and gets no higher is not reported.
/// </para>
/// <para>
/// A verdict has slack, or it would flap at its edge: while filling, the horizon is half as long again; and what frees less than three
/// quarters of what grew (a rotation, a deleted snapshot) leaves it standing, if the growth goes on, for nine tenths of the window that saw
/// it: then windows see past the drop again.
/// </para>
/// </remarks>
public sealed class GaugeForecast
{
    internal const int MinimumPoints = 6;
    internal const int Points = 15;

    /// <summary>More bytes than it ever needs to write itself down.</summary>
    internal const int LargestSize = 4096;

    private const int Windows = 9;
    private const double ShortestWidth = 20;

    /// <summary>Six runs a minute apart span five minutes, give or take their jitter.</summary>
    private const double ShortestSpan = 285;

    private const double LongestHorizon = 48 * 3600;

    /// <summary>How many times its span a window sees ahead.</summary>
    private const double Reach = 2.75;

    /// <summary>How much further it sees while filling, so that the verdict does not flap at the edge.</summary>
    private const double SlackWhileFilling = 1.5;

    /// <summary>How long a verdict outlives a drop that leaves most of the growth: so much of the window that saw the growth.</summary>
    private const double HoldShare = 0.9;

    /// <summary>Further away than this is not worth a number.</summary>
    private const double LongestTime = 30 * 86400.0;

    /// <summary>Less room than this share of the limit is none.</summary>
    private const double FullShare = 0.001;

    /// <summary>What shrank within this time shares its room with others: it grows again when they free some. As long as a habit lasts.</summary>
    private const double SharedFor = 15 * 86400;

    private readonly Window[] _windows = new Window[Windows];
    private readonly Habit _habit = new();
    private double _lastAt = double.NegativeInfinity;
    private double _size = double.NaN;
    private double _capacity = double.NaN;
    private double _shrankAt = double.NegativeInfinity;
    private bool _full;
    private Trend _trend;

    /// <summary>A forecast that has seen nothing yet.</summary>
    public GaugeForecast()
    {
        for (var i = 0; i < Windows; i++)
        {
            _windows[i] = new Window(ShortestWidth * (1 << i));
        }
    }

    /// <summary>
    /// Whether to warn: the quantity grows steadily and is about to reach its limit, or has reached it that way and is still there.
    /// </summary>
    public bool IsFilling { get; private set; }

    /// <summary>
    /// The time until the limit is reached if the quantity goes on growing as it does; zero when a fill has reached it; null when it does not
    /// steadily grow, or so slowly that it is more than 30 days away, or when there is too little history.
    /// </summary>
    public TimeSpan? TimeToLimit { get; private set; }

    /// <summary>The limit of the last measurement; null before the first.</summary>
    internal double? Limit { get; private set; }

    /// <summary>Writes down all it knows, in less than <see cref="LargestSize"/> bytes.</summary>
    internal void Write(BinaryWriter to)
    {
        to.Write(Limit ?? double.NaN);
        to.Write(_size);
        to.Write(_capacity);
        to.Write(_lastAt - _shrankAt);
        to.Write(IsFilling);
        to.Write(_full);
        _trend.Write(to, _lastAt);
        _habit.Write(to, _lastAt);
        foreach (var window in _windows)
        {
            window.Write(to, _lastAt);
        }
    }

    /// <summary>What was written down earlier, as if its last measurement had been taken at a time on the clock of now.</summary>
    /// <returns>Null when it is not what <see cref="Write"/> wrote.</returns>
    internal static GaugeForecast? Read(BinaryReader from, TimeSpan lastAt)
    {
        var now = lastAt.TotalSeconds;
        var forecast = new GaugeForecast { _lastAt = now };
        try
        {
            forecast.Limit = from.ReadDouble();
            forecast._size = from.ReadDouble();
            forecast._capacity = from.ReadDouble();
            forecast._shrankAt = now - from.ReadDouble();
            forecast.IsFilling = from.ReadBoolean();
            forecast._full = from.ReadBoolean();
            forecast._trend = Trend.Read(from, now);
            return double.IsFinite(forecast.Limit.Value)
                && forecast._habit.TryRead(from, now)
                && Array.TrueForAll(forecast._windows, window => window.TryRead(from, now)) ? forecast : null;
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    /// <summary>Takes a measurement.</summary>
    /// <param name="at">When, on a monotonic clock. A time not after the last one is passed over.</param>
    /// <param name="used">The quantity, in any unit. Not a number: passed over.</param>
    /// <param name="limit">What it must not reach, in the same unit. It may change from one measurement to the next.</param>
    public void Add(TimeSpan at, double used, double limit) => Add(at, used, limit, limit);

    /// <summary>
    /// Takes a measurement of what is left of a thing, whoever takes it. Where others fill a pool that the thing shares with them (ZFS, a
    /// quota above the space there is), nothing more is used of it: its capacity falls, and its size with it.
    /// </summary>
    /// <remarks>
    /// What counts as used is the first capacity less what is left, so that a fall of the capacity is growth. When the thing is enlarged, that
    /// first capacity grows by as much: nothing came down by itself. The size tells one from the other: by an enlargement it
    /// grows and stays, while that of a pool falls and rises.
    /// </remarks>
    /// <param name="at">When, on a monotonic clock. A time not after the last one is passed over.</param>
    /// <param name="left">What is left, in any unit. Not a number: passed over.</param>
    /// <param name="capacity">What is used and what is left, in the same unit.</param>
    /// <param name="size">How large the thing is, what is set aside included, in the same unit.</param>
    internal void AddLeft(TimeSpan at, double left, double capacity, double size)
    {
        var now = at.TotalSeconds;
        if (!double.IsFinite(left) || !double.IsFinite(capacity) || !double.IsFinite(size) || now <= _lastAt)
        {
            return;
        }

        if (size < _size)
        {
            _shrankAt = now;
        }

        var limit = Limit ?? capacity;
        if (size > _size && now - _shrankAt > SharedFor)
        {
            limit += capacity - _capacity;
        }

        (_size, _capacity) = (size, capacity);
        Add(at, limit - left, limit, capacity);
    }

    private void Add(TimeSpan at, double used, double limit, double capacity)
    {
        var now = at.TotalSeconds;
        if (!double.IsFinite(used) || !double.IsFinite(limit) || now <= _lastAt)
        {
            return;
        }

        _lastAt = now;
        Limit = limit;
        var room = limit - used;
        _habit.Add(now, used, limit);

        double? growing = null;
        double? filling = null;
        var slack = IsFilling ? SlackWhileFilling : 1;
        foreach (var window in _windows)
        {
            window.Add(now, used);
            if (!window.Grows || window.Span < ShortestSpan || used < window.Middle)
            {
                continue;
            }

            // The longest window that has a say estimates best: later ones overwrite.
            growing = Math.Max(0, room / window.LateRate);
            if (room / window.Rate <= slack * Math.Min(LongestHorizon, window.Span * Reach)
                && (IsFilling || !window.HasHole)
                && !_habit.Covers(now, window.Start + (window.Span / 3), used, limit))
            {
                // Only what this run saw goes on; an earlier fill has ended.
                _trend = (IsFilling || filling is not null ? _trend : new Trend()).With(window, now, used);
                filling = growing;
            }
        }

        if (IsFilling)
        {
            _trend.Look(now, used);
            if (filling is null && _trend.Outlives(now, used) && room / _trend.Rate <= slack * LongestHorizon)
            {
                filling = growing = Math.Max(0, room / _trend.Rate);
            }
        }

        // What is full grows no more: that must not clear the warning.
        _full = room <= capacity * FullShare && (_full || IsFilling);
        IsFilling = _full || filling is not null;
        TimeToLimit = _full ? TimeSpan.Zero
            : (filling ?? growing) is { } seconds && seconds <= LongestTime ? TimeSpan.FromSeconds(seconds)
            : null;
    }

    /// <summary>What was seen to fill, to tell a drop within it from its end.</summary>
    private struct Trend()
    {
        /// <summary>A drop: so much of what grew.</summary>
        private const double Drop = 0.1;

        /// <summary>The share of what grew that must be left, and of the growth that must go on.</summary>
        private const double Left = 0.25;

        /// <summary>How long nothing need have grown since: so much of the window that saw the growth.</summary>
        private const double Patience = 0.2;

        private double _high = double.NegativeInfinity;
        private double _low = double.PositiveInfinity;
        private double _until = double.NegativeInfinity;
        private double _span;
        private double _fellAt = double.NaN;
        private double _fellTo;

        public double Rate { get; private set; }

        /// <summary>Another window, or another run, sees it.</summary>
        public readonly Trend With(Window window, double now, double used) => this with
        {
            Rate = window.Rate,
            _high = Math.Max(_high, used),
            _low = Math.Min(_low, window.First),
            _until = Math.Max(_until, now + (HoldShare * window.Span)),
            _span = Math.Max(_span, window.Span),
            _fellAt = used < _high ? _fellAt : double.NaN,
        };

        public void Look(double now, double used)
        {
            if (double.IsNaN(_fellAt) ? _high - used > Drop * (_high - _low) : used < _fellTo)
            {
                (_fellAt, _fellTo) = (now, used);
            }
        }

        /// <summary>Whether no window sees it for no other reason than a drop: most of it is left, and it goes on since.</summary>
        public readonly bool Outlives(double now, double used) =>
            now <= _until
            && used - _low > Left * (_high - _low)
            && (now - _fellAt <= Patience * _span || used - _fellTo >= Left * Rate * (now - _fellAt));

        public readonly void Write(BinaryWriter to, double now)
        {
            to.Write(Rate);
            to.Write(_high);
            to.Write(_low);
            to.Write(_until - now);
            to.Write(_span);
            to.Write(now - _fellAt);
            to.Write(_fellTo);
        }

        public static Trend Read(BinaryReader from, double now) => new()
        {
            Rate = from.ReadDouble(),
            _high = from.ReadDouble(),
            _low = from.ReadDouble(),
            _until = now + from.ReadDouble(),
            _span = from.ReadDouble(),
            _fellAt = now - from.ReadDouble(),
            _fellTo = from.ReadDouble(),
        };
    }

    /// <summary>The latest points, at least a width apart each, and whether they grow.</summary>
    private sealed class Window(double width)
    {
        /// <summary>The share of the whole slope that each part of the window must have.</summary>
        private const double LeastPart = 0.25;

        /// <summary>The least growth, in mean deviations from the line.</summary>
        private const double LeastSignal = 4;

        // Rings.
        private readonly double[] _at = new double[Points];
        private readonly double[] _used = new double[Points];
        private int _newest = -1;
        private int _count;

        // The newest point's value when it was judged; it may have become lower since.
        private double _judged;

        /// <summary>Whether nothing was measured for more than half of it: what grew there may be a step.</summary>
        public bool HasHole { get; private set; }

        /// <summary>Whether it grows, evenly and to the end.</summary>
        public bool Grows { get; private set; }

        /// <summary>Growth a second.</summary>
        public double Rate { get; private set; }

        /// <summary>
        /// Growth a second lately, at least <see cref="Rate"/>: nearer the truth where the growth began within the window.
        /// </summary>
        public double LateRate { get; private set; }

        /// <summary>When the oldest point in use was taken, in seconds.</summary>
        public double Start { get; private set; }

        /// <summary>From the oldest point in use to the newest, in seconds.</summary>
        public double Span { get; private set; }

        /// <summary>The median of the middle third: below it, what grew has dropped.</summary>
        public double Middle { get; private set; }

        /// <summary>The median of the first third.</summary>
        public double First { get; private set; }

        public void Add(double now, double used)
        {
            // A little less than the width, or rounding would make every second run miss its point.
            if (_count > 0 && now - _at[_newest] < width * 0.999)
            {
                _used[_newest] = Math.Min(_used[_newest], used);
                return;
            }

            _newest = (_newest + 1) % Points;
            _at[_newest] = now;
            _used[_newest] = _judged = used;
            _count = Math.Min(_count + 1, Points);
            if (_count >= MinimumPoints)
            {
                Judge();
            }
        }

        public void Write(BinaryWriter to, double now)
        {
            to.Write(_judged);
            to.Write((byte)_count);
            for (var age = _count - 1; age >= 0; age--)
            {
                to.Write(now - _at[Index(age)]);
                to.Write(_used[Index(age)]);
            }
        }

        public bool TryRead(BinaryReader from, double now)
        {
            _judged = from.ReadDouble();
            var count = from.ReadByte();
            if (count > Points || !double.IsFinite(_judged))
            {
                return false;
            }

            for (_count = 0; _count < count; _count++)
            {
                _newest = _count;
                _at[_newest] = now - from.ReadDouble();
                _used[_newest] = from.ReadDouble();
                var after = _count == 0 ? double.NegativeInfinity : _at[_count - 1];
                if (!(_at[_newest] > after && _at[_newest] <= now && double.IsFinite(_at[_newest]) && double.IsFinite(_used[_newest])))
                {
                    return false;
                }
            }

            if (_count >= MinimumPoints)
            {
                var lowest = _used[_newest];
                _used[_newest] = _judged;
                Judge();
                _used[_newest] = lowest;
            }

            return true;
        }

        private void Judge()
        {
            // Runs rarer than the width would stretch the window: keep to the least number of points then.
            var count = MinimumPoints;
            while (count < _count && _at[_newest] - _at[Index(count)] <= width * Points)
            {
                count++;
            }

            var hole = 0.0;
            for (var age = 1; age < count; age++)
            {
                hole = Math.Max(hole, _at[Index(age - 1)] - _at[Index(age)]);
            }

            var third = count / 3;
            var (at1, used1) = Median(count - 1, third);
            var (at2, used2) = Median(count - 1 - third, count - (2 * third));
            var (at3, used3) = Median(third - 1, third);
            Start = _at[Index(count - 1)];
            Span = _at[_newest] - Start;
            HasHole = hole > Span / 2;
            Middle = used2;
            First = used1;
            Rate = (used3 - used1) / (at3 - at1);
            LateRate = Math.Max(Rate, (used3 - used2) / (at3 - at2));
            var least = LeastPart * Rate;
            Grows = Rate > 0
                && used2 - used1 >= least * (at2 - at1)
                && used3 - used2 >= least * (at3 - at2)
                && _used[_newest] - used3 >= least * (_at[_newest] - at3)
                && used3 - used1 >= LeastSignal * MeanDeviation(count, at2, used2);
        }

        private double MeanDeviation(int count, double at, double used)
        {
            var sum = 0.0;
            for (var age = 0; age < count; age++)
            {
                var i = Index(age);
                sum += Math.Abs(_used[i] - used - (Rate * (_at[i] - at)));
            }

            return sum / count;
        }

        /// <summary>The mean time and the median value of some points, from the given age (0 is the newest) on to newer ones.</summary>
        private (double At, double Used) Median(int age, int count)
        {
            Span<double> sorted = stackalloc double[Points];
            var at = 0.0;
            for (var n = 0; n < count; n++)
            {
                var i = Index(age - n);
                at += _at[i];
                var place = n;
                for (; place > 0 && sorted[place - 1] > _used[i]; place--)
                {
                    sorted[place] = sorted[place - 1];
                }

                sorted[place] = _used[i];
            }

            return (at / count, (sorted[(count - 1) / 2] + sorted[count / 2]) / 2);
        }

        private int Index(int age) => (_newest + Points - age) % Points;
    }

    /// <summary>The heights from which the quantity came down by itself while there was room left.</summary>
    private sealed class Habit
    {
        private const int Capacity = 8;
        private const int Times = 2;

        /// <summary>Two weeks and what a weekly job takes.</summary>
        private const double Memory = 15 * 86400;

        /// <summary>A change of direction: so much of the room there is.</summary>
        private const double Turn = 0.2;

        /// <summary>The share of the room before the rise that a harmless peak leaves. One that nearly filled it all is no habit.</summary>
        private const double HarmlessRoom = 1.0 / 3;

        /// <summary>Peaks are not equally high: so much of the room above one still belongs to it.</summary>
        private const double Tolerance = 0.1;

        private readonly (double At, double Used)[] _peaks = new (double, double)[Capacity];
        private int _count;
        private double _low = double.NaN;
        private double _high = double.NegativeInfinity;
        private bool _rising = true;

        public void Add(double now, double used, double limit)
        {
            if (double.IsNaN(_low))
            {
                _low = used;
            }

            if (_rising)
            {
                _high = Math.Max(_high, used);
                if (_high - used >= Turn * (limit - _high) && _high > used)
                {
                    if (limit - _high >= HarmlessRoom * (limit - _low))
                    {
                        Remember(now, _high);
                    }

                    _rising = false;
                    _low = used;
                }
            }
            else
            {
                _low = Math.Min(_low, used);
                if (used - _low >= Turn * (limit - _low) && used > _low)
                {
                    _rising = true;
                    _high = used;
                }
            }
        }

        /// <summary>Whether it was this high often enough before, and came down.</summary>
        public bool Covers(double now, double before, double used, double limit)
        {
            var times = 0;
            for (var i = 0; i < _count; i++)
            {
                var (at, peak) = _peaks[i];
                if (at <= before && now - at <= Memory && used <= peak + (Tolerance * (limit - peak)))
                {
                    times++;
                }
            }

            return times >= Times;
        }

        public void Write(BinaryWriter to, double now)
        {
            to.Write(_low);
            to.Write(_high);
            to.Write(_rising);
            to.Write((byte)_count);
            foreach (var (at, used) in _peaks.AsSpan(0, _count))
            {
                to.Write(now - at);
                to.Write(used);
            }
        }

        public bool TryRead(BinaryReader from, double now)
        {
            _low = from.ReadDouble();
            _high = from.ReadDouble();
            _rising = from.ReadBoolean();
            var count = from.ReadByte();
            if (count > Capacity)
            {
                return false;
            }

            for (_count = 0; _count < count; _count++)
            {
                _peaks[_count] = (now - from.ReadDouble(), from.ReadDouble());
            }

            return true;
        }

        private void Remember(double now, double peak)
        {
            // The highest ones matter: a forgotten or the lowest one makes room.
            var slot = 0;
            if (_count < Capacity)
            {
                slot = _count++;
            }
            else
            {
                for (var i = 1; i < Capacity; i++)
                {
                    if (Worth(i) < Worth(slot))
                    {
                        slot = i;
                    }
                }

                if (Worth(slot) > peak)
                {
                    return;
                }
            }

            _peaks[slot] = (now, peak);

            double Worth(int i) => now - _peaks[i].At > Memory ? double.NegativeInfinity : _peaks[i].Used;
        }
    }
}
