namespace HealthKit;

/// <summary>Options of a Sentry sink: one DSN and what goes with it.</summary>
public sealed class SentrySinkOptions
{
    /// <summary>
    /// The project's DSN: <c>https://publicKey@host/projectId</c>. A secret. Null for <c>SENTRY_DSN</c> of the configuration or the
    /// environment; empty to send nothing whatever that says.
    /// </summary>
    public string? Dsn { get; set; }

    /// <summary>
    /// The environment: at most 64 characters, no blanks, no slashes, not <c>None</c>. Null for <c>SENTRY_ENVIRONMENT</c>, else the
    /// host environment's name in lower case, else <c>production</c>.
    /// </summary>
    public string? Environment { get; set; }

    /// <summary>
    /// The release: at most 200 characters, no slashes. Null for <c>SENTRY_RELEASE</c>, else the app's name and version:
    /// <c>shop@1.2.3</c>.
    /// </summary>
    public string? Release { get; set; }

    /// <summary>The server's name: at most 200 characters. Null for the machine's.</summary>
    public string? ServerName { get; set; }

    /// <summary>What kind of process this is (<c>web</c>, <c>worker</c>): the tag <c>process_type</c>, at most 200 characters. Null for none.</summary>
    public string? ProcessType { get; set; }

    /// <summary>How a resolve is told. Default: <see cref="SentryRecovery.Event"/>.</summary>
    public SentryRecovery Recovery { get; set; } = SentryRecovery.Event;

    /// <summary>Whether an incident's evidence goes with its first event, as <c>evidence.json</c>. Default: true.</summary>
    public bool AttachEvidence { get; set; } = true;

    /// <summary>
    /// Whether the monitor itself checks in, so that Sentry alarms when it falls silent. Only the first Sentry sink that has a DSN
    /// does. Default: true.
    /// </summary>
    public bool CheckIns { get; set; } = true;

    /// <summary>How often it checks in: whole minutes, 1 minute to 1 day. Default: 1 minute.</summary>
    public TimeSpan CheckInInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The monitor's slug in Sentry: 1 to 50 of <c>a-z 0-9 _ -</c>, not digits alone. Null for one made of the app, the process type,
    /// the server and the instance. Two instances with one slug hide each other's silence.
    /// </summary>
    public string? MonitorSlug { get; set; }

    /// <summary>
    /// The HTTP proxy, with its user and password if it wants any, which are secrets. Null for the system's (<c>HTTPS_PROXY</c>,
    /// <c>NO_PROXY</c>, …).
    /// </summary>
    public Uri? Proxy { get; set; }

    /// <summary>The receiver as it may be shown: scheme, host, port and project.</summary>
    public override string ToString() =>
        Dsn is null ? "SENTRY_DSN" : Dsn.Length == 0 ? "nothing" : SentryDsn.TryParse(Dsn, out var dsn, out _) ? dsn.ToString() : SentryRules.Hidden;
}
