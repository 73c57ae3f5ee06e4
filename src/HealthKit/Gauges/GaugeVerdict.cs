namespace HealthKit;

/// <summary>What is wrong: every problem in words, the first of the worst named as the reason.</summary>
public sealed class GaugeVerdict
{
    /// <summary>How bad the worst of them is.</summary>
    public GaugeLevel Level { get; private set; }

    /// <summary>The stable code of the first of the worst; null when all is well.</summary>
    public string? Reason { get; private set; }

    /// <summary>Every problem, in words; null when there is none.</summary>
    public string? Problem { get; private set; }

    /// <summary>Takes another problem.</summary>
    /// <param name="level">How bad it is.</param>
    /// <param name="reason">Its stable code.</param>
    /// <param name="problem">What is wrong, in words with numbers.</param>
    public void Add(GaugeLevel level, string reason, string problem)
    {
        Problem = Problem is null ? problem : $"{Problem}, {problem}";
        if (level > Level)
        {
            Level = level;
            Reason = reason;
        }
    }
}
