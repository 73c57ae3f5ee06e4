using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Delivers the messages of one sink, one at a time and in order, on a thread of its own: the pool may be starved, and a sink that
/// blocks may block only itself. The thread begins with the first thing to send, and sleeps while there is none.
/// </summary>
internal sealed partial class SinkWorker : IDisposable
{
    /// <summary>How long one attempt may take.</summary>
    public static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(30);

    /// <summary>An attempt that goes on for that long has passed its limit and does not heed it.</summary>
    public static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(35);

    public static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LastBackOff = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    /// <summary>News must not wait for the end of a long back-off: somebody is to be told of something else now.</summary>
    public static readonly TimeSpan BackOffWithNews = TimeSpan.FromSeconds(30);

    private const string NoThread = "No thread could be started for it.";

    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogDropsEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Lock _making = new();
    private readonly SinkDefinition _definition;
    private readonly IServiceProvider _services;
    private readonly SinkOutbox _outbox;
    private readonly SinkFilter _filter;
    private readonly TimeProvider _time;
    private readonly WakeSignal _signal;
    private readonly ResultFreezer _freezer;
    private readonly Func<double> _random;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<TestJob> _tests = new();
    private readonly HourCount _droppedInHour = new();
    private readonly HourCount _rejectedInHour = new();

    private Thread? _thread;
    private IIncidentSink? _sink;
    private volatile string? _whyOff;
    private volatile bool _lacksThread;
    private DateTimeOffset _lacksThreadSince;
    private bool _stopping;
    private bool _failedWhileStopping;
    private bool _ended;

    private long _delivered;
    private long _dropped;
    private long _droppedUnlogged;
    private long _dropsLoggedAt = long.MinValue;
    private int _failures;
    private long _due;
    private long _failedAt;
    private bool _receiverSetDue;
    private string? _problem;
    private string? _rejection;
    private DateTimeOffset? _failingSince;
    private (long At, DateTimeOffset Time)? _attempt;
    private bool _stuckLogged;

    public SinkWorker(
        SinkDefinition definition,
        IServiceProvider services,
        SinkOutbox outbox,
        TimeProvider time,
        ResultFreezer freezer,
        Func<double> random,
        ILogger logger)
    {
        _definition = definition;
        _services = services;
        _outbox = outbox;
        _filter = new SinkFilter(definition);
        _time = time;
        _signal = new WakeSignal(time);
        _freezer = freezer;
        _random = random;
        _logger = logger;
    }

    public string Name => _definition.Name;

    public SinkReport Report
    {
        get
        {
            var (waiting, oldest) = (_outbox.Count, _outbox.Oldest);
            var age = oldest is { } at ? _time.GetUtcNow() - at : TimeSpan.Zero;
            lock (_gate)
            {
                var now = _signal.Now;
                DateTimeOffset? stuckSince = _attempt is { } attempt && now - attempt.At > StuckAfter.Ticks ? attempt.Time : null;
                return new SinkReport
                {
                    Name = Name,
                    Type = _definition.Type,
                    Waiting = waiting,
                    OldestAge = age > TimeSpan.Zero ? age : TimeSpan.Zero,
                    Delivered = _delivered,
                    Dropped = _dropped,
                    DroppedInHour = _droppedInHour.Total(now),
                    RejectedInHour = _rejectedInHour.Total(now),
                    Rejection = _rejection,
                    // A sink that blocks this thread keeps it from saying so.
                    Problem = _lacksThread ? NoThread : _problem ?? (stuckSince is null ? null : NoAnswer()),
                    FailingSince = _failingSince ?? (_lacksThread ? _lacksThreadSince : stuckSince),
                    StuckSince = stuckSince,
                    WhyOff = _whyOff,
                    IsProven = _outbox.IsOpen && (waiting == 0 || _delivered > 0 || _lacksThread || _problem is not null || _rejection is not null),
                };
            }
        }
    }

    /// <summary>Whether the thread waits for nothing but news; for tests.</summary>
    internal bool Sleeps => _signal.SleepsUntil == long.MaxValue;

    /// <summary>Whether the thread waits for a time that is still to come; for tests.</summary>
    internal bool SleepsForAWhile => _signal.SleepsUntil is < long.MaxValue and var until && until > _signal.Now;

    /// <summary>Makes the sink and opens its outbox; sends what an earlier run left.</summary>
    public void Open()
    {
        try
        {
            _whyOff = Sink().WhyOff;
        }
        catch (Exception e)
        {
            // It is tried again with each attempt to send, and shows as the sink's problem then.
            var error = _freezer.Describe(e).Details;
            LogNotMade(_logger, Name, error);
            lock (_gate)
            {
                NoteProblem("It could not be made. " + Describe(e));
            }
        }

        CountDropped(_outbox.Open());
        if (_outbox.Count is > 0 and var count)
        {
            LogResumed(_logger, Name, count);
            Wake();
        }
    }

    /// <summary>The message as this sink is to be told it; null when it is not.</summary>
    public IncidentMessage? Filter(IncidentMessage message) => _whyOff is null ? _filter.Pass(message) : null;

    /// <summary>Says so when its filters let no check through: a slip of the pen would show at the first alarm that does not come.</summary>
    public void WarnIfItCoversNone(IReadOnlyList<CatalogEntry> checks)
    {
        if (checks.Count > 0 && !checks.Any(check => _filter.Covers(check.Name, check.Tags)))
        {
            LogCoversNone(_logger, Name);
        }
    }

    public void Enqueue(IncidentMessage message, byte[]? record, bool onlyIfMissing)
    {
        var addition = _outbox.Add(message, record, onlyIfMissing);
        CountDropped(addition.Dropped);
        if (!addition.Added)
        {
            return;
        }

        lock (_gate)
        {
            if (!message.IsSilent && !_receiverSetDue)
            {
                _due = Math.Min(_due, _failedAt + BackOffWithNews.Ticks);
            }
        }

        Wake();
    }

    /// <summary>Sends a message past the outbox, between two others.</summary>
    public async Task<SinkTestResult> TestAsync(IncidentMessage message, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var job = new TestJob(message);
        lock (_gate)
        {
            if (_ended || _stopping)
            {
                return new SinkTestResult(Name, SinkOutcome.Retry, "The app is stopping.", TimeSpan.Zero);
            }

            _tests.Enqueue(job);
        }

        Wake();
        SinkResult result;
        try
        {
            result = await job.Done.Task.WaitAsync(AttemptLimit, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            result = job.Done.Task.IsCompletedSuccessfully ? await job.Done.Task.ConfigureAwait(false) : SinkResult.Retry(job.HasBegun ? NoAnswer() : _lacksThread ? NoThread : "The sink is busy with an earlier message that it does not come back from.");
        }
        finally
        {
            job.IsGivenUp = true;
        }

        return new SinkTestResult(Name, result.Outcome, result.Problem, _time.GetElapsedTime(started));
    }

    /// <summary>An outbox that could not be read at the start may be readable now.</summary>
    public void Refresh()
    {
        var before = _outbox.Count;
        CountDropped(_outbox.Refresh());
        if (_outbox.Count > before)
        {
            Wake();
        }
    }

    /// <summary>Tries again to start the thread, where none was to be had. Costs nothing else.</summary>
    public void WakeAgain()
    {
        if (_lacksThread)
        {
            Wake();
        }
    }

    /// <summary>Asks the thread to end when all is sent, or an attempt fails.</summary>
    public void BeginStop()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        _signal.Set();
    }

    /// <summary>Whether the thread has ended, within a time.</summary>
    public bool Join(TimeSpan patience) => _thread is null || _thread.Join(patience > TimeSpan.Zero ? patience : TimeSpan.Zero);

    /// <summary>Ends the attempt under way.</summary>
    public void Cancel() => _ = _stop.CancelAsync();

    /// <inheritdoc cref="SinkOutbox.Close"/>
    public bool CloseOutbox() => _outbox.Close();

    /// <summary>When nothing uses it any more.</summary>
    public void Dispose()
    {
        if (Join(TimeSpan.Zero))
        {
            _signal.Dispose();
            _stop.Dispose();
        }
    }

    /// <summary>The sink, where it was made and is not the container's to dispose.</summary>
    public IIncidentSink? OwnedSink => _definition.IsOwned ? _sink : null;

    private IIncidentSink Sink()
    {
        if (_sink is { } made)
        {
            return made;
        }

        lock (_making) // not the gate: this is the sink's own code
        {
            return _sink ??= _definition.Create(_services) ?? throw new InvalidOperationException("The sink's factory returned null.");
        }
    }

    private void Wake()
    {
        var isMissing = false;
        lock (_gate)
        {
            if (_thread is null && !_stopping)
            {
                _thread = OwnThread.TryStart("HealthKit sink " + Name, Work);
                isMissing = _thread is null && !_lacksThread;
                _lacksThreadSince = isMissing ? _time.GetUtcNow() : _lacksThreadSince;
                _lacksThread = _thread is null;
            }
        }

        if (isMissing)
        {
            LogNoThread(_logger, Name);
        }

        _signal.Set();
    }

    private void Work()
    {
        while (true)
        {
            try
            {
                if (!Step())
                {
                    return;
                }
            }
            catch (Exception e)
            {
                // Never the app's end, and never a loop without a breath.
                var error = Describe(e);
                LogBroken(_logger, Name, error);
                lock (_gate)
                {
                    _attempt = null;
                    _failedWhileStopping = true;
                    _due = _signal.Now + AfterError.Ticks;
                }
            }
        }
    }

    private bool Step()
    {
        TestJob? test;
        var due = long.MaxValue;
        lock (_gate)
        {
            if (!_tests.TryDequeue(out test))
            {
                var isEmpty = !_outbox.HasNext;
                if (_stopping && (isEmpty || _failedWhileStopping || (_receiverSetDue && _due > _signal.Now)))
                {
                    _ended = true;
                    return false;
                }

                due = isEmpty ? long.MaxValue : _stopping ? 0 : _due;
            }
        }

        if (test is not null)
        {
            Test(test);
        }
        else if (due > _signal.Now)
        {
            _signal.WaitUntil(due);
        }
        else if (_outbox.Begin() is { } entry)
        {
            Deliver(entry);
        }

        return true;
    }

    private void Test(TestJob test)
    {
        if (test.IsGivenUp)
        {
            return;
        }

        test.HasBegun = true;
        var result = Attempt(test.Message, isTest: true);
        if (result.Outcome == SinkOutcome.Delivered)
        {
            lock (_gate)
            {
                // The way is open: what waits need not.
                (_due, _receiverSetDue, _failures, _problem, _failingSince) = (0, false, 0, null, null);
            }
        }

        test.Done.TrySetResult(result);
    }

    private void Deliver(OutboxEntry entry)
    {
        var result = Attempt(entry.Message, isTest: false);
        switch (result.Outcome)
        {
            case SinkOutcome.Delivered:
                _outbox.Complete(entry, OutboxRecordKind.Delivered);
                Succeeded(rejection: null);
                break;
            case SinkOutcome.Rejected:
                _outbox.Complete(entry, OutboxRecordKind.GivenUp);
                LogRejected(_logger, Name, entry.Message.Id, entry.Message.Incident.Check, result.Problem);
                Succeeded(result.Problem ?? "The sink did not say why.");
                break;
            default:
                _outbox.PutBack(entry);
                Failed(result);
                break;
        }
    }

    private void Succeeded(string? rejection)
    {
        DateTimeOffset? failedSince;
        lock (_gate)
        {
            failedSince = _failingSince;
            (_failures, _due, _receiverSetDue, _problem, _failingSince) = (0, 0, false, null, null);
            if (rejection is null)
            {
                _delivered++;
            }
            else
            {
                _dropped++;
                _rejectedInHour.Add(_signal.Now, 1);
                _rejection = rejection;
            }
        }

        if (failedSince is { } since && rejection is null)
        {
            var waiting = _outbox.Count;
            LogDelivers(_logger, Name, since, waiting);
        }
    }

    private void Failed(SinkResult result)
    {
        bool isFirst;
        lock (_gate)
        {
            isFirst = _failures++ == 0;
            _failedAt = _signal.Now;
            var backOff = Math.Min(FirstBackOff.Ticks * Math.Pow(2, Math.Min(_failures - 1, 20)), LastBackOff.Ticks);

            // Up to a fifth less, so that many apps do not come back to a receiver at once.
            backOff *= 1 - (0.2 * _random());
            var asked = Math.Min((result.RetryAfter ?? TimeSpan.Zero).Ticks, LongestRetryAfter.Ticks);
            _receiverSetDue = asked > backOff;
            _due = _failedAt + (long)Math.Max(backOff, asked);
            NoteProblem(result.Problem);
            _failedWhileStopping |= _stopping;
        }

        if (isFirst && !_stop.IsCancellationRequested)
        {
            LogFails(_logger, Name, result.Problem);
        }
    }

    /// <summary>Under the gate.</summary>
    private void NoteProblem(string? problem)
    {
        _problem = problem ?? "The sink did not say why.";
        _failingSince ??= _attempt?.Time ?? _time.GetUtcNow();
    }

    /// <summary>One attempt, to its end. Past its limit it counts as failed, but only its end lets another one begin.</summary>
    private SinkResult Attempt(IncidentMessage message, bool isTest)
    {
        using var limit = new CancellationTokenSource(AttemptLimit, _time);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        lock (_gate)
        {
            _attempt = (_signal.Now, _time.GetUtcNow());
            _stuckLogged = false;
        }

        var deadline = _signal.Now + AttemptLimit.Ticks;
        try
        {
            var task = Sink().SendAsync(message, cancel.Token);
            if (task is null)
            {
                return SinkResult.Retry("The sink returned no task.");
            }

            WaitFor(task, deadline, isTest);
            return Clean(task.GetAwaiter().GetResult());
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return SinkResult.Retry(_stop.IsCancellationRequested ? "The app stopped while it was sent." : NoAnswer());
        }
        catch (Exception e)
        {
            LogThrew(e);
            return SinkResult.Retry(Describe(e));
        }
        finally
        {
            lock (_gate)
            {
                _attempt = null;
            }
        }
    }

    private void WaitFor(Task task, long deadline, bool isTest)
    {
        if (task.IsCompleted)
        {
            return;
        }

        _ = task.ContinueWith(
            static (_, signal) => ((WakeSignal)signal!).Set(),
            _signal,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        while (!task.IsCompleted)
        {
            if (_signal.Now < deadline)
            {
                _signal.WaitUntil(deadline);
                continue;
            }

            if (deadline != long.MaxValue && !task.IsCompleted)
            {
                deadline = long.MaxValue;
                PastLimit(isTest);
            }
        }
    }

    private void PastLimit(bool isTest)
    {
        lock (_gate)
        {
            if (!isTest)
            {
                NoteProblem(NoAnswer());
            }

            if (_stuckLogged)
            {
                return;
            }

            _stuckLogged = true;
        }

        LogNoAnswer(_logger, Name, AttemptLimit.TotalSeconds);
    }

    private SinkResult Clean(SinkResult? result) => result switch
    {
        null => SinkResult.Retry("The sink returned no result."),
        { Problem: { } problem, Outcome: SinkOutcome.Retry } => SinkResult.Retry(_freezer.Text(problem), result.RetryAfter),
        { Problem: { } problem, Outcome: SinkOutcome.Rejected } => SinkResult.Rejected(_freezer.Text(problem)),
        _ => result,
    };

    /// <summary>With the stack, once for each series of failures: it is the app's own code, or a package's.</summary>
    private void LogThrew(Exception e)
    {
        lock (_gate)
        {
            if (_failures > 0)
            {
                return;
            }
        }

        var details = _freezer.Describe(e).Details;
        LogSinkThrew(_logger, Name, details);
    }

    private string Describe(Exception e)
    {
        var info = _freezer.Describe(e);
        return $"{info.Type}: {info.Message}";
    }

    private static string NoAnswer() => $"The sink did not come back within {AttemptLimit.TotalSeconds:0} s.";

    private void CountDropped(int count)
    {
        if (count == 0)
        {
            return;
        }

        long report;
        lock (_gate)
        {
            var now = _signal.Now;
            _dropped += count;
            _droppedInHour.Add(now, count);
            _droppedUnlogged += count;
            if (_dropsLoggedAt != long.MinValue && now - _dropsLoggedAt < LogDropsEvery.Ticks)
            {
                return;
            }

            _dropsLoggedAt = now;
            (report, _droppedUnlogged) = (_droppedUnlogged, 0);
        }

        LogDropped(_logger, Name, report);
    }

    [LoggerMessage(EventId = 140, Level = LogLevel.Warning, Message = "Sink '{Sink}' does not deliver; it is tried again, ever less often: {Problem}")]
    private static partial void LogFails(ILogger logger, string sink, string? problem);

    [LoggerMessage(EventId = 141, Level = LogLevel.Information, Message = "Sink '{Sink}', which failed since {Since:u}, delivers again; {Waiting} messages wait")]
    private static partial void LogDelivers(ILogger logger, string sink, DateTimeOffset since, int waiting);

    [LoggerMessage(EventId = 142, Level = LogLevel.Error, Message = "Sink '{Sink}' rejected message {Id} about check '{Check}': {Problem}")]
    private static partial void LogRejected(ILogger logger, string sink, string id, string check, string? problem);

    [LoggerMessage(EventId = 143, Level = LogLevel.Error, Message = "The outbox of sink '{Sink}' is full: {Count} of its oldest messages were dropped")]
    private static partial void LogDropped(ILogger logger, string sink, long count);

    [LoggerMessage(EventId = 144, Level = LogLevel.Warning, Message = "Sink '{Sink}' did not come back within {Seconds} s; its messages wait until it does")]
    private static partial void LogNoAnswer(ILogger logger, string sink, double seconds);

    [LoggerMessage(EventId = 145, Level = LogLevel.Information, Message = "Sink '{Sink}' goes on with {Count} messages that were not delivered before")]
    private static partial void LogResumed(ILogger logger, string sink, int count);

    [LoggerMessage(EventId = 146, Level = LogLevel.Error, Message = "Sink '{Sink}' could not be made; it is tried again with its first message: {Error}")]
    private static partial void LogNotMade(ILogger logger, string sink, string error);

    [LoggerMessage(EventId = 150, Level = LogLevel.Warning, Message = "Sink '{Sink}' is told of no check: none has one of its Tags, or a name that its Checks allow")]
    private static partial void LogCoversNone(ILogger logger, string sink);

    [LoggerMessage(EventId = 151, Level = LogLevel.Error, Message = "No thread could be started for sink '{Sink}' (a limit of processes, or memory); its messages wait, and it is tried again with each result of a check")]
    private static partial void LogNoThread(ILogger logger, string sink);

    [LoggerMessage(EventId = 149, Level = LogLevel.Warning, Message = "Sink '{Sink}' threw: {Error}")]
    private static partial void LogSinkThrew(ILogger logger, string sink, string error);

    [LoggerMessage(EventId = 147, Level = LogLevel.Critical, Message = "The delivery of sink '{Sink}' failed; it goes on: {Error}")]
    private static partial void LogBroken(ILogger logger, string sink, string error);

    /// <summary>A test message on its way to the thread.</summary>
    private sealed class TestJob(IncidentMessage message)
    {
        public IncidentMessage Message => message;

        public TaskCompletionSource<SinkResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public volatile bool HasBegun;

        public volatile bool IsGivenUp;
    }
}
