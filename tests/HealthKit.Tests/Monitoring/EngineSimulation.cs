using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Monitoring;

/// <summary>Drives the engine on simulated time: runs begin at once and take as long as the script says.</summary>
internal sealed class EngineSimulation
{
    public static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<(CheckRun Run, FrozenResult Result), long> _ends = new();
    private readonly List<CheckRun> _start = [];
    private readonly List<CheckRun> _cancel = [];
    private long _next;
    private long _ticked;

    public EngineSimulation(int maxConcurrentRuns, params MonitoredCheck[] checks)
    {
        Engine = new MonitorEngine(checks, maxConcurrentRuns, Epoch, Events.Add);
        Engine.Start(0);
    }

    public EngineSimulation(params MonitoredCheck[] checks)
        : this(16, checks)
    {
    }

    public MonitorEngine Engine { get; }

    public List<EngineEvent> Events { get; } = [];

    public List<(string Check, TimeSpan At)> Runs { get; } = [];

    public List<CheckRun> Cancelled { get; } = [];

    /// <summary>What a run brings and how long it takes; a null duration never ends.</summary>
    public Func<CheckRun, (FrozenResult Result, TimeSpan? Duration)> Script { get; set; } = static _ => (Healthy, TimeSpan.Zero);

    public bool PoolStarved { get; set; }

    public bool Asynchronous { get; set; }

    public long Now { get; private set; }

    public TimeSpan Time => new(Now);

    public CheckState this[string name] => Snapshot.Checks.Single(check => check.Name == name);

    public HealthSnapshot Snapshot => Engine.Read(Now);

    public IEnumerable<EngineEvent> Transitions => Events.Where(e => e.Kind == EngineEventKind.Transition);

    public static FrozenResult Healthy { get; } = new(HealthStatus.Healthy, null, "fine");

    public static FrozenResult Degraded { get; } = new(HealthStatus.Degraded, "test.slow", "slow");

    public static FrozenResult Unhealthy { get; } = new(HealthStatus.Unhealthy, "test.down", "down");

    public static MonitoredCheck Check(
        string name = "a", Func<CheckPolicy, CheckPolicy>? configure = null, HealthStatus failureStatus = HealthStatus.Unhealthy)
    {
        var policy = configure?.Invoke(new CheckPolicy()) ?? new CheckPolicy();
        return new MonitoredCheck(
            new HealthCheckRegistration(name, _ => throw new InvalidOperationException(), failureStatus, tags: null), policy, Descriptor: null);
    }

    /// <summary>Lets time pass, ticking when the engine asks for it.</summary>
    public void RunFor(TimeSpan duration)
    {
        var end = Now + duration.Ticks;
        while (true)
        {
            var nextEnd = _ends.TryPeek(out _, out var at) ? at : long.MaxValue;
            var next = Math.Min(_next, nextEnd);
            if (next > end)
            {
                Now = end;
                return;
            }

            Now = next;
            if (nextEnd <= Now)
            {
                var (run, result) = _ends.Dequeue();
                if (Engine.Complete(run, result, Now, Epoch + Time, out var wake) is { } waiting)
                {
                    Begin(waiting);
                }

                _next = wake ? Math.Min(_next, Math.Max(Now, _ticked + MonitorEngine.Coalescing.Ticks)) : _next;
            }
            else
            {
                TickNow();
            }
        }
    }

    public void TickNow()
    {
        _start.Clear();
        _cancel.Clear();
        _ticked = Now;
        _next = Engine.Tick(Now, Epoch + Time, PoolStarved, _start, _cancel);
        Cancelled.AddRange(_cancel);
        foreach (var run in _start)
        {
            Begin(run);
        }
    }

    /// <summary>The whole process stands still: no tick, no run ends.</summary>
    public void Pause(TimeSpan duration)
    {
        Now += duration.Ticks;
        var ends = _ends.UnorderedItems.ToList();
        _ends.Clear();
        foreach (var (element, at) in ends)
        {
            _ends.Enqueue(element, at + duration.Ticks);
        }
    }

    /// <summary>A run asked for from outside makes the clock tick at once.</summary>
    public Task<CheckState> Request(string name)
    {
        var task = Engine.Request(name, Now);
        _next = Now;
        return task;
    }

    /// <summary>A run ends before the clock ticks again.</summary>
    public void EndNow(string name)
    {
        var (run, result) = _ends.UnorderedItems.Select(item => item.Element).Single(end => end.Run.Registration.Name == name);
        var rest = _ends.UnorderedItems.Where(item => item.Element.Run != run).ToList();
        _ends.Clear();
        _ends.EnqueueRange(rest);
        if (Engine.Complete(run, result, Now, Epoch + Time, out _) is { } waiting)
        {
            Begin(waiting);
        }
    }

    public void Update(Dictionary<string, CheckPolicy> policies)
    {
        Engine.UpdatePolicies(policies, Now, Epoch + Time, Cancelled);
        _next = Now;
    }

    private void Begin(CheckRun run)
    {
        if (!Engine.TryBegin(run, Now, Epoch + Time))
        {
            return;
        }

        if (Asynchronous)
        {
            Engine.BecomeAsynchronous(run);
        }

        Runs.Add((run.Registration.Name, Time));
        var (result, duration) = Script(run);
        if (duration is { } takes)
        {
            _ends.Enqueue((run, result), Now + takes.Ticks);
        }
    }
}
