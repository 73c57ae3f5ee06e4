namespace HealthKit;

/// <summary>
/// Calls a driver, always on a thread of its own. Many drivers' asynchronous methods block, some of them only now and then (the pool is full, the answer is late, a
/// connection that is closed says goodbye): that one returned before its work was done once does not mean that the next does, and the deadline could not be held
/// then. A thread costs a tenth of a millisecond.
/// </summary>
internal static class BlockingCalls
{
    /// <summary>Calls it; the task that comes back can be waited for, or left.</summary>
    public static Task<T> RunAsync<T>(Func<Task<T>> call)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        return Start(Run) is { } error ? Task.FromException<T>(error) : done.Task;

        void Run()
        {
            try
            {
                _ = call().ContinueWith(
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

    /// <summary>Cancels on a thread of its own: what a driver does when cancelled blocks.</summary>
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

    private static Exception? Start(ThreadStart run)
    {
        try
        {
            new Thread(run, 512 * 1024) { IsBackground = true, Name = "HealthKit SQL" }.UnsafeStart();
            return null;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            return e; // clone(2): EAGAIN
        }
    }
}
