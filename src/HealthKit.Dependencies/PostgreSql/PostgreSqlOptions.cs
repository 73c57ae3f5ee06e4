namespace HealthKit;

/// <summary>What the PostgreSQL check connects to, what the server is to be, and the limits of what is measured.</summary>
public sealed class PostgreSqlOptions : DatabaseOptions
{
    /// <summary>
    /// What the server is to be. Primary: unhealthy in recovery (pg_is_in_recovery()) and where transactions are read-only
    /// (default_transaction_read_only). Standby: unhealthy when not in recovery.
    /// </summary>
    public PostgreSqlRole ExpectRole { get; set; } = PostgreSqlRole.Primary;

    /// <summary>
    /// Whether a standby without a WAL receiver (pg_stat_wal_receiver is empty) is degraded. False for one that is fed from an archive.
    /// </summary>
    public bool RequireWalReceiver { get; set; } = true;

    /// <summary>
    /// Degraded above this share of the connections that the server has for ordinary accounts: max_connections less superuser_reserved_connections and
    /// reserved_connections; or of the role's or the database's own CONNECTION LIMIT, where less is left of that. Allowed: 0 to 100. Default: none, which means 80, or
    /// as far from the other.
    /// </summary>
    public double? DegradedAboveConnectionsPercent { get; set; }

    /// <summary>Unhealthy above this share of the connections. Allowed: 0 to 100. Default: none, which means 95, or as near as the other has it.</summary>
    public double? UnhealthyAboveConnectionsPercent { get; set; }

    /// <summary>
    /// Degraded when a standby is behind by more: the age of the last transaction that it replayed while more is there to replay, or on a primary
    /// replay_lag in pg_stat_replication. Allowed: above 0. Default: none, which means <c>00:01:00</c>, or a fifth of the other.
    /// </summary>
    public TimeSpan? DegradedAboveReplicationLag { get; set; }

    /// <summary>Unhealthy when a standby is behind by more. Allowed: above 0. Default: none, which means <c>00:05:00</c>, or five times the other.</summary>
    public TimeSpan? UnhealthyAboveReplicationLag { get; set; }

    /// <summary>
    /// Degraded when a replication slot, active or not, keeps more WAL than this. Allowed: 0 or more. Default: none, which means 5 GiB, or a tenth of the other.
    /// </summary>
    public long? DegradedAboveRetainedWalBytes { get; set; }

    /// <summary>
    /// Unhealthy when a replication slot, active or not, keeps more WAL than this. Allowed: 0 or more. Default: none, which means 50 GiB, or ten times the other.
    /// </summary>
    public long? UnhealthyAboveRetainedWalBytes { get; set; }

    /// <summary>Degraded when the database (pg_database_size) is larger. Allowed: 0 or more. Default: none, or 80 % of the other.</summary>
    public long? DegradedAboveSizeBytes { get; set; }

    /// <summary>
    /// Unhealthy when the database is larger; it is foretold when it grows towards it. Allowed: 0 or more. Default: none, or 125 % of the other.
    /// </summary>
    public long? UnhealthyAboveSizeBytes { get; set; }

    /// <summary>
    /// Degraded when the oldest transaction is older, one that is idle or prepared included: it keeps VACUUM from cleaning up. Allowed: above 0. Default:
    /// none, which means <c>01:00:00</c>, or a 24th of the other.
    /// </summary>
    public TimeSpan? DegradedAboveTransactionAge { get; set; }

    /// <summary>Unhealthy when the oldest transaction is older. Allowed: above 0. Default: none, which means <c>1.00:00:00</c>, or 24 times the other.</summary>
    public TimeSpan? UnhealthyAboveTransactionAge { get; set; }

    /// <summary>
    /// Degraded when the oldest database has used more of the 2^31 transactions after which the server must stop (age(datfrozenxid), mxid_age(datminmxid)).
    /// Autovacuum begins at autovacuum_freeze_max_age, 9.3 % unless changed. Allowed: 0 to 100. Default: none, which means 50, or as far from the other.
    /// </summary>
    public double? DegradedAboveWraparoundPercent { get; set; }

    /// <summary>Unhealthy when it has used more. Allowed: 0 to 100. Default: none, which means 80, or as near as the other has it.</summary>
    public double? UnhealthyAboveWraparoundPercent { get; set; }

    private protected override IReadOnlyList<string> OwnFacts => PostgreSqlFacts.Names;

    private protected override IReadOnlyList<string> OwnKeys => PostgreSqlFacts.Keys;

    internal IEnumerable<OptionError> Validate()
    {
        foreach (var error in ValidateDatabase())
        {
            yield return error;
        }

        if (!Enum.IsDefined(ExpectRole))
        {
            yield return new OptionError(nameof(ExpectRole), ExpectRole, "Primary, Standby or Any");
        }

        foreach (var error in PostgreSqlFacts.Validate(this))
        {
            yield return error;
        }
    }
}
