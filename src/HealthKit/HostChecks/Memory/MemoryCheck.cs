using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>The memory that this process can still get, swap, and when memory will be used up.</summary>
internal sealed class MemoryCheck(MemorySource source, TimeProvider time, Func<MemoryOptions> options) : IHealthCheck, IDisposable
{
    public static readonly CheckType<MemoryOptions> Type = CheckType.Create<MemoryOptions>(
        new CheckDescriptor(
            "Memory",
            "The memory that this process can still get, of the machine's and of every cgroup limit above it, page cache not counted as used; swap; and when memory will be used up at its present growth.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "There is memory, and it will not run out soon.",
                [HealthStatus.Degraded] = "Free memory is below the degraded limit, or will soon be used up at its present growth, or expected swap is missing.",
                [HealthStatus.Unhealthy] = "Free memory is below the unhealthy limit, or cannot be measured. Without memory the kernel ends a process (OOM kill).",
            },
            "free -m shows the machine; ps -eo rss,pid,args --sort=-rss | head the largest processes; systemd-cgtop -m the cgroups; limitedBy "
            + "in the data names the limit. dotnet-counters and dotnet-gcdump tell what a .NET process holds; dmesg names OOM kills.",
            "Restart what leaks and find the leak; raise the limit named by limitedBy (MemoryMax= of the systemd unit, the container's "
            + "memory limit), or give the machine more memory. Swap missing: swapon --show, then swapon -a and its line in /etc/fstab."),
        MemoryLimits.Validate,
        static (services, options) => new MemoryCheck(MemorySource.OfThisSystem(), services.GetRequiredService<TimeProvider>(), options));

    /// <summary>An app that starts fills its caches and compiles its code; that growth foretells nothing.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromMinutes(10);

    /// <summary>The kernel keeps a swap area's first page for itself (mkswap(8)).</summary>
    private const double SwapTolerance = 0.99;

    private readonly long _start = time.GetTimestamp();

    // Without HealthKit's monitor two requests may run the check at once.
    private readonly Lock _gate = new();
    private readonly MemoryFigures _figures = new();
    private MemoryLimits? _limits;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken.ThrowIfCancellationRequested();
        var current = options();
        lock (_gate)
        {
            if (_limits is null || _limits.Options != current)
            {
                _limits = new MemoryLimits(current);
            }

            var now = time.GetElapsedTime(_start);
            var failure = source.Read(now, _figures);
            return Task.FromResult(failure is null
                ? Judge(_limits, now, context.Registration.FailureStatus)
                : Unmeasured(failure, context.Registration.FailureStatus));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            source.Dispose();
        }
    }

    private static HealthCheckResult Unmeasured(MemoryFailure failure, HealthStatus failureStatus)
    {
        var problem = failure.Reason == "memory.unsupported" ? "not supported here" : "memory could not be measured";
        return new HealthCheckResult(
            UnknownStatus.Of(failureStatus),
            $"{problem}: {failure.Text}",
            exception: null,
            new Dictionary<string, object>(2) { ["reason"] = failure.Reason, ["error"] = failure.Text });
    }

    private HealthCheckResult Judge(MemoryLimits limits, TimeSpan now, HealthStatus failureStatus)
    {
        var worst = FindWorst(limits, out var level);
        var reason = level == GaugeLevel.Ok ? null : "memory.low";
        var problem = level == GaugeLevel.Ok ? null : $"memory low ({limits.Explain(worst, level)})";

        var next = FirstToFill(now);
        if (next is { Forecast.IsFilling: true } && limits.Options.DegradedWhenFilling)
        {
            Add("memory.filling", Filling(next, worst));
        }

        if (limits.Options.ExpectedSwapBytes is { } expected && _figures.SwapAllowedBytes is { } swap && swap < expected * SwapTolerance)
        {
            Add("memory.swap.missing", $"swap missing ({GaugeAmount.Bytes(swap)} of {GaugeAmount.Bytes(expected)} expected)");
        }

        var facts = Describe(worst, exact: problem is not null);
        return new HealthCheckResult(
            level.ToStatus(failureStatus),
            problem is null ? facts : $"{problem}: {facts}",
            exception: null,
            Data(worst, next, reason));

        void Add(string code, string text)
        {
            problem = problem is null ? text : $"{problem}, {text}";
            reason ??= code;
            level = level == GaugeLevel.Ok ? GaugeLevel.Degraded : level;
        }
    }

    /// <summary>The pool to report: the one in the worst state, and of several in that state the one with the least left.</summary>
    /// <remarks>The least left alone is not enough: 90 MiB of 256 MiB are plenty, while 100 MiB of a machine's 4 GiB are its end.</remarks>
    private MemoryPool FindWorst(MemoryLimits limits, out GaugeLevel level)
    {
        MemoryPool? worst = null;
        level = GaugeLevel.Ok;
        foreach (var pool in _figures.Pools)
        {
            var poolLevel = limits.Judge(pool);
            if (worst is null || poolLevel > level || (poolLevel == level && pool.FreeBytes < worst.FreeBytes))
            {
                (worst, level) = (pool, poolLevel);
            }
        }

        return worst!;
    }

    /// <summary>The pool that will be used up first. One that fills so that it is worth a warning goes before one that only grows.</summary>
    private MemoryPool? FirstToFill(TimeSpan now)
    {
        MemoryPool? first = null;
        foreach (var pool in _figures.Pools)
        {
            var forecast = pool.Forecast;
            if (now >= WarmUp)
            {
                forecast.Add(now, pool.UsedBytes, pool.LimitBytes);
            }

            if (forecast.TimeToLimit is { } left
                && (first is null
                    || (forecast.IsFilling == first.Forecast.IsFilling ? left < first.Forecast.TimeToLimit : forecast.IsFilling)))
            {
                first = pool;
            }
        }

        return first;
    }

    private static double GrowthPerSecond(MemoryPool pool, TimeSpan left) => pool.FreeBytes / left.TotalSeconds;

    private static string Filling(MemoryPool pool, MemoryPool reported)
    {
        // The one that fills need not be the one that is reported.
        var of = pool == reported ? "" : $" of {NameOf(pool)}";
        return pool.Forecast.TimeToLimit is { } left && left > TimeSpan.Zero
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"memory{of} used up in about {GaugeAmount.Time(left)} at {GaugeAmount.Bytes(GrowthPerSecond(pool, left) * 60)}/min")
            : $"memory{of} filled up";
    }

    private static string NameOf(MemoryPool pool) => pool.Name == MemoryPool.Host ? "the host" : $"cgroup {pool.Name}";

    private string Describe(MemoryPool reported, bool exact)
    {
        // A limit that was just passed shows in two decimals.
        var percent = exact ? Math.Round(reported.FreePercent, 2) : reported.FreePercent;
        var text = new DefaultInterpolatedStringHandler(32, 8, CultureInfo.InvariantCulture, stackalloc char[512]);
        text.AppendFormatted(GaugeAmount.Bytes(reported.FreeBytes));
        text.AppendLiteral(" of ");
        text.AppendFormatted(GaugeAmount.Bytes(reported.LimitBytes));
        text.AppendLiteral(" free (");
        text.AppendFormatted(GaugeAmount.Percent(percent), exact ? "L" : null);
        text.AppendLiteral(")");
        if (reported.Name != MemoryPool.Host)
        {
            text.AppendLiteral(", ");
            text.AppendLiteral(reported.LimitName);
            text.AppendLiteral(" of cgroup ");
            text.AppendLiteral(reported.Name);
        }

        if (_figures.OwnRssBytes is { } rss)
        {
            text.AppendLiteral(", this process ");
            text.AppendFormatted(GaugeAmount.Bytes(rss));
        }

        if (_figures.SwapTotalBytes is { } swap)
        {
            if (swap == 0)
            {
                text.AppendLiteral(", no swap");
            }
            else
            {
                text.AppendLiteral(", swap ");
                text.AppendFormatted(GaugeAmount.Bytes(_figures.SwapUsedBytes));
                text.AppendLiteral(" of ");
                text.AppendFormatted(GaugeAmount.Bytes(swap));
                text.AppendLiteral(" used");
            }
        }

        if (_figures.NotReadable.Count > 0)
        {
            text.AppendLiteral(", not readable: ");
            text.AppendLiteral(NotReadable());
        }

        return text.ToStringAndClear();
    }

    private string NotReadable() => string.Join("; ", _figures.NotReadable);

    private Dictionary<string, object> Data(MemoryPool reported, MemoryPool? next, string? reason)
    {
        var data = new Dictionary<string, object>(16);
        if (reason is not null)
        {
            data["reason"] = reason;
        }

        data["limitedBy"] = reported.Name;
        data["limitName"] = reported.LimitName;
        data["limitBytes"] = reported.LimitBytes;
        data["usedBytes"] = reported.UsedBytes;
        data["freeBytes"] = reported.FreeBytes;
        data["freePercent"] = Math.Round(reported.FreePercent, 2);
        if (_figures.OwnRssBytes is { } rss)
        {
            data["ownRssBytes"] = rss;
        }

        if (_figures.ArcReclaimableBytes is { } arc)
        {
            data["arcReclaimableBytes"] = arc;
        }

        if (_figures.SwapTotalBytes is { } swap)
        {
            data["swapTotalBytes"] = swap;
            data["swapUsedBytes"] = _figures.SwapUsedBytes;
        }

        if (_figures.NotReadable.Count > 0)
        {
            data["notReadable"] = NotReadable();
        }

        if (next?.Forecast.TimeToLimit is { } left)
        {
            data["timeToFullSeconds"] = Math.Round(left.TotalSeconds);
            if (left > TimeSpan.Zero)
            {
                data["growthBytesPerSecond"] = Math.Round(GrowthPerSecond(next, left), 1);
            }

            if (next != reported)
            {
                data["fillingFirst"] = next.Name;
            }
        }

        return data;
    }
}
