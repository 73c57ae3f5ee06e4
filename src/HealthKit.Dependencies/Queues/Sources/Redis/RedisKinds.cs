namespace HealthKit;

/// <summary>What the kinds of Redis share.</summary>
internal static class RedisKinds
{
    public const string AllowedPointer = "a JSON pointer such as /enqueued_at (RFC 6901)";

    public const string AllowedKey = "the name of a key";

    public static IEnumerable<OptionError> ValidateConnection(QueueOptions options) => RedisEndpoint.Validate(nameof(options.ConnectionString), options.ConnectionString);

    public static IEnumerable<OptionError> ValidateKey(QueueOptions options)
    {
        if (options.Queue is null)
        {
            yield return new OptionError(nameof(options.Queue), null, AllowedKey);
        }
    }
}
