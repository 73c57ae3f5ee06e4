namespace HealthKit;

/// <summary>Stretches in the order of time that do not overlap, and ways to keep them few.</summary>
internal sealed class Stretches
{
    private readonly List<Stretch> _items;

    public Stretches() => _items = [];

    private Stretches(List<Stretch> items) => _items = items;

    public int Count => _items.Count;

    public Stretch[] ToArray() => [.. _items];

    /// <summary>Begins a stretch of no length.</summary>
    public void Begin(long at)
    {
        CutAt(at);
        _items.RemoveAll(stretch => stretch.Until <= stretch.From);
        _items.Add(new Stretch(at, at, 0));
    }

    /// <summary>
    /// Lets the last stretch end at a time. When the clock was set back, what it had counted beyond that time is counted anew as it passes
    /// again.
    /// </summary>
    public void EndAt(long at)
    {
        CutAt(at);
        if (_items.Count == 0)
        {
            _items.Add(new Stretch(at, at, 0));
        }
        else if (_items[^1] is var last && last.Until < at)
        {
            _items[^1] = last with { Until = at, Amount = last.Amount + (at - last.Until) };
        }
    }

    /// <summary>Adds an amount to the hour it lies in, which the caller has cut it at.</summary>
    public void AddToHour(long from, long amount)
    {
        if (amount <= 0)
        {
            return;
        }

        var index = _items.FindLastIndex(stretch => stretch.From <= from);
        if (index >= 0 && from < _items[index].Until)
        {
            var known = _items[index];
            _items[index] = known with { Amount = Math.Min(known.Amount + amount, known.Until - known.From) };
            return;
        }

        var hour = from - (from % TimeSpan.TicksPerHour);
        var begin = index >= 0 ? Math.Max(hour, _items[index].Until) : hour;
        var end = hour + TimeSpan.TicksPerHour;
        end = index + 1 < _items.Count ? Math.Min(end, _items[index + 1].From) : end;
        _items.Insert(index + 1, new Stretch(begin, end, Math.Min(amount, end - begin)));
    }

    /// <summary>Puts neighbours of the older half together until no more than so many are left.</summary>
    public void Coarsen(int limit)
    {
        while (_items.Count > Math.Max(limit, 1))
        {
            var (best, span) = (0, long.MaxValue);
            for (var i = 0; i < Math.Max(1, _items.Count / 2); i++)
            {
                if (_items[i + 1].Until - _items[i].From is var together && together < span)
                {
                    (best, span) = (i, together);
                }
            }

            var (first, second) = (_items[best], _items[best + 1]);
            _items[best] = new Stretch(first.From, second.Until, first.Amount + second.Amount);
            _items.RemoveAt(best + 1);
        }
    }

    /// <summary>Forgets what ended before a time.</summary>
    public void ForgetBefore(long time) => _items.RemoveAll(stretch => stretch.Until < time);

    /// <summary>The stretches as numbers: from, length, amount of each.</summary>
    public long[] ToNumbers() => [.. _items.SelectMany(stretch => (long[])[stretch.From, stretch.Until - stretch.From, stretch.Amount])];

    /// <summary>Reads <see cref="ToNumbers"/>; null when they are no such numbers.</summary>
    public static Stretches? FromNumbers(long[]? numbers)
    {
        List<Stretch> items = [];
        var last = 0L;
        for (var i = 0; i + 2 < numbers?.Length; i += 3)
        {
            var (from, length, amount) = (numbers[i], numbers[i + 1], numbers[i + 2]);
            if (from < last || length < 0 || length > LedgerRecord.LastTime - from || amount < 0 || amount > length)
            {
                return null;
            }

            last = from + length;
            items.Add(new Stretch(from, last, amount));
        }

        return new Stretches(items);
    }

    private void CutAt(long at)
    {
        while (_items.Count > 0 && _items[^1].From > at)
        {
            _items.RemoveAt(_items.Count - 1);
        }

        if (_items.Count > 0 && _items[^1] is var last && last.Until > at)
        {
            _items[^1] = last with { Until = at, Amount = last.Within(last.From, at) };
        }
    }
}
