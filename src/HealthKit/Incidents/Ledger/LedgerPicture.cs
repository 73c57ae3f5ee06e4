namespace HealthKit;

/// <summary>A copy of the ledger at one moment, to make a report of while the ledger goes on. Times are UTC ticks.</summary>
internal sealed record LedgerPicture(
    long Now,
    long KnownSince,
    Stretch[] Observed,
    IReadOnlyList<LedgerOutage> Outages,
    IReadOnlyList<string> Checks,
    IReadOnlyDictionary<string, Stretch[]> Folded,
    Stretch[] FoldedApp,
    long AppFoldedUntil)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    /// <summary>The report.</summary>
    public DowntimeReport ToReport()
    {
        var app = AppOutages();
        var byCheck = Outages.ToLookup(outage => outage.Check, StringComparer.OrdinalIgnoreCase);
        var names = Checks.Concat(byCheck.Select(group => group.Key)).Concat(Folded.Keys)
            .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase);
        List<Downtime> checks = [];
        foreach (var name in names)
        {
            checks.Add(Sum(name, [.. byCheck[name].Select(ToOutage)], byCheck[name], Folded.GetValueOrDefault(name) ?? []));
        }

        return new DowntimeReport(
            Time(Now),
            Time(KnownSince == 0 ? Now : KnownSince),
            Sum(null, app, Outages, FoldedApp, AppFoldedUntil),
            checks,
            [
                .. app.Concat(Outages.Select(ToOutage))
                    .OrderByDescending(outage => outage.Start)
                    .ThenBy(outage => outage.Check is not null)
                    .ThenBy(outage => outage.Check, StringComparer.OrdinalIgnoreCase),
            ]);
    }

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    private long EndOf(LedgerOutage outage) => outage.End ?? Math.Max(Now, outage.Start);

    private long UnknownOf(LedgerOutage outage) =>
        outage.Unknown + (outage is { End: null, GapFrom: > 0 } ? Math.Max(0, Now - Math.Max(outage.GapFrom, outage.Start)) : 0);

    private Outage ToOutage(LedgerOutage outage) => new()
    {
        Check = outage.Check,
        Start = Time(outage.Start),
        End = outage.End is { } end ? Time(end) : null,
        Reason = outage.Reason,
        Unknown = TimeSpan.FromTicks(Math.Min(UnknownOf(outage), EndOf(outage) - outage.Start)),
        Planned = outage.Planned,
    };

    private Downtime Sum(string? check, List<Outage> outages, IEnumerable<LedgerOutage> kept, Stretch[] folded, long foldedUntil = 0)
    {
        var seen = new SeenTime([.. kept.Where(outage => !outage.Planned)], Now);
        var lengths = outages.ConvertAll(outage => outage.Planned ? 0 : Math.Max(0, (outage.End?.UtcTicks ?? Now) - outage.Start.UtcTicks - outage.Unknown.Ticks));
        return new Downtime
        {
            Check = check,
            Outages = outages.Count,
            Total = TimeSpan.FromTicks(lengths.Sum()),
            Longest = TimeSpan.FromTicks(lengths.DefaultIfEmpty().Max()),
            UptimePercentDay = Uptime(Day),
            UptimePercentWeek = Uptime(Week),
            UptimePercentMonth = Uptime(Month),
        };

        double? Uptime(TimeSpan window)
        {
            var from = Math.Max(0, Now - window.Ticks);
            var observed = Observed.Sum(stretch => stretch.Within(from, Now));
            if (observed == 0)
            {
                return null;
            }

            var counted = seen.Within(Observed, Math.Max(from, foldedUntil), Now) + folded.Sum(stretch => stretch.Within(from, Now));
            return 100.0 * Math.Max(0, observed - counted) / observed;
        }
    }

    /// <summary>The app is down while any check is. Planned only when every check that was down was planned to be.</summary>
    private List<Outage> AppOutages()
    {
        List<Outage> app = [];
        List<LedgerOutage> together = [];
        var end = 0L;
        foreach (var outage in Outages.OrderBy(outage => outage.Start))
        {
            if (together.Count > 0 && outage.Start > end)
            {
                app.Add(Together(together, end));
                together.Clear();
            }

            end = together.Count == 0 ? EndOf(outage) : Math.Max(end, EndOf(outage));
            together.Add(outage);
        }

        if (together.Count > 0)
        {
            app.Add(Together(together, end));
        }

        return app;
    }

    private Outage Together(List<LedgerOutage> outages, long end)
    {
        var start = outages[0].Start;
        var unseen = end - start - new SeenTime(outages, Now).Within(Observed, start, end);
        // Only what one of them did not see can be unseen; of what was observed longer ago than is kept, nothing else is known.
        unseen = Math.Clamp(outages.Sum(UnknownOf), 0, Math.Max(0, unseen));
        return new Outage
        {
            Start = Time(start),
            End = outages.Exists(outage => outage.End is null) ? null : Time(end),
            Reason = outages[0].Reason,
            Unknown = TimeSpan.FromTicks(unseen),
            Planned = outages.TrueForAll(outage => outage.Planned),
        };
    }
}
