using System.Globalization;
using System.Text.Json;

namespace HealthKit;

/// <summary>The moment at which an entry was put into a queue, as producers write it.</summary>
internal static class EnqueuedMoment
{
    /// <summary>2001: what is smaller is a priority or a counter, no moment.</summary>
    private const double Earliest = 1e9;

    /// <summary>Seconds end in the year 5138, where milliseconds begin in 1973.</summary>
    private const double FirstMilliseconds = 1e11;
    private const double FirstMicroseconds = 1e14;
    private const double FirstNanoseconds = 1e17;

    /// <summary>A number since 1970 in seconds, or in milli-, micro- or nanoseconds if it is that great; null when it is no moment.</summary>
    public static DateTimeOffset? Of(double number)
    {
        var seconds = number / UnitOf(number);
        return seconds is >= Earliest and < FirstMilliseconds ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;
    }

    /// <summary>How many of a number's units make a second.</summary>
    public static double UnitOf(double number) => number switch
    {
        < FirstMilliseconds => 1,
        < FirstMicroseconds => 1e3,
        < FirstNanoseconds => 1e6,
        _ => 1e9,
    };

    /// <summary>A number as above, the same as text, or ISO 8601 with an offset; null when it is none of these.</summary>
    public static DateTimeOffset? Of(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
                return value.TryGetDouble(out var number) ? Of(number) : null;
            case JsonValueKind.String:
                try
                {
                    return Of(value.GetString()!);
                }
                catch (InvalidOperationException)
                {
                    return null; // half a surrogate pair, written as an escape
                }

            default:
                return null;
        }
    }

    /// <summary>A text as above.</summary>
    public static DateTimeOffset? Of(string text)
    {
        if (text.Length > 40)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return Of(number);
        }

        // Without an offset it would be another moment on another machine.
        return (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal)) && text.Contains('T', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment
            : null;
    }

    /// <summary>How long ago. Clocks differ: what is yet to come is now.</summary>
    public static TimeSpan Age(DateTimeOffset moment, DateTimeOffset now) => now > moment ? now - moment : TimeSpan.Zero;
}
