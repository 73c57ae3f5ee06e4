using System.Globalization;

namespace HealthKit;

/// <summary>Times as people read them: <c>0.3 ms</c>, <c>12 ms</c>, and from a second on as <see cref="GaugeAmount"/> has it: <c>1.3 s</c>, <c>2 min 5 s</c>.</summary>
internal static class Latency
{
    public static string Text(TimeSpan time)
    {
        var culture = CultureInfo.InvariantCulture;
        return time switch
        {
            { TotalMilliseconds: < 9.95 } => string.Create(culture, $"{time.TotalMilliseconds:0.#} ms"),
            { TotalMilliseconds: < 999.5 } => string.Create(culture, $"{time.TotalMilliseconds:0} ms"),
            _ => GaugeAmount.Time(time).ToString(),
        };
    }
}
