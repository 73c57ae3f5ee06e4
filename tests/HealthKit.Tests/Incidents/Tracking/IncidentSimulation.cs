using HealthKit.Tests.Monitoring;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Incidents.Tracking;

/// <summary>The engine and the tracker behind it on simulated time. Each check is what the test last said it is.</summary>
internal sealed class IncidentSimulation : IIncidentEffects
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly EngineSimulation _engine;
    private readonly Dictionary<string, FrozenResult> _results = [];
    private readonly Dictionary<string, List<string>> _causes;
    private readonly Dictionary<string, HealthStatus?> _told = [];
    private int _seen;

    public IncidentSimulation(params (string Name, string[] DependsOn)[] checks)
        : this(null, checks)
    {
    }

    public IncidentSimulation(Func<CheckPolicy, CheckPolicy>? policy, params (string Name, string[] DependsOn)[] checks)
    {
        _causes = checks.ToDictionary(check => check.Name, _ => new List<string>());
        void Add(string name, string of)
        {
            foreach (var cause in checks.Single(check => check.Name == of).DependsOn.Where(cause => !_causes[name].Contains(cause)))
            {
                _causes[name].Add(cause);
                Add(name, cause);
            }
        }

        foreach (var (name, _) in checks)
        {
            Add(name, name);
        }

        _engine = new EngineSimulation([.. checks.Select(check => EngineSimulation.Check(check.Name, policy))])
        {
            Script = run => (
                HasNoNews.Contains(run.Registration.Name) ? FrozenResult.NoNews : _results.GetValueOrDefault(run.Registration.Name, EngineSimulation.Healthy),
                Takes?.Invoke(run.Registration.Name) ?? TimeSpan.Zero),
        };
        Tracker = NewTracker();
    }

    public IncidentTracker Tracker { get; private set; }

    /// <summary>How long a run takes; null never ends.</summary>
    public Func<string, TimeSpan>? Takes { get; set; }

    /// <summary>The checks that have nothing new to say.</summary>
    public HashSet<string> HasNoNews { get; } = [];

    public EngineSimulation Engine => _engine;

    public TimeSpan Time => _engine.Time;

    /// <summary>Everything that was written down, in order.</summary>
    public List<Incident> Journal { get; } = [];

    public List<(TimeSpan At, IncidentNotice Notice, Incident Incident)> Notices { get; } = [];

    /// <summary>What was told to everyone, as "Opened root".</summary>
    public List<string> Told => [.. Notices.Where(n => !n.Notice.IsSilent).Select(n => $"{n.Notice.Kind} {n.Incident.Check}")];

    public List<string> Evidence { get; } = [];

    public Dictionary<string, (IncidentSilence Kind, string? Reason)> Silenced { get; } = [];

    /// <summary>The incidents, by id, as they stand.</summary>
    public IReadOnlyList<Incident> Incidents => [.. Journal.GroupBy(incident => incident.Id).Select(group => group.Last())];

    public Incident Of(string check) => Incidents.Single(incident => incident.Check == check);

    public void Is(string check, HealthStatus status, string? reason = "test.down", string text = "down") =>
        _results[check] = status == HealthStatus.Healthy ? EngineSimulation.Healthy : new FrozenResult(status, reason, text);

    public void RunFor(TimeSpan duration)
    {
        var end = Time + duration;
        while (Time < end)
        {
            _engine.RunFor(end - Time < Step ? end - Time : Step);
            Pump();
            if (Tracker.NextLook <= Now.Ticks)
            {
                Tracker.Advance(Now);
            }
        }
    }

    public Moment Now => new(EngineSimulation.Epoch + Time, _engine.Engine.TimeAt(_engine.Now));

    /// <summary>The process dies and starts again: only what was written down is left.</summary>
    public void Restart()
    {
        Pump();
        Tracker = NewTracker();
        foreach (var incident in Incidents.OrderBy(Journal.LastIndexOf))
        {
            Tracker.Restore(incident, _told[incident.Id], Now);
        }
    }

    public void Commit(Incident incident, IncidentNotice? notice, HealthStatus? told)
    {
        Journal.Add(incident);
        _told[incident.Id] = told;
        if (notice is not null)
        {
            Notices.Add((Time, notice, incident));
        }
    }

    public void RunNow(string check) => _ = _engine.Request(check);

    public void Collect(Incident incident, CheckState state) => Evidence.Add(incident.Id);

    private IncidentTracker NewTracker() => new(
        this,
        check => _causes[check],
        check => [.. _causes.Where(pair => pair.Value.Contains(check)).Select(pair => pair.Key)],
        (check, _) => Silenced.TryGetValue(check, out var silence) ? silence : null);

    private void Pump()
    {
        for (; _seen < _engine.Events.Count; _seen++)
        {
            var happened = _engine.Events[_seen];
            if (happened.Kind == EngineEventKind.Removed)
            {
                Tracker.Remove(happened.After.Name, Now);
            }
            else
            {
                Tracker.Observe(happened.After, Now, EngineSimulation.Epoch);
            }
        }
    }
}
