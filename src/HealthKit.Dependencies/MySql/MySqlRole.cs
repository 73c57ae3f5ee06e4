namespace HealthKit;

/// <summary>What a MySQL or MariaDB server is to be.</summary>
public enum MySqlRole
{
    /// <summary>One that takes writes.</summary>
    Primary,

    /// <summary>One that replicates from another; it may be read-only.</summary>
    Replica,

    /// <summary>Either: it is told and not judged.</summary>
    Any,
}
