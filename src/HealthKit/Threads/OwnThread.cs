namespace HealthKit;

/// <summary>Starts HealthKit's own threads, all of them in one way: in the background, and never at the app's expense.</summary>
internal static class OwnThread
{
    /// <summary>
    /// Starts a thread. Null when there is none to be had (a limit of processes, cgroup pids.max or ulimit -u, or memory): whoever needs it
    /// tries again the next time it has something to do.
    /// </summary>
    /// <param name="name">Its name, as debuggers show it.</param>
    /// <param name="work">What it does; an exception that leaves it is the app's end.</param>
    public static Thread? TryStart(string name, ThreadStart work)
    {
        try
        {
            // It may outlive its starter by far: it must not hold on to what flows with that.
            var thread = new Thread(work) { IsBackground = true, Name = name };
            thread.UnsafeStart();
            return thread;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            return null; // clone(2): EAGAIN
        }
    }
}
