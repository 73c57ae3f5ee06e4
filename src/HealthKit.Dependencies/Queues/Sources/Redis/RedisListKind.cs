namespace HealthKit;

/// <inheritdoc cref="RedisListSource"/>
internal sealed class RedisListKind : QueueSourceKind
{
    public override string Name => "RedisList";

    public override IReadOnlyCollection<string> Keys =>
        [nameof(QueueOptions.ConnectionString), nameof(QueueOptions.Queue), nameof(QueueOptions.EnqueuedAtPointer), nameof(QueueOptions.OldestAt)];

    public override IEnumerable<OptionError> Validate(IServiceProvider services, QueueOptions options)
    {
        foreach (var error in RedisKinds.ValidateConnection(options).Concat(RedisKinds.ValidateKey(options)))
        {
            yield return error;
        }

        if (options.EnqueuedAtPointer is { } pointer && !JsonPath.TryParse(pointer, out _))
        {
            yield return new OptionError(nameof(options.EnqueuedAtPointer), pointer, RedisKinds.AllowedPointer);
        }
    }

    public override IQueueSource Create(IServiceProvider services, QueueOptions options) =>
        new RedisListSource(options.ConnectionString!, options.Queue!, options.EnqueuedAtPointer, options.OldestAt ?? QueueEnd.Tail);
}
