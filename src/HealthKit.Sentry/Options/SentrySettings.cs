using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HealthKit;

/// <summary>A sink's options together with what the environment says. Immutable.</summary>
internal sealed record SentrySettings
{
    public const string DsnVariable = "SENTRY_DSN";
    public const string EnvironmentVariable = "SENTRY_ENVIRONMENT";
    public const string ReleaseVariable = "SENTRY_RELEASE";

    private const string DefaultEnvironment = "production";

    /// <summary>Null when nothing is to be sent.</summary>
    public SentryDsn? Dsn { get; init; }

    public string Environment { get; init; } = DefaultEnvironment;

    /// <summary>The configured release; null for the app's name and version.</summary>
    public string? Release { get; init; }

    /// <summary>Null for the machine's.</summary>
    public string? ServerName { get; init; }

    public string? ProcessType { get; init; }

    public SentryRecovery Recovery { get; init; }

    public bool AttachEvidence { get; init; } = true;

    public bool CheckIns { get; init; } = true;

    public TimeSpan CheckInInterval { get; init; } = TimeSpan.FromMinutes(1);

    public string? MonitorSlug { get; init; }

    public Uri? Proxy { get; init; }

    /// <summary>Options that were found valid, over the environment.</summary>
    /// <exception cref="InvalidOperationException">The environment holds something that cannot be used; the message shows no DSN.</exception>
    public static SentrySettings Of(SentrySinkOptions options, IServiceProvider services)
    {
        var variables = new Variables(services);
        return new SentrySettings
        {
            Dsn = options.Dsn is { } text ? (text.Length == 0 ? null : Parse(text, nameof(options.Dsn))) : variables.Dsn,
            Environment = options.Environment ?? variables.Environment ?? HostEnvironment(services) ?? DefaultEnvironment,
            Release = options.Release ?? variables.Release,
            ServerName = options.ServerName,
            ProcessType = options.ProcessType,
            Recovery = options.Recovery,
            AttachEvidence = options.AttachEvidence,
            CheckIns = options.CheckIns,
            CheckInInterval = options.CheckInInterval,
            MonitorSlug = options.MonitorSlug,
            Proxy = options.Proxy,
        };
    }

    /// <summary>Looks at what the environment says, whether a sink needs it or not.</summary>
    /// <exception cref="InvalidOperationException">Some of it cannot be used.</exception>
    public static void Validate(IServiceProvider services)
    {
        var variables = new Variables(services);
        _ = (variables.Dsn, variables.Environment, variables.Release);
    }

    /// <summary>Sentry's own SDK for .NET writes it in lower case too.</summary>
    private static string? HostEnvironment(IServiceProvider services) =>
        services.GetService<IHostEnvironment>()?.EnvironmentName is { Length: > 0 } name ? SentryRules.ToEnvironment(name.ToLowerInvariant()) : null;

    private static SentryDsn Parse(string text, string where) => SentryDsn.TryParse(text, out var dsn, out var error)
        ? dsn
        : throw new InvalidOperationException($"{where} {error}. It is not shown, for it may hold a key.");

    private sealed class Variables(IServiceProvider services)
    {
        private readonly IConfiguration? _configuration = services.GetService<IConfiguration>();

        public SentryDsn? Dsn => Read(DsnVariable) is { } text ? Parse(text, DsnVariable) : null;

        public string? Environment => Checked(EnvironmentVariable, SentryRules.IsEnvironment, SentryRules.AllowedEnvironment);

        public string? Release => Checked(ReleaseVariable, SentryRules.IsRelease, SentryRules.AllowedRelease);

        private string? Checked(string name, Func<string, bool> isAllowed, string allowed) => Read(name) is not { } text || isAllowed(text)
            ? Read(name)
            : throw new InvalidOperationException($"{name} = '{services.GetService<Redactor>()?.Redact(text) ?? SentryRules.Hidden}'; allowed: {allowed}");

        /// <summary>Hosts take environment variables into their configuration; some apps do not.</summary>
        private string? Read(string name) =>
            (_configuration?[name] ?? System.Environment.GetEnvironmentVariable(name)) is { } text && text.Trim() is { Length: > 0 } trimmed ? trimmed : null;
    }
}
