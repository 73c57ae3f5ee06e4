using System.Text.Json;

namespace HealthKit;

/// <summary>
/// What Sentry is to expect of a monitor; it makes or changes the monitor by it (https://develop.sentry.dev/sdk/telemetry/check-ins/).
/// Immutable. Made by <see cref="Every"/> or <see cref="Cron"/>.
/// </summary>
public sealed record SentryMonitorConfig
{
    private const int MaxCrontab = 200;
    private const int MaxMinutes = 60 * 24 * 366;

    private int _checkInMargin;
    private int _maxRuntime;
    private int _failures = 1;
    private int _recoveries = 1;

    private SentryMonitorConfig(long value, string? unit, string? crontab, string? timeZone) =>
        (Value, Unit, Crontab, TimeZone) = (value, unit, crontab, timeZone);

    /// <summary>How late a check-in may be, in minutes: 1 to 527,040; 0 for Sentry's default. Default: 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range.</exception>
    public int CheckInMarginMinutes
    {
        get => _checkInMargin;
        init => _checkInMargin = Checked(value, 0, MaxMinutes);
    }

    /// <summary>How long a job may be in progress, in minutes: 1 to 527,040; 0 for Sentry's default. Default: 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range.</exception>
    public int MaxRuntimeMinutes
    {
        get => _maxRuntime;
        init => _maxRuntime = Checked(value, 0, MaxMinutes);
    }

    /// <summary>How many failures in a row make an issue: 1 to 720. Default: 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range.</exception>
    public int FailureThreshold
    {
        get => _failures;
        init => _failures = Checked(value, 1, 720);
    }

    /// <summary>How many successes in a row resolve it: 1 to 720. Default: 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range.</exception>
    public int RecoveryThreshold
    {
        get => _recoveries;
        init => _recoveries = Checked(value, 1, 720);
    }

    private long Value { get; }

    private string? Unit { get; }

    private string? Crontab { get; }

    private string? TimeZone { get; }

    /// <summary>A check-in in each interval.</summary>
    /// <param name="interval">Whole minutes, 1 minute to 365 days.</param>
    /// <exception cref="ArgumentOutOfRangeException">The interval is outside its range.</exception>
    public static SentryMonitorConfig Every(TimeSpan interval)
    {
        if (interval < TimeSpan.FromMinutes(1) || interval > TimeSpan.FromDays(365) || interval.Ticks % TimeSpan.TicksPerMinute != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(interval), interval, "Allowed: whole minutes, 1 minute to 365 days.");
        }

        return interval.Ticks % TimeSpan.TicksPerDay == 0 ? new((long)interval.TotalDays, "day", null, null)
            : interval.Ticks % TimeSpan.TicksPerHour == 0 ? new((long)interval.TotalHours, "hour", null, null)
            : new((long)interval.TotalMinutes, "minute", null, null);
    }

    /// <summary>Check-ins by a crontab.</summary>
    /// <param name="crontab">Five fields: <c>0 4 * * *</c>. Sentry refuses one that it does not understand.</param>
    /// <param name="timeZone">The time zone's name in the tz database: <c>Europe/Moscow</c>; null for UTC.</param>
    /// <exception cref="ArgumentException">The crontab has not five fields.</exception>
    public static SentryMonitorConfig Cron(string crontab, string? timeZone = null)
    {
        ArgumentNullException.ThrowIfNull(crontab);
        if (crontab.Length > MaxCrontab || crontab.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length != 5 || crontab.Any(char.IsControl))
        {
            throw new ArgumentException($"'{crontab}' is no crontab; allowed: five fields such as '0 4 * * *'.", nameof(crontab));
        }

        return new(0, null, crontab.Trim(), string.IsNullOrWhiteSpace(timeZone) ? null : timeZone.Trim());
    }

    /// <summary>Never: only check-ins change the monitor. Sentry has no such schedule; a year is the longest it has.</summary>
    internal static SentryMonitorConfig Yearly() => new(1, "year", null, null);

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("monitor_config");
        json.WriteStartObject("schedule");
        json.WriteString("type", Crontab is null ? "interval" : "crontab");
        if (Crontab is null)
        {
            json.WriteNumber("value", Value);
            json.WriteString("unit", Unit);
        }
        else
        {
            json.WriteString("value", Crontab);
        }

        json.WriteEndObject();
        if (CheckInMarginMinutes > 0)
        {
            json.WriteNumber("checkin_margin", CheckInMarginMinutes);
        }

        if (MaxRuntimeMinutes > 0)
        {
            json.WriteNumber("max_runtime", MaxRuntimeMinutes);
        }

        if (Crontab is not null)
        {
            json.WriteString("timezone", TimeZone ?? "UTC");
        }

        json.WriteNumber("failure_issue_threshold", FailureThreshold);
        json.WriteNumber("recovery_threshold", RecoveryThreshold);
        json.WriteEndObject();
    }

    private static int Checked(int value, int least, int most) => value >= least && value <= most
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"Allowed: {least} to {most}.");
}
