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
        try
        {
            new Thread(Run, 512 * 1024) { IsBackground = true, Name = "HealthKit SQL" }.UnsafeStart();
        }
        catch (OutOfMemoryException e)
        {
            // clone(2): EAGAIN.
            return Task.FromException<T>(e);
        }

        return done.Task;

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
}
