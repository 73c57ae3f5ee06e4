namespace HealthKit;

/// <summary>
/// What the .NET runtime knows, for systems other than Linux: the memory this process may use (a Windows job's limit included) and how
/// much of it is in use, by all, as the last garbage collection found it. Swap is not known.
/// </summary>
internal sealed class RuntimeMemorySource : MemorySource
{
    private readonly MemoryPool _host = new(MemoryPool.Host);
    private long _lastCollection = -1;

    public override MemoryFailure? Read(TimeSpan now, MemoryFigures figures)
    {
        figures.Clear();
        var info = GC.GetGCMemoryInfo(GCKind.Any);
        if (info.Index == _lastCollection || info.Index == 0)
        {
            // No collection since the last run, so its figures are old. A process that does not collect is idle, and one of the youngest
            // generation costs it next to nothing.
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
            info = GC.GetGCMemoryInfo(GCKind.Any);
        }

        _lastCollection = info.Index;
        if (info.TotalAvailableMemoryBytes <= 0 || info.MemoryLoadBytes <= 0)
        {
            return MemoryFailure.Unsupported("the .NET runtime does not tell memory on this system");
        }

        _host.Set("TotalAvailableMemoryBytes", info.TotalAvailableMemoryBytes, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes);
        figures.Pools.Add(_host);
        figures.OwnRssBytes = Environment.WorkingSet;
        return null;
    }
}
