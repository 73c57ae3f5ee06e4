using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.AspNetCore;

/// <summary>A monitor that shows the picture it is given.</summary>
internal sealed class PictureMonitor : HealthMonitor
{
    public static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    private HealthSnapshot _current = Picture(0);

    public PictureMonitor(params CheckState[] checks) => Show(checks);

    public override HealthSnapshot Current => Volatile.Read(ref _current);

    public override IReadOnlyList<CatalogEntry> Catalog => [];

    /// <summary>Of a check type of HealthKit.</summary>
    public static readonly CheckDescriptor Descriptor = new("Typed", "Something.", new Dictionary<HealthStatus, string>(), "Here.", "Mend it.");

    public static HealthSnapshot Picture(long version, params CheckState[] checks) => new()
    {
        Version = version,
        At = Noon,
        Status = checks.Where(check => check.Counts).Select(check => check.Status).Append(HealthStatus.Healthy).Min(),
        Checks = checks,
    };

    public static CheckState State(string name, HealthStatus status = HealthStatus.Healthy, params string[] tags) => new()
    {
        Name = name,
        Status = status,
        LatestStatus = status,
        Condition = CheckCondition.Current,
        CheckedAt = Noon,
        Since = Noon.AddMinutes(-5),
        Duration = TimeSpan.FromMicroseconds(157.8),
        Tags = tags,
        Policy = new CheckPolicy(),
    };

    public static CheckState Pending(string name, HealthStatus failureStatus = HealthStatus.Unhealthy, params string[] tags) =>
        State(name, failureStatus, tags) with { Condition = CheckCondition.Pending, LatestStatus = null, CheckedAt = null, Reason = "check.pending" };

    public void Show(params CheckState[] checks) => Volatile.Write(ref _current, Picture(_current.Version + 2, checks));

    public override Task<CheckState> RunAsync(string name, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
