using System.Globalization;

namespace HealthKit;

/// <summary>Times as people read them: <c>0.3 ms</c>, <c>12 ms</c>, <c>1.3 s</c>, <c>2 min 5 s</c>.</summary>
internal static class Latency
{
    public static string Text(TimeSpan time)
    {
        var culture = CultureInfo.InvariantCulture;
        return time switch
        {
            { TotalMilliseconds: < 9.95 } => string.Create(culture, $"{time.TotalMilliseconds:0.#} ms"),
            { TotalMilliseconds: < 999.5 } => string.Create(culture, $"{time.TotalMilliseconds:0} ms"),
            { TotalSeconds: < 9.95 } => string.Create(culture, $"{time.TotalSeconds:0.#} s"),
            { TotalSeconds: < 59.5 } => string.Create(culture, $"{time.TotalSeconds:0} s"),
            _ => Long(TimeSpan.FromSeconds(Math.Round(time.TotalSeconds))),
        };
    }

    private static string Long(TimeSpan time)
    {
        var (large, largeUnit, small, smallUnit) = time switch
        {
            { TotalHours: < 1 } => (time.Minutes, "min", time.Seconds, "s"),
            { TotalDays: < 1 } => (time.Hours, "h", time.Minutes, "min"),
            _ => (time.Days, "d", time.Hours, "h"),
        };
        return small == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{large} {largeUnit}")
            : string.Create(CultureInfo.InvariantCulture, $"{large} {largeUnit} {small} {smallUnit}");
    }
}
