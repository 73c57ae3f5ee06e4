namespace HealthKit;

/// <summary>What a PostgreSQL server is to be.</summary>
public enum PostgreSqlRole
{
    /// <summary>One that takes writes: neither in recovery nor read-only.</summary>
    Primary,

    /// <summary>One that follows another (hot standby): in recovery.</summary>
    Standby,

    /// <summary>Either: it is told and not judged.</summary>
    Any,
}
