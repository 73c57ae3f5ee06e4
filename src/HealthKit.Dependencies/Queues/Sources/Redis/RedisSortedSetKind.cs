namespace HealthKit;

/// <inheritdoc cref="RedisSortedSetSource"/>
internal sealed class RedisSortedSetKind : QueueSourceKind
{
    public override string Name => "RedisSortedSet";

    public override IReadOnlyCollection<string> Keys => [nameof(QueueOptions.ConnectionString), nameof(QueueOptions.Queue)];

    public override IEnumerable<OptionError> Validate(IServiceProvider services, QueueOptions options) =>
        RedisKinds.ValidateConnection(options).Concat(RedisKinds.ValidateKey(options));

    public override IQueueSource Create(IServiceProvider services, QueueOptions options) => new RedisSortedSetSource(options.ConnectionString!, options.Queue!);
}
