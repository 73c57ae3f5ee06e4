namespace HealthKit;

/// <summary>What is wrong: every problem in words, the first of the worst named as the reason.</summary>
internal struct Verdict
{
    public GaugeLevel Level { get; private set; }

    public string? Reason { get; private set; }

    public string? Problem { get; private set; }

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
