namespace HealthKit;

/// <summary>A node of a broker as the management API tells it. What it does not tell is null.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Running">Whether it runs.</param>
internal sealed record NodeState(string Name, bool Running)
{
    public double? MemoryUsedBytes { get; init; }

    /// <summary>At which it raises its alarm (vm_memory_high_watermark).</summary>
    public double? MemoryLimitBytes { get; init; }

    public bool MemoryAlarm { get; init; }

    public double? DiskFreeBytes { get; init; }

    /// <summary>At which it raises its alarm (disk_free_limit).</summary>
    public double? DiskFreeLimitBytes { get; init; }

    public bool DiskAlarm { get; init; }

    /// <summary>Nodes that it has lost touch with (https://www.rabbitmq.com/docs/partitions).</summary>
    public IReadOnlyList<string> Partitions { get; init; } = [];

    public double? DescriptorsUsed { get; init; }

    public double? DescriptorsTotal { get; init; }

    public double? SocketsUsed { get; init; }

    public double? SocketsTotal { get; init; }

    public double? MemoryPercent => Percent(MemoryUsedBytes, MemoryLimitBytes);

    /// <summary>Of file descriptors or sockets, whichever are scarcer.</summary>
    public double? DescriptorsPercent => (Percent(DescriptorsUsed, DescriptorsTotal), Percent(SocketsUsed, SocketsTotal)) switch
    {
        ({ } descriptors, { } sockets) => Math.Max(descriptors, sockets),
        var (descriptors, sockets) => descriptors ?? sockets,
    };

    private static double? Percent(double? part, double? whole) => part is { } p && whole is > 0 and { } w ? Math.Min(100, 100 * p / w) : null;
}
