namespace HealthKit;

/// <summary>
/// Calls a driver. Many drivers' asynchronous methods block: the deadline could not be held then. So they are called on a thread of their own, until
/// a driver has shown that it does return before the work is done.
/// </summary>
internal sealed class BlockingCalls
{
    private volatile bool _returns;

    /// <summary>Calls it; the task that comes back can be waited for, or left.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> call)
    {
        if (_returns)
        {
            try
            {
                return call();
            }
            catch (Exception e)
            {
                return Task.FromException<T>(e);
            }
        }

        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        return Start(Run) is { } error ? Task.FromException<T>(error) : done.Task;

        void Run()
        {
            try
            {
                var working = call();
                if (!working.IsCompleted)
                {
                    _returns = true;
                }

                _ = working.ContinueWith(
                    static (ended, state) => ((TaskCompletionSource<T>)state!).SetFromTask(ended),
                    done,
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }
    }

    /// <summary>Cancels on a thread of its own, however well the driver returns: what it does when cancelled blocks.</summary>
    public static Task CancelAsync(CancellationTokenSource source)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Start(Run) is { } error ? Task.FromException(error) : done.Task;

        void Run()
        {
            try
            {
                source.Cancel();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }
    }

    private static OutOfMemoryException? Start(ThreadStart run)
    {
        try
        {
            new Thread(run, 512 * 1024) { IsBackground = true, Name = "HealthKit SQL" }.UnsafeStart();
            return null;
        }
        catch (OutOfMemoryException e)
        {
            return e; // clone(2): EAGAIN
        }
    }
}
