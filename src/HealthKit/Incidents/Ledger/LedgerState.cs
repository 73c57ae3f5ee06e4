namespace HealthKit;

/// <summary>
/// What the records of the journal add up to. A record is applied in the same way when it is written and when it is read again, so that a
/// restart changes nothing.
/// </summary>
internal sealed class LedgerState
{
    /// <summary>How many closed outages are kept one by one; of older ones only how much they add to the hours they lay in.</summary>
    public const int MaxClosed = 2_000;

    /// <summary>How long what was observed and what was folded is kept: a little longer than the longest window.</summary>
    private static readonly long Kept = TimeSpan.FromDays(32).Ticks;

    private const int MaxObserved = 500;
    private const int MaxFolded = 2_000; // of all checks together
    private const int MaxFoldedOfOne = 96;
    private const int OutagesPerPart = 100;

    private readonly Dictionary<string, LedgerOutage> _open = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Stretches> _folded = new(StringComparer.OrdinalIgnoreCase);
    private List<LedgerOutage> _closed = [];
    private Stretches _observed = new();
    private Stretches _foldedApp = new();
    private long _appFoldedUntil;
    private Parts? _parts;

    /// <summary>Since when the ledger is kept; 0 before the first observation.</summary>
    public long KnownSince { get; private set; }

    /// <summary>The last sign of life; 0 when there is none.</summary>
    public long LastLife { get; private set; }

    /// <summary>Whether a run is under way.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Whether anything is down.</summary>
    public bool IsAnyDown => _open.Count > 0;

    /// <summary>The outage that is open for a check, or null.</summary>
    public LedgerOutage? OpenOf(string check) => _open.GetValueOrDefault(check);

    /// <summary>The outages that are open.</summary>
    public IEnumerable<LedgerOutage> Open => _open.Values;

    /// <summary>Applies a record. One it does not know changes nothing.</summary>
    /// <returns>Whether it completed a summary, so that no earlier record is needed.</returns>
    public bool Apply(LedgerRecord record)
    {
        switch (record)
        {
            case { T: LedgerRecord.Run }:
                BeginRun(record.A);
                break;
            case { T: LedgerRecord.Life }:
                Live(record.A);
                break;
            case { T: LedgerRecord.Stop }:
                Live(record.A);
                IsRunning = false;
                break;
            case { T: LedgerRecord.Down, C: { } check }:
                Live(record.A);
                // It is open already when an earlier run's records came back with the disk, after this run had begun without them.
                _open[check] = _open.TryGetValue(check, out var open)
                    ? open.SeenAt(record.S)
                    : new LedgerOutage(check, record.S, record.R, record.P);
                break;
            case { T: LedgerRecord.Seen, C: { } check } when _open.TryGetValue(check, out var outage):
                Live(record.A);
                _open[check] = outage.SeenAt(record.S);
                break;
            case { T: LedgerRecord.Up, C: { } check } when _open.Remove(check, out var outage):
                Live(record.A);
                _closed.Add(outage.ClosedAt(record.S));
                break;
            case { T: LedgerRecord.Summary }:
                _parts = new Parts(record, []);
                break;
            case { T: LedgerRecord.Outages or LedgerRecord.Folded }:
                _parts?.Rest.Add(record);
                break;
            case { T: LedgerRecord.End } when _parts is { } parts:
                _parts = null;
                return record.M == parts.Rest.Count && TryRestore(parts);
            default:
                break; // of a later version
        }

        return false;
    }

    /// <summary>No run is under way: what is open was seen by an earlier one.</summary>
    public void EndReading() => (IsRunning, _parts) = (false, null);

    /// <summary>Everything in as few records as it takes, the last one <see cref="LedgerRecord.End"/>. Forgets what is too old, and folds what is too much.</summary>
    /// <param name="maxBytes">How much space they may take; null is returned when they do not fit.</param>
    /// <param name="maxRecordBytes">How much one of them may take.</param>
    public List<byte[]>? Summarize(int maxBytes, int maxRecordBytes)
    {
        var horizon = LastLife - Kept;
        _observed.ForgetBefore(horizon);
        _observed.Coarsen(MaxObserved);
        for (var keep = MaxClosed; ; keep /= 2)
        {
            FoldAllBut(keep, horizon);
            var parts = Parted(maxRecordBytes);
            if (parts.Sum(part => part.Length + JournalFormat.RecordHeaderSize) <= maxBytes && parts.All(part => part.Length <= maxRecordBytes))
            {
                return parts;
            }

            if (keep == 0)
            {
                return null;
            }
        }
    }

    /// <summary>What a report is made of.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="checks">The names of the checks that are known.</param>
    public LedgerPicture Picture(long now, IEnumerable<string> checks)
    {
        var observed = _observed.ToArray();
        if (IsRunning && observed.Length > 0 && observed[^1] is var last && last.Until < now)
        {
            observed[^1] = last with { Until = now, Amount = last.Amount + (now - last.Until) };
        }

        return new LedgerPicture(
            now,
            KnownSince,
            observed,
            [.. _closed, .. _open.Values.Select(outage => IsRunning || outage.GapFrom != 0 ? outage : outage with { GapFrom = LastLife })],
            [.. checks],
            _folded.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray(), StringComparer.OrdinalIgnoreCase),
            _foldedApp.ToArray(),
            _appFoldedUntil);
    }

    private void BeginRun(long at)
    {
        foreach (var outage in _open.Values.Where(outage => outage.GapFrom == 0).ToList())
        {
            _open[outage.Check] = outage with { GapFrom = LastLife };
        }

        KnownSince = KnownSince == 0 ? at : Math.Min(KnownSince, at);
        (LastLife, IsRunning) = (at, true);
        _observed.Begin(at);
        _observed.Coarsen(2 * MaxObserved);
    }

    private void Live(long at)
    {
        LastLife = at;
        if (IsRunning)
        {
            _observed.EndAt(at);
        }
    }

    /// <summary>Adds the oldest outages to the hours they lay in and forgets them one by one.</summary>
    private void FoldAllBut(int keep, long horizon)
    {
        var count = Math.Max(0, _closed.Count - keep);
        if (count > 0)
        {
            var observed = _observed.ToArray();
            var until = _closed.Take(count).Max(outage => outage.End!.Value);
            if (until > _appFoldedUntil)
            {
                // The app's share is taken from all outages: a kept one may overlap a forgotten one.
                var app = new SeenTime([.. _closed.Concat(_open.Values).Where(outage => !outage.Planned)], until);
                Fold(_foldedApp, app, observed, _appFoldedUntil, until);
                _appFoldedUntil = until;
            }

            foreach (var outages in _closed.Take(count).GroupBy(outage => outage.Check, StringComparer.OrdinalIgnoreCase))
            {
                if (!_folded.TryGetValue(outages.Key, out var folded))
                {
                    _folded[outages.Key] = folded = new Stretches();
                }

                Fold(folded, new SeenTime([.. outages.Where(outage => !outage.Planned)], until), observed, 0, LedgerRecord.LastTime);
            }

            _closed = [.. _closed.Skip(count)];
        }

        _foldedApp.ForgetBefore(horizon);
        _foldedApp.Coarsen(MaxFoldedOfOne);
        foreach (var (check, folded) in _folded.ToList())
        {
            folded.ForgetBefore(horizon);
            folded.Coarsen(Math.Clamp(MaxFolded / _folded.Count, 1, MaxFoldedOfOne));
            if (folded.Count == 0)
            {
                _folded.Remove(check);
            }
        }
    }

    private static void Fold(Stretches folded, SeenTime seen, Stretch[] observed, long from, long until)
    {
        foreach (var piece in seen.Pieces)
        {
            var (begin, end) = (Math.Max(piece.From, from), Math.Min(piece.Until, until));
            while (begin < end)
            {
                var hourEnd = Math.Min(end, begin - (begin % TimeSpan.TicksPerHour) + TimeSpan.TicksPerHour);
                folded.AddToHour(begin, seen.Within(observed, begin, hourEnd));
                begin = hourEnd;
            }
        }
    }

    private List<byte[]> Parted(int maxRecordBytes)
    {
        List<byte[]> parts =
        [
            new LedgerRecord { T = LedgerRecord.Summary, A = LastLife, K = KnownSince, U = _appFoldedUntil, N = _observed.ToNumbers() }.ToBytes(),
        ];
        Stack<LedgerOutage[]> chunks = new(_closed.Concat(_open.Values).Chunk(OutagesPerPart).Reverse());
        while (chunks.TryPop(out var chunk))
        {
            var part = OutagesPart(chunk);
            if (part.Length > maxRecordBytes && chunk.Length > 1)
            {
                chunks.Push(chunk[(chunk.Length / 2)..]);
                chunks.Push(chunk[..(chunk.Length / 2)]);
            }
            else
            {
                parts.Add(part);
            }
        }

        if (_foldedApp.Count > 0)
        {
            parts.Add(new LedgerRecord { T = LedgerRecord.Folded, N = _foldedApp.ToNumbers() }.ToBytes());
        }

        foreach (var (check, folded) in _folded)
        {
            parts.Add(new LedgerRecord { T = LedgerRecord.Folded, C = check, N = folded.ToNumbers() }.ToBytes());
        }

        parts.Add(new LedgerRecord { T = LedgerRecord.End, A = LastLife, M = parts.Count - 1 }.ToBytes());
        return parts;
    }

    private static byte[] OutagesPart(LedgerOutage[] outages)
    {
        List<long> numbers = [];
        List<string> texts = [];
        Dictionary<string, int> indexes = new(StringComparer.Ordinal);
        foreach (var outage in outages)
        {
            outage.WriteTo(numbers, IndexOf);
        }

        return new LedgerRecord { T = LedgerRecord.Outages, N = [.. numbers], X = [.. texts] }.ToBytes();

        int IndexOf(string text)
        {
            if (!indexes.TryGetValue(text, out var index))
            {
                indexes[text] = index = texts.Count;
                texts.Add(text);
            }

            return index;
        }
    }

    private bool TryRestore(Parts parts)
    {
        if (Stretches.FromNumbers(parts.Summary.N) is not { } observed)
        {
            return false;
        }

        List<LedgerOutage> outages = [];
        var app = new Stretches();
        Dictionary<string, Stretches> folded = new(StringComparer.OrdinalIgnoreCase);
        foreach (var part in parts.Rest)
        {
            if (part.T == LedgerRecord.Outages && LedgerOutage.ReadAll(part.N, part.X) is { } some)
            {
                outages.AddRange(some);
            }
            else if (part.T == LedgerRecord.Folded && Stretches.FromNumbers(part.N) is { } stretches)
            {
                if (part.C is { } check)
                {
                    folded[check] = stretches;
                }
                else
                {
                    app = stretches;
                }
            }
            else
            {
                return false;
            }
        }

        _open.Clear();
        foreach (var outage in outages.Where(outage => outage.End is null))
        {
            _open[outage.Check] = outage;
        }

        _folded.Clear();
        foreach (var (check, stretches) in folded)
        {
            _folded[check] = stretches;
        }

        _closed = [.. outages.Where(outage => outage.End is not null)];
        (_observed, _foldedApp, _appFoldedUntil) = (observed, app, parts.Summary.U);
        (KnownSince, LastLife) = (parts.Summary.K, parts.Summary.A);
        IsRunning = true; // it is written by a run that is under way
        return true;
    }

    private sealed record Parts(LedgerRecord Summary, List<LedgerRecord> Rest);
}
