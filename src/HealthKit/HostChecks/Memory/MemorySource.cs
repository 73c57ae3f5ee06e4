namespace HealthKit;

/// <summary>Where the memory check's figures come from. One for each check; used by one thread at a time.</summary>
internal abstract class MemorySource : IDisposable
{
    /// <summary>A new source for this system: proc(5) and cgroups(7) on Linux, elsewhere what the runtime knows.</summary>
    public static MemorySource OfThisSystem() => OperatingSystem.IsLinux() ? new LinuxMemorySource() : new RuntimeMemorySource();

    /// <summary>Measures.</summary>
    /// <param name="now">The time on a monotonic clock.</param>
    /// <param name="figures">Filled. After a failure they mean nothing.</param>
    /// <returns>Null, or what went wrong.</returns>
    public abstract MemoryFailure? Read(TimeSpan now, MemoryFigures figures);

    public virtual void Dispose()
    {
    }
}

/// <summary>Why there are no figures.</summary>
/// <param name="Reason">The reason code.</param>
/// <param name="Text">In words, naming what could not be read.</param>
internal sealed record MemoryFailure(string Reason, string Text)
{
    public static MemoryFailure Unreadable(string text) => new("memory.unreadable", text);

    public static MemoryFailure Unsupported(string text) => new("memory.unsupported", text);
}
