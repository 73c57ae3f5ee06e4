namespace HealthKit;

/// <summary>What the Redis check tries.</summary>
public enum RedisProbe
{
    /// <summary>PING, and a write that leaves nothing: <c>MULTI; SET key value PX 5000; DEL key; EXEC</c> on a key of its own.</summary>
    Write,

    /// <summary>PING alone. Redis answers it while every write fails.</summary>
    Ping,
}
