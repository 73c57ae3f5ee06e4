using System.Text.RegularExpressions;

namespace HealthKit;

/// <summary>What Sentry takes as names, and what is wrong with options that hold others.</summary>
internal static partial class SentryRules
{
    /// <summary>What is shown in the place of a value that may be a secret.</summary>
    public const string Hidden = "***";

    public const string AllowedEnvironment = "1 to 64 characters in one line, without blanks and slashes, and not None";
    public const string AllowedRelease = "1 to 200 characters in one line, without slashes, and not dots alone";
    public const string AllowedSlug = "1 to 50 of a-z, 0-9, _ and -, and not digits alone";

    private const int MaxName = 200;
    private const int MaxEnvironment = 64;

    public static IEnumerable<OptionError> Validate(SentrySinkOptions options)
    {
        if (options.Dsn is { Length: > 0 } && !SentryDsn.TryParse(options.Dsn, out _, out var error))
        {
            // The DSN itself is not shown, wherever it is wrong.
            yield return new(nameof(options.Dsn), Hidden, $"a DSN, or empty to send nothing; what is set {error}");
        }

        if (options.Environment is { } environment && !IsEnvironment(environment))
        {
            yield return new(nameof(options.Environment), environment, AllowedEnvironment);
        }

        if (options.Release is { } release && !IsRelease(release))
        {
            yield return new(nameof(options.Release), release, AllowedRelease);
        }

        if (options.ServerName is { } server && !IsName(server))
        {
            yield return new(nameof(options.ServerName), server, "1 to 200 characters in one line");
        }

        if (options.ProcessType is { } process && !IsName(process))
        {
            yield return new(nameof(options.ProcessType), process, "1 to 200 characters in one line");
        }

        if (!Enum.IsDefined(options.Recovery))
        {
            yield return new(nameof(options.Recovery), options.Recovery, "one of " + string.Join(", ", Enum.GetNames<SentryRecovery>()));
        }

        var interval = options.CheckInInterval;
        if (interval < TimeSpan.FromMinutes(1) || interval > TimeSpan.FromDays(1) || interval.Ticks % TimeSpan.TicksPerMinute != 0)
        {
            yield return new(nameof(options.CheckInInterval), interval, "whole minutes, 00:01:00 to 1.00:00:00");
        }

        if (options.MonitorSlug is { } slug && !IsSlug(slug))
        {
            yield return new(nameof(options.MonitorSlug), slug, AllowedSlug);
        }

        if (options.Proxy is { } proxy && !(proxy is { IsAbsoluteUri: true, Host.Length: > 0 } && proxy.Scheme is "http" or "https"))
        {
            yield return new(nameof(options.Proxy), Hidden, "an absolute address that starts with http:// or https://");
        }
    }

    public static bool IsEnvironment(string text) =>
        IsName(text) && text.Length <= MaxEnvironment && !text.Equals("none", StringComparison.OrdinalIgnoreCase) && !text.AsSpan().ContainsAny(' ', '/');

    public static bool IsRelease(string text) => IsName(text) && text is not ("." or "..") && !text.AsSpan().ContainsAny('/', '\\');

    public static bool IsSlug(string text) => Slug().IsMatch(text) && text.AsSpan().ContainsAnyExceptInRange('0', '9');

    /// <summary>A text made a release's name; null when nothing is left of it.</summary>
    public static string? ToRelease(string text) => SentryText.Line(text.Replace('/', '-').Replace('\\', '-'), MaxName) is var name && IsRelease(name) ? name : null;

    /// <summary>A text made an environment's name; null when nothing is left of it.</summary>
    public static string? ToEnvironment(string text) =>
        SentryText.Line(text, MaxEnvironment).Replace('/', '-').Replace(' ', '-') is var name && IsEnvironment(name) ? name : null;

    private static bool IsName(string text) => text.Length <= MaxName && text.Trim().Length == text.Length && SentryText.Line(text, MaxName) == text && text.Length > 0;

    [GeneratedRegex(@"\A[a-z0-9_-]{1,50}\z")]
    private static partial Regex Slug();
}
