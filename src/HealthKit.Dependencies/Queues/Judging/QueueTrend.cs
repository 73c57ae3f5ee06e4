namespace HealthKit;

/// <summary>What a look tells together with those before it.</summary>
/// <param name="Span">The time that the rates are taken over; zero at the first look.</param>
internal sealed record QueueTrend(TimeSpan Span)
{
    /// <summary>How many came a second; null when that is not known.</summary>
    public double? Arrivals { get; init; }

    /// <summary>How many were completed a second; null when that is not known.</summary>
    public double? Completions { get; init; }

    /// <summary>How many more wait, a second: negative when they become fewer; null at the first look.</summary>
    public double? Change { get; init; }

    /// <summary>Seconds until none waits at the pace of <see cref="Change"/>, infinite when that never comes; null when there was too little to see.</summary>
    public double? DrainSeconds { get; init; }

    /// <summary>Whether some waited at every look of the whole time.</summary>
    public bool IsBacklog { get; init; }

    /// <summary>Since the last sign that one came, or the first look; null where the source counts neither what came nor what was completed.</summary>
    public TimeSpan? NoArrivalsFor { get; init; }

    /// <summary>Since the last sign that one was completed, while some waited or were in progress; null when there is nothing to see it by.</summary>
    public TimeSpan? NoCompletionsFor { get; init; }

    /// <summary>Since the first of the looks in a row that found no consumers; null when there are some, or that is not known.</summary>
    public TimeSpan? NoConsumersFor { get; init; }

    /// <summary>How many died lately.</summary>
    public long Deaths { get; init; }

    /// <summary>How many consumers there were before, when now there are fewer.</summary>
    public int? ConsumersBefore { get; init; }

    /// <summary>Those of them that are gone, by name where the source tells names.</summary>
    public IReadOnlyList<string> GoneConsumers { get; init; } = [];
}
