namespace HealthKit;

/// <summary>What the check of MySQL and MariaDB asks, its limits, and how it gets a connection.</summary>
public sealed class MySqlOptions : DatabaseOptions
{
    internal static readonly Gauge Connections = new(
        "connections",
        GaugeUnit.Percent,
        GaugeDirection.HighIsBad,
        nameof(DegradedAboveConnectionsPercent),
        nameof(UnhealthyAboveConnectionsPercent),
        new GaugeLimits(80, 95));

    internal static readonly Gauge Lag = new(
        "replication lag",
        GaugeUnit.Seconds,
        GaugeDirection.HighIsBad,
        nameof(DegradedAboveReplicationLag),
        nameof(UnhealthyAboveReplicationLag),
        new GaugeLimits(60, 300));

    internal static readonly Gauge Size = new(
        "database size",
        GaugeUnit.Bytes,
        GaugeDirection.HighIsBad,
        nameof(DegradedAboveSizeBytes),
        nameof(UnhealthyAboveSizeBytes),
        ratio: 1.25);

    /// <summary>
    /// What the server is to be. Primary: unhealthy when it is read-only (read_only, super_read_only, innodb_read_only). Replica: unhealthy when it replicates from
    /// nobody.
    /// </summary>
    public MySqlRole ExpectRole { get; set; } = MySqlRole.Primary;

    /// <summary>
    /// Degraded above this share of the connections that the server allows (<c>max_connections</c>), and of those that it allows this account
    /// (<c>max_user_connections</c>), in percent, 0 to 100. Null follows the other; 80 when neither is set.
    /// </summary>
    public double? DegradedAboveConnectionsPercent { get; set; }

    /// <summary>Unhealthy above this share, in percent, 0 to 100. Null follows the other; 95 when neither is set.</summary>
    public double? UnhealthyAboveConnectionsPercent { get; set; }

    /// <summary>
    /// Degraded when a replica is further behind its source than this, a delay that it is told to keep (<c>MASTER_DELAY</c>) not counted.
    /// Above zero; null follows the other, a minute when neither is set.
    /// </summary>
    public TimeSpan? DegradedAboveReplicationLag { get; set; }

    /// <summary>Unhealthy above this. Above zero; null follows the other, 5 minutes when neither is set.</summary>
    public TimeSpan? UnhealthyAboveReplicationLag { get; set; }

    /// <summary>
    /// Degraded when the tables of the database and their indexes are larger than this together, in bytes; and when they grow so that they soon reach the
    /// unhealthy limit. Null follows the other; no limit when neither is set.
    /// </summary>
    public long? DegradedAboveSizeBytes { get; set; }

    /// <summary>Unhealthy above this, in bytes. Null follows the other; no limit when neither is set.</summary>
    public long? UnhealthyAboveSizeBytes { get; set; }

    /// <summary>
    /// Columns of text that are known to hold no character of 4 bytes, and may stay so: <c>table.column</c>, with * and ? for any characters and for one. <c>*</c>
    /// alone turns the search off, and lets the database's default character set be a narrow one too.
    /// </summary>
    public IList<string>? KnownNarrowColumns { get; set; }

    /// <summary>Whether a character of 4 bytes is written into a temporary table and read back, every 5 minutes.</summary>
    public bool RoundTrip { get; set; } = true;

    private protected override IReadOnlyList<string> OwnFacts { get; } =
        ["size", "connections", "accountConnections", "replicationLag", "narrowColumns", "roundTrip"];

    private protected override IReadOnlyList<string> OwnKeys { get; } =
    [
        "maxConnectionsCount", "mostConnectionsCount", "maxAccountConnectionsCount", "abortedConnectsCount", "uptimeSeconds", "replicaChannelsCount",
    ];

    internal IEnumerable<OptionError> Validate()
    {
        foreach (var error in ValidateDatabase()
            .Concat(Connections.Validate(DegradedAboveConnectionsPercent, UnhealthyAboveConnectionsPercent))
            .Concat(Lag.Validate(DegradedAboveReplicationLag, UnhealthyAboveReplicationLag))
            .Concat(Size.Validate(DegradedAboveSizeBytes, UnhealthyAboveSizeBytes)))
        {
            yield return error;
        }

        if (!Enum.IsDefined(ExpectRole))
        {
            yield return new OptionError(nameof(ExpectRole), ExpectRole, "Primary, Replica or Any");
        }

        if (KnownNarrowColumns is { } known && known.FirstOrDefault(static name => !IsColumn(name)) is var bad && known.Any(static name => !IsColumn(name)))
        {
            yield return new OptionError(nameof(KnownNarrowColumns), ForeignText.Shown(bad ?? "", 100), "table.column, in which * stands for any characters and ? for one; or *");
        }
    }

    private static bool IsColumn(string? name) =>
        !string.IsNullOrWhiteSpace(name) && name.Length <= 200 && (name.Contains('.', StringComparison.Ordinal) || name.Contains('*', StringComparison.Ordinal))
        && !name.Contains(">=", StringComparison.Ordinal) && !name.Any(char.IsControl);
}
