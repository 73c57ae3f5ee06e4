namespace HealthKit;

/// <inheritdoc cref="SidekiqSource"/>
internal sealed class SidekiqKind : QueueSourceKind
{
    public override string Name => "Sidekiq";

    public override IReadOnlyCollection<string> Keys => [nameof(QueueOptions.ConnectionString), nameof(QueueOptions.Queues), nameof(QueueOptions.Namespace)];

    public override IEnumerable<OptionError> Validate(IServiceProvider services, QueueOptions options) => RedisKinds.ValidateConnection(options);

    public override IQueueSource Create(IServiceProvider services, QueueOptions options) =>
        new SidekiqSource(options.ConnectionString!, options.Queues, options.Namespace);
}
