using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests;

/// <summary>Runs of an app with a ledger, one after the other on one disk.</summary>
internal sealed class LedgerRuns
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, (HealthStatus Status, DateTimeOffset Since)> _states = [];

    public LedgerRuns(FakeJournalStore? disk = null)
    {
        Disk = disk ?? new FakeJournalStore();
        Ledger = OpenLedger();
    }

    public FakeJournalStore Disk { get; }

    public DowntimeLedger Ledger { get; private set; }

    public ManualTime Time { get; } = new();

    public DateTimeOffset Now { get; private set; } = Start;

    public DowntimeReport Report => Ledger.Report(Now);

    public static DateTimeOffset At(double minutes) => Start.AddMinutes(minutes);

    /// <summary>The outages of a check, the first one first, in minutes from the start.</summary>
    public List<(double Start, double? End, double Unknown)> Outages(string? check) =>
    [
        .. Report.Outages.Where(outage => outage.Check == check).Reverse()
            .Select(outage => ((outage.Start - Start).TotalMinutes, (outage.End - Start)?.TotalMinutes, outage.Unknown.TotalMinutes)),
    ];

    public Downtime Of(string? check) => check is null ? Report.App : Report.Checks.Single(downtime => downtime.Check == check);

    public LedgerRuns GoTo(double minutes)
    {
        var to = At(minutes);
        Time.Advance(to - Now);
        Now = to;
        return this;
    }

    public LedgerRuns Bad(double minutes, string check = "a", string? reason = "test.bad", bool planned = false) =>
        See(minutes, check, HealthStatus.Unhealthy, reason, planned);

    public LedgerRuns Good(double minutes, string check = "a") => See(minutes, check, HealthStatus.Healthy);

    public LedgerRuns See(
        double minutes, string check, HealthStatus status, string? reason = null, bool planned = false, CheckCondition condition = CheckCondition.Current)
    {
        GoTo(minutes);
        if (condition != CheckCondition.Pending && (!_states.TryGetValue(check, out var known) || known.Status != status))
        {
            _states[check] = (status, Now);
        }

        Ledger.Observe(State(check, status, _states.TryGetValue(check, out var state) ? state.Since : Now, reason, condition), planned, Now);
        return this;
    }

    /// <summary>Every check is observed again, unchanged.</summary>
    public LedgerRuns Again(double minutes)
    {
        foreach (var (check, (status, _)) in _states.ToList())
        {
            See(minutes, check, status);
        }

        return this;
    }

    public LedgerRuns Stop(double minutes)
    {
        GoTo(minutes);
        Ledger.Stop(Now);
        Ledger.Dispose();
        return NextRun();
    }

    /// <summary>The process dies and the next one opens what is on disk.</summary>
    public LedgerRuns Kill() => NextRun();

    public static CheckState State(
        string check, HealthStatus status, DateTimeOffset since, string? reason = null, CheckCondition condition = CheckCondition.Current) => new()
        {
            Name = check,
            Status = status,
            Condition = condition,
            Since = since,
            Reason = reason,
            Policy = new CheckPolicy(),
        };

    private LedgerRuns NextRun()
    {
        _states.Clear();
        Ledger = OpenLedger();
        return this;
    }

    private DowntimeLedger OpenLedger()
    {
        var ledger = new DowntimeLedger(keep => Disk.Open(1024 * 1024, keep, Time), NullLogger.Instance);
        ledger.Open();
        return ledger;
    }
}
