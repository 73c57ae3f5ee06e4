using System.Globalization;
using System.Text.RegularExpressions;

namespace HealthKit;

/// <summary>
/// A moment as text: ISO 8601 with an offset, or Z. A local time without one means another moment on another machine, and none or two
/// when the clocks change.
/// </summary>
internal static partial class OffsetTime
{
    public const string Allowed = "a time with its offset, 2026-11-22T22:00:00+01:00, or of UTC, 2026-11-22T21:00:00Z";

    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        return text.Length <= 40 && Pattern().IsMatch(text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }

    public static string Format(DateTimeOffset time) =>
        time.ToString(time.Offset == TimeSpan.Zero ? "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'" : "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7})?)?(Z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Pattern();
}
