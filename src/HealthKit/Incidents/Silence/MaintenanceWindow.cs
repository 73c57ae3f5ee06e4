namespace HealthKit;

/// <summary>A time in which nobody is told of new incidents, because somebody works on the system. Checks run on, and incidents are recorded.</summary>
public sealed record MaintenanceWindow
{
    /// <summary>Its name; unique among those of the same origin.</summary>
    public required string Name { get; init; }

    /// <summary>When it begins.</summary>
    public required DateTimeOffset Begin { get; init; }

    /// <summary>When it ends by itself.</summary>
    public required DateTimeOffset End { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>The checks it covers, and what depends on them while they are bad; empty for all.</summary>
    public IReadOnlyList<string> Checks { get; init; } = [];

    /// <summary>Whether it is in force for a check.</summary>
    /// <param name="check">The check's name, compared ignoring case.</param>
    /// <param name="at">The time.</param>
    public bool Covers(string check, DateTimeOffset at) =>
        at >= Begin && at < End && (Checks.Count == 0 || Checks.Contains(check, StringComparer.OrdinalIgnoreCase));
}
