namespace HealthKit;

/// <summary>How much a <see cref="LogSummary"/> shows, and what it assumes.</summary>
public sealed record LogSummaryOptions
{
    /// <summary>How many of the first lines are shown: 0 to 50. Default 5.</summary>
    public int HeadLines { get; init; } = 5;

    /// <summary>How many of the last lines are shown: 0 to 50. Default 5.</summary>
    public int TailLines { get; init; } = 5;

    /// <summary>How many of the most repeated lines are shown: 0 to 50. Default 10.</summary>
    public int RepeatedLines { get; init; } = 10;

    /// <summary>How many characters of a line are shown at most: 40 to 4,000. Default 300.</summary>
    public int MaxLineLength { get; init; } = 300;

    /// <summary>The offset of times that bear none: whole minutes, -14 to 14 hours. Default UTC.</summary>
    public TimeSpan AssumedOffset { get; init; }

    /// <summary>
    /// Hides secrets in every line that is shown. Null: one that knows what credentials look like, but no secret of the app. Pass the app's own
    /// (a singleton service) where there is one.
    /// </summary>
    public Redactor? Redactor { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        Check(HeadLines, 0, 50, nameof(HeadLines));
        Check(TailLines, 0, 50, nameof(TailLines));
        Check(RepeatedLines, 0, 50, nameof(RepeatedLines));
        Check(MaxLineLength, 40, 4_000, nameof(MaxLineLength));
        if (AssumedOffset.Ticks % TimeSpan.TicksPerMinute != 0 || AssumedOffset.Duration() > TimeSpan.FromHours(14))
        {
            throw new ArgumentOutOfRangeException(nameof(AssumedOffset), AssumedOffset, "It must be whole minutes, from -14 to 14 hours.");
        }
    }

    private static void Check(int value, int least, int most, string name)
    {
        if (value < least || value > most)
        {
            throw new ArgumentOutOfRangeException(name, value, $"It must be {least} to {most}.");
        }
    }
}
