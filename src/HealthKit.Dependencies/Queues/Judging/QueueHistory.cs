namespace HealthKit;

/// <summary>What earlier looks at one queue leave behind: counters for rates, and the times of the last signs of life. Fed by one run at a time.</summary>
internal sealed class QueueHistory(TimeProvider time)
{
    /// <summary>Rates are taken over so long, or what there is of it.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    /// <summary>How long a death is news.</summary>
    public static readonly TimeSpan DeathWindow = TimeSpan.FromHours(1);

    /// <summary>How long fewer consumers are a loss: then they are what there is.</summary>
    public static readonly TimeSpan LossWindow = TimeSpan.FromMinutes(15);

    public const int MostNames = 100;

    private static readonly TimeSpan Spacing = Window / 30;
    private static readonly TimeSpan LeastDrainSpan = TimeSpan.FromMinutes(1);

    /// <summary>Clocks, and what is rounded.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    private readonly long _start = time.GetTimestamp();
    private readonly Queue<Sample> _samples = [];
    private readonly List<(TimeSpan At, long Deaths)> _deaths = [];
    private Sample? _last;
    private TimeSpan _lastSampleAt;
    private TimeSpan _lastEmpty = TimeSpan.MinValue;
    private TimeSpan _lastArrival;
    private TimeSpan _lastCompletion;
    private TimeSpan? _oldestCame;
    private long? _mostArrived;
    private long? _mostCompleted;
    private long? _dead;
    private int _steady;
    private TimeSpan? _belowSince;
    private TimeSpan? _noneSince;
    private IReadOnlyList<string> _steadyNames = [];

    public QueueTrend Add(QueueState state)
    {
        var now = time.GetElapsedTime(_start);
        var sample = new Sample(now, state);
        var first = _last is null;
        if (_last is { } last && sample.BeganAnew(last))
        {
            _samples.Clear();
            (_mostArrived, _mostCompleted) = (null, null);
        }

        NoteSigns(now, state, sample, first);
        NoteDeaths(now, state.Dead);
        var trend = Compare(now, state, sample);
        if (_samples.Count == 0 || now - _lastSampleAt >= Spacing * 0.99)
        {
            _samples.Enqueue(sample);
            _lastSampleAt = now;
        }

        _last = sample;
        return trend;
    }

    private QueueTrend Compare(TimeSpan now, QueueState state, Sample sample)
    {
        while (_samples.Count > 1 && now - _samples.Peek().At > Window)
        {
            _samples.Dequeue();
        }

        _noneSince = state.Consumers is 0 ? _noneSince ?? now : null;
        var (before, gone) = CompareConsumers(now, state);
        var trend = new QueueTrend(TimeSpan.Zero)
        {
            NoArrivalsFor = sample.AllArrived is null ? null : now - _lastArrival,
            NoCompletionsFor = sample.TellsCompletions ? now - _lastCompletion : null,
            NoConsumersFor = _noneSince is { } since ? now - since : null,
            Deaths = Math.Min(_deaths.Sum(static death => death.Deaths), _dead ?? 0),
            ConsumersBefore = before,
            GoneConsumers = gone,
            DrainSeconds = state.Depth == 0 ? 0 : null,
        };
        if (!_samples.TryPeek(out var from) || now <= from.At)
        {
            return trend;
        }

        var span = now - from.At;
        var seconds = span.TotalSeconds;
        var change = (sample.Depth - from.Depth) / seconds;
        return trend with
        {
            Span = span,
            Change = change,
            Arrivals = Rate(sample.AllArrived - from.AllArrived, seconds),
            Completions = Rate(sample.AllCompleted - from.AllCompleted, seconds),
            IsBacklog = _lastEmpty < from.At,
            DrainSeconds = sample.Depth == 0 ? 0
                : span < LeastDrainSpan ? null
                : change < 0 ? sample.Depth / -change
                : double.PositiveInfinity,
        };
    }

    /// <summary>What was removed by hand, or counted a moment later than taken, would be a rate below zero: then it is not known.</summary>
    private static double? Rate(long? count, double seconds) => count is >= 0 and { } all ? all / seconds : null;

    private void NoteSigns(TimeSpan now, QueueState state, Sample sample, bool first)
    {
        TimeSpan? oldestCame = state.Depth > 0 && state.OldestAge is { } age ? now - age : null;
        if (first)
        {
            (_lastArrival, _lastCompletion) = (now, now);
        }

        var came = sample.AllArrived is { } arrived ? arrived > (_mostArrived ?? arrived) : _last is { } last && sample.Depth > last.Depth;
        if (came)
        {
            _lastArrival = now;
        }

        // The oldest that waits came then; others may have come after it.
        if (oldestCame is { } moment && moment > _lastArrival)
        {
            _lastArrival = moment;
        }

        var completed = sample.AllCompleted is { } all
            ? all > (_mostCompleted ?? all)
            : _last is { } before && (sample.Depth < before.Depth || state.InProgress < before.InProgress || oldestCame - _oldestCame > Tolerance);
        // What was taken and is never acknowledged leaves an empty queue, too. Without counts nobody sees one after the other go.
        var isDone = sample.Depth == 0 && (sample.InProgress is null or 0 || sample.AllCompleted is null);
        if (completed || isDone)
        {
            _lastCompletion = now;
        }

        if (sample.Depth == 0)
        {
            _lastEmpty = now;
        }

        _mostArrived = Max(_mostArrived, sample.AllArrived);
        _mostCompleted = Max(_mostCompleted, sample.AllCompleted);
        _oldestCame = oldestCame;
    }

    private static long? Max(long? a, long? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);

    private void NoteDeaths(TimeSpan now, long? dead)
    {
        _deaths.RemoveAll(death => now - death.At > DeathWindow);
        if (dead is not { } count)
        {
            return;
        }

        if (count > _dead)
        {
            // However often it is looked: one entry a minute.
            var more = count - _dead.Value;
            if (_deaths.Count > 0 && now - _deaths[^1].At < TimeSpan.FromMinutes(1))
            {
                _deaths[^1] = (_deaths[^1].At, _deaths[^1].Deaths + more);
            }
            else
            {
                _deaths.Add((now, more));
            }
        }

        _dead = count;
    }

    private (int? Before, IReadOnlyList<string> Gone) CompareConsumers(TimeSpan now, QueueState state)
    {
        if (state.Consumers is not { } consumers)
        {
            return (null, []);
        }

        var names = state.ConsumerNames ?? [];
        if (consumers < _steady)
        {
            _belowSince ??= now;
            if (consumers == 0 || now - _belowSince < LossWindow)
            {
                return (_steady, [.. _steadyNames.Except(names)]);
            }
        }

        (_steady, _belowSince, _steadyNames) = (consumers, null, [.. names.Take(MostNames)]);
        return (null, []);
    }

    /// <summary>A look, as far as rates need it.</summary>
    private readonly record struct Sample
    {
        private readonly long? _arrived;
        private readonly long? _completed;
        private readonly bool _tellsAge;

        public Sample(TimeSpan at, QueueState state)
        {
            (At, Depth, InProgress, _arrived, _completed, _tellsAge) = (at, state.Depth, state.InProgress, state.Arrived, state.Completed, state.OldestAge is not null);
        }

        public TimeSpan At { get; }

        public long Depth { get; }

        public long? InProgress { get; }

        /// <summary>How many ever came; where the source counts only what was completed: that, and what is there. Null when it counts nothing.</summary>
        public long? AllArrived => _arrived ?? (_completed + Depth + (InProgress ?? 0));

        /// <summary>How many were ever completed; where the source counts only what came: that without what is there.</summary>
        public long? AllCompleted => _completed ?? (_arrived - Depth - (InProgress ?? 0));

        /// <summary>Whether there is anything to see by that one was completed. A depth alone may stay the same while entries come and go.</summary>
        public bool TellsCompletions => (_arrived ?? _completed) is not null || _tellsAge;

        /// <summary>Whether the source's own counts went down, or are others than before: it began anew.</summary>
        public bool BeganAnew(in Sample last) =>
            _arrived < last._arrived || _completed < last._completed || _arrived is null != last._arrived is null || _completed is null != last._completed is null;
    }
}
