using System.Collections.ObjectModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>A run's result as it is kept: redacted, bounded, immutable.</summary>
internal sealed record FrozenResult(
    HealthStatus Status,
    string? Reason,
    string? Description,
    IReadOnlyDictionary<string, object?> Data,
    IReadOnlyList<Reading> Readings,
    ExceptionInfo? Exception)
{
    /// <summary>The run had nothing to tell: the result before it stays, and ages.</summary>
    public static readonly FrozenResult NoNews = new(HealthStatus.Healthy, null, null);

    public FrozenResult(HealthStatus status, string? reason, string? description)
        : this(status, reason, description, ReadOnlyDictionary<string, object?>.Empty, [], Exception: null)
    {
    }
}
