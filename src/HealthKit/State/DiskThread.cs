namespace HealthKit;

/// <summary>
/// Does what touches the state's disk, one job after the other, while whoever asked waits with patience. A disk that hangs (a network share
/// without its server, a frozen file system, a device that is gone) lets a system call wait for ever: here it holds up one thread, and everybody else gets
/// an error at once until it comes back. The thread begins with the first job and ends after a quiet while. Safe for use by several threads.
/// </summary>
/// <param name="name">The thread's name.</param>
/// <param name="time">The clock of <see cref="StuckForLong"/>.</param>
internal sealed class DiskThread(string name, TimeProvider? time = null)
{
    /// <summary>For what takes a moment: reading and writing what the file system mostly has in memory.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// For what may lawfully take a while on a slow or busy disk: making files and writing them anew. Below the timeout of a check, so that
    /// HealthKit's own says what is wrong.
    /// </summary>
    public static readonly TimeSpan LongPatience = TimeSpan.FromSeconds(4);

    /// <summary>Patience is counted in these, so that a pause of the whole process (SIGSTOP, a virtual machine that is moved) counts as one.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly object _gate = new();
    private readonly Queue<Job> _jobs = new();
    private Thread? _thread;
    private Job? _running;
    private long _steps;
    private volatile bool _isStuck;
    private (DateTimeOffset At, long Timestamp) _stuckSince;

    /// <summary>Whether a job has gone on for longer than its patience, and has not come back yet.</summary>
    public bool IsStuck => _isStuck;

    /// <summary>Whether the caller is a job of this thread's.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Since when a job is out of patience, if that is a while; null when none is, or not for so long.</summary>
    public DateTimeOffset? StuckForLong(TimeSpan atLeast)
    {
        lock (_gate)
        {
            return _isStuck && _time.GetElapsedTime(_stuckSince.Timestamp) >= atLeast ? _stuckSince.At : null;
        }
    }

    /// <summary>Does a job and gives what it gave, or throws what it threw.</summary>
    /// <param name="work">The job. Given up while it is under way, it goes on; what it then gives is disposed of.</param>
    /// <param name="patience">How long it may take once its turn has come; a job that does others, how long from the begin of one to that of the next.</param>
    /// <exception cref="IOException">The disk does not answer: <see cref="StateProblem.IsHung"/>.</exception>
    public T Run<T>(Func<T> work, TimeSpan patience)
    {
        T? result = default;
        var job = new Job(() => result = work(), patience) { Undo = () => (result as IDisposable)?.Dispose() };
        Await(job);
        return result!;
    }

    /// <inheritdoc cref="Run{T}"/>
    public void Run(Action work, TimeSpan patience) => Await(new Job(work, patience));

    /// <summary>Lets go of something. Where the disk does not answer that is done when it does again.</summary>
    public void Close(IDisposable resource)
    {
        var job = new Job(resource.Dispose, Patience) { MustRun = true };
        try
        {
            Await(job);
        }
        catch (Exception e) when (StateProblem.IsExpected(e))
        {
            // Closed it is all the same (close(2)), or will be.
        }
    }

    private void Await(Job job)
    {
        lock (_gate)
        {
            if (_isStuck && !job.MustRun)
            {
                throw StateProblem.HungException();
            }

            if (Thread.CurrentThread != _thread && (_thread ??= OwnThread.TryStart(name, Work)) is not null)
            {
                _jobs.Enqueue(job);
                Monitor.Pulse(_gate);
            }
            else
            {
                job.IsOwn = true;
                _steps++;
            }
        }

        if (job.IsOwn)
        {
            // A job of a job; or no thread is to be had, then rather without patience than not at all.
            job.Execute();
        }
        else if (!IsDone(job))
        {
            throw StateProblem.HungException();
        }

        job.ThrowIfFailed();
    }

    private bool IsDone(Job job)
    {
        var seen = 0L;
        var waited = TimeSpan.Zero;
        while (!job.Wait(Slice))
        {
            lock (_gate)
            {
                (seen, waited) = seen == _steps ? (seen, waited + Slice) : (_steps, TimeSpan.Zero);
                if (!_isStuck)
                {
                    if (_running is not { } running || waited < running.Patience)
                    {
                        continue;
                    }

                    _stuckSince = (_time.GetUtcNow(), _time.GetTimestamp());
                    _isStuck = true;
                }
            }

            return !job.TryGiveUp();
        }

        return true;
    }

    private void Work()
    {
        while (Next() is { } job)
        {
            job.Execute();
            job.End(); // touches the disk too, where it makes undone what nobody waits for
            lock (_gate)
            {
                _running = null;
                _isStuck = false;
            }
        }
    }

    private Job? Next()
    {
        lock (_gate)
        {
            while (true)
            {
                while (_jobs.TryDequeue(out var job))
                {
                    if (!job.IsGivenUp || job.MustRun)
                    {
                        _steps++;
                        return _running = job;
                    }
                }

                if (!Monitor.Wait(_gate, Idle) && _jobs.Count == 0)
                {
                    _thread = null;
                    return null;
                }
            }
        }
    }

    private sealed class Job(Action work, TimeSpan patience)
    {
        private readonly object _gate = new();
        private Exception? _failure;

        public TimeSpan Patience => patience;

        /// <summary>Whether it is done even when nobody waits for it any more.</summary>
        public bool MustRun { get; init; }

        /// <summary>Makes undone what came of it when nobody waits for it any more.</summary>
        public Action? Undo { get; init; }

        /// <summary>Whether the thread that wants it does it.</summary>
        public bool IsOwn { get; set; }

        public bool IsDone { get; private set; }

        public bool IsGivenUp { get; private set; }

        public void Execute()
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                _failure = e; // thrown where it is waited for
            }
        }

        public void ThrowIfFailed()
        {
            if (_failure is not null)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
            }
        }

        public void End()
        {
            lock (_gate)
            {
                IsDone = true;
                Monitor.PulseAll(_gate);
                if (!IsGivenUp || _failure is not null)
                {
                    return;
                }
            }

            try
            {
                Undo?.Invoke();
            }
            catch (Exception)
            {
                // Nobody waits for it, and nobody has it: whatever it is, it must not end the app.
            }
        }

        public bool Wait(TimeSpan patience)
        {
            lock (_gate)
            {
                return IsDone || (Monitor.Wait(_gate, patience) && IsDone);
            }
        }

        /// <summary>Waits for it no longer; false when it is done by now.</summary>
        public bool TryGiveUp()
        {
            lock (_gate)
            {
                IsGivenUp = !IsDone;
                return IsGivenUp;
            }
        }
    }
}
