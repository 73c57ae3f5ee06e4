namespace HealthKit;

/// <summary>What silences of every origin have in common.</summary>
internal static class MaintenanceLimits
{
    /// <summary>No silence lasts longer: a forgotten one must not hide an outage for ever.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(31);

    /// <summary>The longest reason that is kept, in characters.</summary>
    private const int ReasonLength = 500;

    /// <summary>What is allowed for the end of a window, when that end is not.</summary>
    public static string? WrongEnd(DateTimeOffset begin, DateTimeOffset end) => end > begin && end - begin <= Longest
        ? null
        : $"a time after the begin ({OffsetTime.Format(begin)}), at most 31 days after it";

    /// <summary>Bounds a reason that has been redacted.</summary>
    public static string Cut(string reason)
    {
        if (reason.Length <= ReasonLength)
        {
            return reason;
        }

        var end = char.IsHighSurrogate(reason[ReasonLength - 2]) ? ReasonLength - 2 : ReasonLength - 1;
        return string.Concat(reason.AsSpan(0, end), "…");
    }
}
