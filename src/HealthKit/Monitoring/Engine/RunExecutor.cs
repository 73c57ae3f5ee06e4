using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// The threads that runs execute on. They are HealthKit's own, so that a starved pool stops no check's synchronous part and a blocking
/// check takes none of the app's threads. A thread that a run holds too long is replaced as soon as another run waits for one.
/// </summary>
internal sealed partial class RunExecutor(
    MonitorEngine engine, ResultFreezer freezer, MonitorTime time, IServiceScopeFactory scopes, Action wakeClock, ILogger logger)
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(30);

    private readonly object _gate = new();
    private readonly Queue<CheckRun> _queue = new();

    /// <summary>How each check's services failed to be disposed of the last time, by the check's index. One run of a check at a time writes here.</summary>
    private readonly ConcurrentDictionary<int, Type> _scopeFailures = new();

    private int _threads;
    private int _idle;
    private bool _stopping;

    public void Enqueue(CheckRun run)
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _queue.Enqueue(run);
            if (_threads == 0)
            {
                AddThread();
            }

            Monitor.Pulse(_gate);
        }
    }

    /// <summary>
    /// Called at each tick: runs that no thread has taken since the last one get threads of their own. So quick checks share one
    /// thread, and blocking ones hold up nobody for longer than a tick. The engine's bound on runs bounds the threads.
    /// </summary>
    public void Replenish()
    {
        lock (_gate)
        {
            for (var missing = _queue.Count - _idle; missing > 0 && !_stopping; missing--)
            {
                AddThread();
            }
        }
    }

    public void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            _queue.Clear();
            Monitor.PulseAll(_gate);
        }
    }

    private void AddThread()
    {
        // Where none is to be had the queue stays; each tick tries again.
        if (OwnThread.TryStart("HealthKit run", Work) is not null)
        {
            _threads++;
        }
    }

    private void Work()
    {
        while (Take() is { } run)
        {
            try
            {
                Execute(run);
            }
            catch (Exception e)
            {
                // Only the app's own clock or our own fault gets here: the run is lost, the thread is not.
                LogRunLost(logger, run.Registration.Name, freezer.Describe(e).Details);
            }
        }
    }

    private CheckRun? Take()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_queue.TryDequeue(out var run))
                {
                    return run;
                }

                _idle++;
                var signalled = _stopping || Monitor.Wait(_gate, IdleTime);
                _idle--;

                // The last idle thread stays as long as the monitor does: runs may hold all others for ever.
                if (_stopping || (!signalled && _idle > 0 && _queue.Count == 0))
                {
                    _threads--;
                    return null;
                }
            }
        }
    }

    private void Execute(CheckRun run)
    {
        var token = run.CreateToken();
        if (!engine.TryBegin(run, time.Raw, time.UtcNow))
        {
            return;
        }

        AsyncServiceScope scope = default;
        Task<HealthCheckResult> task;
        try
        {
            scope = scopes.CreateAsyncScope();
            var check = run.Registration.Factory(scope.ServiceProvider)
                ?? throw new InvalidOperationException("The check's factory returned null.");
            task = check.CheckHealthAsync(new HealthCheckContext { Registration = run.Registration }, token)
                ?? throw new InvalidOperationException("The check returned a null task.");
        }
        catch (Exception e)
        {
            task = Task.FromException<HealthCheckResult>(e);
        }

        if (!task.IsCompleted)
        {
            engine.BecomeAsynchronous(run);
        }

        _ = FinishAsync(run, task, scope);
    }

    /// <summary>Ends the run: on this thread where the check was synchronous, else on the pool. It throws nothing.</summary>
    private async Task FinishAsync(CheckRun run, Task<HealthCheckResult> task, AsyncServiceScope scope)
    {
        var result = await ResultAsync(run, task).ConfigureAwait(false);

        try
        {
            // Within the deadline: a scope that hangs while it is disposed of is a run that hangs.
            await scope.DisposeAsync().ConfigureAwait(false);
            _scopeFailures.TryRemove(run.Slot.Index, out _);
        }
        catch (Exception e)
        {
            // Once, and again when it changes: it may fail so at every run.
            var kind = e.GetType();
            if (!_scopeFailures.TryGetValue(run.Slot.Index, out var before) || before != kind)
            {
                _scopeFailures[run.Slot.Index] = kind;
                LogScopeFailed(logger, run.Registration.Name, freezer.Describe(e).Details);
            }
        }

        if (engine.Complete(run, result, time.Raw, time.UtcNow, out var wake) is { } next)
        {
            Enqueue(next);
        }

        if (wake)
        {
            wakeClock();
        }
    }

    private async Task<FrozenResult> ResultAsync(CheckRun run, Task<HealthCheckResult> task)
    {
        try
        {
            return freezer.Freeze(await task.ConfigureAwait(false), run.Slot.UnknownStatus);
        }
        catch (Exception e)
        {
            try
            {
                return freezer.Freeze(e, run.Slot.UnknownStatus);
            }
            catch (Exception)
            {
                return new FrozenResult(run.Slot.UnknownStatus, "check.exception", "The check failed, and its exception could not be shown.");
            }
        }
    }

    [LoggerMessage(EventId = 104, Level = LogLevel.Error, Message = "A run of check '{Check}' was lost: {Error}")]
    private static partial void LogRunLost(ILogger logger, string check, string error);

    [LoggerMessage(EventId = 101, Level = LogLevel.Warning, Message = "The services of check '{Check}' could not be disposed of: {Error}")]
    private static partial void LogScopeFailed(ILogger logger, string check, string error);
}
