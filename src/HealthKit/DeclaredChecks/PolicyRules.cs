namespace HealthKit;

/// <summary>What a policy's values may be.</summary>
internal static class PolicyRules
{
    private const string Interval = "a time span from 00:00:00.1 (100 ms) to 1.00:00:00 (1 day)";
    private const string Threshold = "a whole number from 1 to 1000";

    public static IEnumerable<OptionError> Validate(CheckPolicy policy)
    {
        if (!IsInterval(policy.Period))
        {
            yield return new(nameof(policy.Period), policy.Period, Interval);
        }

        if (!IsInterval(policy.Timeout))
        {
            yield return new(nameof(policy.Timeout), policy.Timeout, Interval);
        }

        if (policy.Delay < TimeSpan.Zero || policy.Delay > CheckPolicy.MaxInterval)
        {
            yield return new(nameof(policy.Delay), policy.Delay, "a time span from 00:00:00 to 1.00:00:00 (1 day)");
        }

        if (policy.StaleAfter is { } stale && (stale < CheckPolicy.MinimumInterval || stale > TimeSpan.FromDays(31)))
        {
            yield return new(nameof(policy.StaleAfter), stale, "a time span from 00:00:00.1 (100 ms) to 31.00:00:00 (31 days)");
        }
        else if (policy.StaleAfter is { } limit && IsInterval(policy.Period) && limit <= policy.Period)
        {
            // A result would be stale before the next can be there, and the check would turn bad and good for ever.
            yield return new(
                nameof(policy.StaleAfter),
                limit,
                $"more than {nameof(policy.Period)} ({policy.Period}), best the sum of that and {nameof(policy.Timeout)} or more, to 31.00:00:00 (31 days)");
        }

        if (policy.FailureThreshold is < 1 or > 1000)
        {
            yield return new(nameof(policy.FailureThreshold), policy.FailureThreshold, Threshold);
        }

        if (policy.RecoveryThreshold is < 1 or > 1000)
        {
            yield return new(nameof(policy.RecoveryThreshold), policy.RecoveryThreshold, Threshold);
        }

        if (policy.MutedUntil is not null && string.IsNullOrWhiteSpace(policy.MuteReason))
        {
            yield return new(nameof(policy.MuteReason), policy.MuteReason, $"a text that is not empty, beside {nameof(policy.MutedUntil)}: a mute needs a reason");
        }
        else if (policy.MutedUntil is null && policy.MuteReason is not null)
        {
            yield return new(nameof(policy.MutedUntil), null, $"{OffsetTime.Allowed}, beside {nameof(policy.MuteReason)}: a mute needs an end");
        }
    }

    private static bool IsInterval(TimeSpan span) => span >= CheckPolicy.MinimumInterval && span <= CheckPolicy.MaxInterval;
}
