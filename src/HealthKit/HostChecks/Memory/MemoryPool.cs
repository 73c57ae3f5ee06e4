namespace HealthKit;

/// <summary>Memory that is limited and shared: the machine's, or a cgroup's. It lives as long as its history is of use.</summary>
internal sealed class MemoryPool(string name)
{
    public const string Host = "host";

    /// <summary>What limits it: <c>host</c>, or the cgroup's path.</summary>
    public string Name => name;

    /// <summary>Where the limit stands: <c>MemTotal</c>, <c>memory.max</c>.</summary>
    public string LimitName { get; private set; } = "";

    /// <summary>The limit.</summary>
    public long LimitBytes { get; private set; }

    /// <summary>What is left of it, 0 to the limit.</summary>
    public long FreeBytes { get; private set; }

    public long UsedBytes => LimitBytes - FreeBytes;

    /// <summary>Of a limit of nothing, nothing is free.</summary>
    public double FreePercent => LimitBytes == 0 ? 0 : FreeBytes * 100.0 / LimitBytes;

    /// <summary>How its use grows.</summary>
    public GaugeForecast Forecast { get; } = new();

    public void Set(string limitName, long limitBytes, long freeBytes)
    {
        LimitName = limitName;
        LimitBytes = limitBytes;
        FreeBytes = Math.Clamp(freeBytes, 0, limitBytes);
    }
}
