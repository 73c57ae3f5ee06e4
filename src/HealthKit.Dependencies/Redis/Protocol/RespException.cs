namespace HealthKit;

/// <summary>What came is no reply of Redis, or more than is read.</summary>
/// <param name="reason">The stable code.</param>
/// <param name="text">What came, in words.</param>
internal sealed class RespException(string reason, string text) : Exception(text)
{
    /// <summary>What is at fault from the first byte on: somebody else answers there.</summary>
    public const string NotRedis = "redis.notRedis";

    /// <summary>It began as Redis does, and then broke the protocol.</summary>
    public const string Protocol = "redis.protocol";

    public const string TooLarge = "redis.tooLarge";

    public string Reason => reason;
}
