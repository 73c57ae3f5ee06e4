namespace HealthKit;

/// <inheritdoc cref="RedisStreamSource"/>
internal sealed class RedisStreamKind : QueueSourceKind
{
    public override string Name => "RedisStream";

    public override IReadOnlyCollection<string> Keys =>
        [nameof(QueueOptions.ConnectionString), nameof(QueueOptions.Queue), nameof(QueueOptions.Group), nameof(QueueOptions.ConsumerLostAfter)];

    public override IEnumerable<OptionError> Validate(IServiceProvider services, QueueOptions options)
    {
        foreach (var error in RedisKinds.ValidateConnection(options).Concat(RedisKinds.ValidateKey(options)))
        {
            yield return error;
        }

        if (options.Group is null)
        {
            yield return new OptionError(nameof(options.Group), null, "the name of a consumer group of the stream");
        }

        if (options.ConsumerLostAfter is { } after && (after < TimeSpan.FromSeconds(1) || after > TimeSpan.FromDays(1)))
        {
            yield return new OptionError(nameof(options.ConsumerLostAfter), after, "a time span from 00:00:01 to 1.00:00:00");
        }
    }

    public override IQueueSource Create(IServiceProvider services, QueueOptions options) =>
        new RedisStreamSource(options.ConnectionString!, options.Queue!, options.Group!, options.ConsumerLostAfter ?? RedisStreamSource.DefaultLostAfter);
}
