using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.HostChecks.Memory;

/// <summary>A memory check on figures that a test sets, on simulated time.</summary>
internal sealed class FakeMemory : MemorySource
{
    public const long MiB = 1L << 20;
    public const long GiB = 1L << 30;

    private readonly ManualTime _time = new();
    private readonly List<MemoryPool> _pools = [];
    private MemoryCheck? _check;

    public MemoryOptions Options { get; set; } = new();

    public HealthStatus FailureStatus { get; set; } = HealthStatus.Unhealthy;

    public MemoryFailure? Failure { get; set; }

    public long? Rss { get; set; } = 96 * MiB;

    public long? SwapTotal { get; set; } = 0;

    public long SwapUsed { get; set; }

    public bool Disposed { get; private set; }

    public void Set(double limit, double free, string name = MemoryPool.Host, string limitName = "MemTotal")
    {
        var pool = _pools.Find(known => known.Name == name);
        if (pool is null)
        {
            _pools.Add(pool = new MemoryPool(name));
        }

        pool.Set(limitName, (long)limit, (long)free);
    }

    public void Advance(TimeSpan by) => _time.Advance(by);

    public HealthCheckResult Run(CancellationToken cancellationToken = default)
    {
        _check ??= new MemoryCheck(this, _time, () => Options);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("memory", _check, FailureStatus, tags: null) };
        return _check.CheckHealthAsync(context, cancellationToken).GetAwaiter().GetResult();
    }

    public void End() => _check!.Dispose();

    public override MemoryFailure? Read(TimeSpan now, MemoryFigures figures)
    {
        figures.Clear();
        figures.Pools.AddRange(_pools);
        figures.OwnRssBytes = Rss;
        if (SwapTotal is { } swap)
        {
            figures.AddSwap(swap, SwapUsed);
        }

        return Failure;
    }

    public override void Dispose()
    {
        Disposed = true;
        base.Dispose();
    }
}
