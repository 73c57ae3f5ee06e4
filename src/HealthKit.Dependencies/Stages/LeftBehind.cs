namespace HealthKit;

/// <summary>Work that is waited for no more, because its time is over or another was faster.</summary>
internal static class LeftBehind
{
    /// <summary>However it ends, that is nobody's business any more, nor an unobserved exception of the app.</summary>
    public static void Forget(Task work) => _ = work.ContinueWith(
        static left => _ = left.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
