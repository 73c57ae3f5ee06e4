using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>How far a run is.</summary>
internal enum RunPhase
{
    /// <summary>Due, and waiting for one of the bounded places.</summary>
    Waiting,

    /// <summary>Has a place, no thread has taken it up yet.</summary>
    Dispatched,

    /// <summary>On one of our threads: the synchronous part.</summary>
    Synchronous,

    /// <summary>Its task is awaited.</summary>
    Asynchronous,

    /// <summary>Past its deadline and still going: an orphan without a place.</summary>
    Expired,

    /// <summary>Over.</summary>
    Ended,
}

/// <summary>One run of a check. Its fields belong to the engine's lock.</summary>
internal sealed class CheckRun(CheckSlot slot, long dueAt, long queuedAt)
{
    private Action? _cancel;

    public CheckSlot Slot { get; } = slot;

    public long DueAt { get; } = dueAt;

    public long QueuedAt { get; } = queuedAt;

    public RunPhase Phase { get; set; }

    /// <summary>The monitor's time at which a thread took it up.</summary>
    public long StartedAt { get; set; }

    public DateTimeOffset StartedAtUtc { get; set; }

    /// <summary>The timeout that was in force at the start.</summary>
    public TimeSpan Timeout { get; set; }

    /// <summary>Its check is to run again as soon as it has ended: what it looks at, or its limits, may have changed since it began.</summary>
    public bool IsDueAgain { get; set; }

    /// <summary>Its check has been turned off and on since: its end says nothing about when the next run is due.</summary>
    public bool IsFromBeforeTurnOff { get; set; }

    /// <summary>A thread has taken it up, and it has not ended.</summary>
    public bool HasBegun => Phase is RunPhase.Synchronous or RunPhase.Asynchronous or RunPhase.Expired;

    public HealthCheckRegistration Registration => Slot.Registration;

    /// <summary>The token of this run. Its source needs no disposal, having neither timer nor wait handle.</summary>
    public CancellationToken CreateToken()
    {
        var source = new CancellationTokenSource();
        _cancel = () => _ = source.CancelAsync().ContinueWith(
            static cancelled => _ = cancelled.Exception, // a callback of the check's that throws is the check's own matter
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return source.Token;
    }

    /// <summary>Asks the run to end. The token's callbacks run on the pool: what they do cannot hold up the clock.</summary>
    public void RequestCancellation() => _cancel?.Invoke();
}
