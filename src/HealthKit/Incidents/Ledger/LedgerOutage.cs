namespace HealthKit;

/// <summary>An outage of one check as the ledger keeps it. Immutable. Times are UTC ticks.</summary>
internal sealed record LedgerOutage(string Check, long Start, string? Reason, bool Planned)
{
    /// <summary>
    /// An outage in which the app restarts each minute has many gaps; of the older ones only the sum is kept. What was observed leaves them
    /// out too: these tell only how late this check's first result came after the run's.
    /// </summary>
    private const int MaxGaps = 4;

    private const long OpenLength = -1;

    /// <summary>When it ended; null while it is open.</summary>
    public long? End { get; init; }

    /// <summary>Since when nobody has looked: the last sign of life of the run that saw it last. 0 when this run has seen it.</summary>
    public long GapFrom { get; init; }

    /// <summary>The times in which nobody looked, in the order of time.</summary>
    public IReadOnlyList<(long From, long Until)> Gaps { get; init; } = [];

    /// <summary>The sum of the gaps before those.</summary>
    public long ForgottenGaps { get; init; }

    /// <summary>How much of it nobody saw.</summary>
    public long Unknown => Math.Min(ForgottenGaps + Gaps.Sum(gap => gap.Until - gap.From), End is { } end ? end - Start : long.MaxValue);

    /// <summary>It was seen to last on at a time.</summary>
    public LedgerOutage SeenAt(long at)
    {
        var from = Math.Max(GapFrom, Start);
        if (GapFrom == 0 || at <= from)
        {
            return this with { GapFrom = 0 };
        }

        List<(long From, long Until)> gaps = [.. Gaps, (from, at)];
        var forgotten = ForgottenGaps;
        if (gaps.Count > MaxGaps)
        {
            forgotten += gaps[0].Until - gaps[0].From;
            gaps.RemoveAt(0);
        }

        return this with { GapFrom = 0, Gaps = gaps, ForgottenGaps = forgotten };
    }

    /// <summary>It was over at a time.</summary>
    public LedgerOutage ClosedAt(long at)
    {
        var end = Math.Max(Start, at);
        var seen = SeenAt(end);
        return seen with
        {
            End = end, // a clock that was set back may have put gaps after it
            Gaps = [.. seen.Gaps.Select(gap => (gap.From, Until: Math.Min(gap.Until, end))).Where(gap => gap.Until > gap.From)],
        };
    }

    /// <summary>The times of it in which somebody looked, in the order of time.</summary>
    /// <param name="now">The end of one that is open.</param>
    public IEnumerable<(long From, long Until)> SeenPieces(long now)
    {
        var from = Start;
        foreach (var gap in Gaps)
        {
            if (gap.From > from)
            {
                yield return (from, gap.From);
            }

            from = Math.Max(from, gap.Until);
        }

        var until = End ?? (GapFrom == 0 ? now : Math.Min(now, GapFrom));
        if (until > from)
        {
            yield return (from, until);
        }
    }

    /// <summary>Writes it as numbers; texts are put into the table and pointed to.</summary>
    public void WriteTo(List<long> numbers, Func<string, int> textIndex)
    {
        numbers.AddRange(
        [
            textIndex(Check), Start, End is { } end ? end - Start : OpenLength, Reason is null ? -1 : textIndex(Reason), Planned ? 1 : 0, ForgottenGaps, GapFrom,
            Gaps.Count,
        ]);
        foreach (var (from, until) in Gaps)
        {
            numbers.Add(from);
            numbers.Add(until - from);
        }
    }

    /// <summary>Reads <see cref="WriteTo"/>; null when these are no such numbers.</summary>
    public static List<LedgerOutage>? ReadAll(long[]? numbers, string[]? texts)
    {
        const int Fixed = 8;
        List<LedgerOutage> outages = [];
        ReadOnlySpan<long> rest = numbers;
        while (rest.Length >= Fixed)
        {
            var (check, start, length, reason, gapCount) = (Text(rest[0]), rest[1], rest[2], Text(rest[3]), rest[7]);
            if (check is null || !LedgerRecord.IsTime(start) || length < OpenLength || length > LedgerRecord.LastTime - start
                || rest[5] < 0 || rest[5] > LedgerRecord.LastTime || !LedgerRecord.IsTime(rest[6])
                || gapCount is < 0 or > MaxGaps || rest.Length < Fixed + (2 * gapCount))
            {
                return null;
            }

            List<(long, long)> gaps = [];
            for (var i = Fixed; i < Fixed + (2 * (int)gapCount); i += 2)
            {
                if (!LedgerRecord.IsTime(rest[i]) || rest[i + 1] < 0 || rest[i + 1] > LedgerRecord.LastTime - rest[i])
                {
                    return null;
                }

                gaps.Add((rest[i], rest[i] + rest[i + 1]));
            }

            outages.Add(new LedgerOutage(check, start, reason, rest[4] != 0)
            {
                End = length == OpenLength ? null : start + length,
                ForgottenGaps = rest[5],
                GapFrom = rest[6],
                Gaps = gaps,
            });
            rest = rest[(Fixed + (2 * (int)gapCount))..];
        }

        return outages;

        string? Text(long index) => index >= 0 && index < texts?.Length ? texts[index] : null;
    }
}
