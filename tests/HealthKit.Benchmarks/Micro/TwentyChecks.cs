using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>The same 20 checks for either side: a disk check, a memory check, and 18 that only answer, with three readings each.</summary>
internal sealed class TwentyChecks
{
    public const int Count = 20;

    private long _runs;

    /// <summary>How often the 18 have run.</summary>
    public long Runs => Interlocked.Read(ref _runs);

    public void AddTo(IHealthChecksBuilder builder)
    {
        string[] tags = ["ready"];
        builder.AddDiskSpaceCheck("/", tags: tags).AddMemoryCheck(tags: tags);
        for (var i = 2; i < Count; i++)
        {
            builder.AddCheck($"queue_{i}", new Answer(this), tags: tags);
        }
    }

    private sealed class Answer(TwentyChecks owner) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref owner._runs);
            return Task.FromResult(HealthCheckResult.Healthy(
                "12 waiting, the oldest for 3 s, 0 dead",
                new Dictionary<string, object>(3) { ["waitingCount"] = 12L, ["oldestAgeSeconds"] = 3.2, ["deadCount"] = 0L }));
        }
    }
}
