namespace HealthKit;

/// <summary>What a Redis server may be.</summary>
public enum RedisRole
{
    /// <summary>Either is good.</summary>
    Any,

    /// <summary>It takes writes.</summary>
    Master,

    /// <summary>It follows a master.</summary>
    Replica,
}
