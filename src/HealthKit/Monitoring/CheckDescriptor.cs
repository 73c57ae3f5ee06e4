using System.Collections.ObjectModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What a check type tells people: what it measures, what its states mean, where to look and what to do.</summary>
/// <param name="Type">The type's name, as a declared check's <c>Type</c> names it: <c>DiskSpace</c>.</param>
/// <param name="Measures">What is measured, in one sentence.</param>
/// <param name="States">What each status means for this type.</param>
/// <param name="WhereToLook">Where the cause is found: a command, a file, a page.</param>
/// <param name="Remedy">What to do about it. A check's policy may replace it (<see cref="CheckPolicy.Remedy"/>).</param>
public sealed record CheckDescriptor(
    string Type,
    string Measures,
    IReadOnlyDictionary<HealthStatus, string> States,
    string WhereToLook,
    string Remedy)
{
    /// <summary>What to do by reason, where it differs: shown instead of <see cref="Remedy"/>.</summary>
    public IReadOnlyDictionary<string, string> RemedyByReason { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The tags of a check of this type that is given none, in code or by configuration: <c>ready</c> for what the app depends on.</summary>
    public IReadOnlyList<string> DefaultTags { get; init; } = [];

    /// <summary>What to do about a reason.</summary>
    /// <param name="reason">A state's reason; null when there is none.</param>
    public string RemedyFor(string? reason) =>
        reason is not null && RemedyByReason.TryGetValue(reason, out var remedy) ? remedy : Remedy;
}
