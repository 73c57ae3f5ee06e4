using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Brings what was added to journals to the disk itself (fsync), for all of them together and at most once a second. A thread of its own,
/// so that a disk that hangs in fsync holds up nothing else; it sleeps while nothing was added.
/// </summary>
internal sealed partial class JournalFlusher(TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(1);

    /// <summary>A record seldom comes alone: a message, and a moment later that it was delivered.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly WakeSignal _signal = new(time);
    private readonly HashSet<Journal> _dirty = [];
    private readonly HashSet<Journal> _failed = [];
    private long _due = long.MaxValue;
    private long _retryDue = long.MaxValue;
    private TimeSpan _retryAfter = AtMostEvery;
    private long _lastBatch = long.MinValue;
    private Thread? _thread;
    private bool _stopped;

    /// <summary>How many batches there were; for tests.</summary>
    internal long Batches { get; private set; }

    /// <summary>When it wakes by itself; for tests.</summary>
    internal long SleepsUntil => _signal.SleepsUntil;

    /// <inheritdoc cref="SinkWorker.SleepsForAWhile"/>
    internal bool SleepsForAWhile => SleepsUntil is < long.MaxValue and var until && until > _signal.Now;

    /// <summary>Has a journal flushed soon; costs next to nothing.</summary>
    public void MarkDirty(Journal journal)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            // Where no thread was to be had, the next record tries it again.
            _thread ??= OwnThread.TryStart("HealthKit journal flush", Work);
            if (!_dirty.Add(journal) || _due != long.MaxValue)
            {
                return; // it belongs to the batch that is due then
            }

            var earliest = _lastBatch == long.MinValue ? long.MinValue : _lastBatch + AtMostEvery.Ticks;
            _due = Math.Max(_signal.Now + Gather.Ticks, earliest);
        }

        _signal.Set();
    }

    /// <summary>Flushes a journal no more: it is about to be closed.</summary>
    public void Forget(Journal journal)
    {
        lock (_gate)
        {
            _dirty.Remove(journal);
            _failed.Remove(journal);
        }
    }

    /// <summary>Ends the thread. Journals flush what is left when they are closed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
        }

        _signal.Set();
        if (_thread is null || _thread.Join(AtMostEvery))
        {
            _signal.Dispose();
        }
    }

    private void Work()
    {
        while (true)
        {
            List<Journal> batch = [];
            long due;
            lock (_gate)
            {
                if (_stopped)
                {
                    return;
                }

                var now = _signal.Now;
                if (_retryDue <= now)
                {
                    batch.AddRange(_failed);
                    _failed.Clear();
                    _retryDue = long.MaxValue;
                }

                if (_due <= now)
                {
                    batch.AddRange(_dirty.Except(batch));
                    _dirty.Clear();
                    _due = long.MaxValue;
                }

                due = Math.Min(_due, _retryDue);
                _lastBatch = batch.Count > 0 ? now : _lastBatch;
            }

            if (batch.Count == 0)
            {
                _signal.WaitUntil(due);
            }
            else
            {
                Flush(batch);
            }
        }
    }

    private void Flush(List<Journal> batch)
    {
        List<Journal> failed = [];
        foreach (var journal in batch)
        {
            try
            {
                if (!journal.Flush())
                {
                    failed.Add(journal);
                }
            }
            catch (Exception e)
            {
                // A journal throws nothing because of the disk; this thread must live whatever it does.
                LogFailed(logger, e.GetType());
                failed.Add(journal);
            }
        }

        lock (_gate)
        {
            Batches++;

            // What is in memory only is written down by a later flush, when there is a disk again.
            _retryAfter = failed.Count == 0 ? AtMostEvery : _retryAfter * 2 < LastRetry ? _retryAfter * 2 : LastRetry;
            _failed.UnionWith(failed);
            _retryDue = _failed.Count == 0 ? long.MaxValue : _signal.Now + _retryAfter.Ticks;
        }
    }

    [LoggerMessage(7031, LogLevel.Error, "A journal could not be flushed: {Exception}")]
    private static partial void LogFailed(ILogger logger, Type exception);
}
