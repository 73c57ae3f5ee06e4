using Microsoft.Extensions.DependencyInjection;

namespace HealthKit;

/// <summary>Queues of RabbitMQ, as configuration names them.</summary>
internal sealed class RabbitMqQueueKind : QueueSourceKind
{
    public override string Name => "RabbitMq";

    public override IReadOnlyCollection<string> Keys => [nameof(QueueOptions.ConnectionString), nameof(QueueOptions.Queue), nameof(QueueOptions.Queues)];

    public override IEnumerable<OptionError> Validate(IServiceProvider services, QueueOptions options)
    {
        if (!RabbitMqAddress.TryParse(options.ConnectionString, out _))
        {
            yield return new OptionError(nameof(options.ConnectionString), options.ConnectionString is null ? null : "***", RabbitMqAddress.Allowed);
        }

        if ((options.Queue is null) == (options.Queues is null or { Count: 0 }))
        {
            yield return new OptionError(nameof(options.Queue), options.Queue, $"the name of a queue, or several as {nameof(options.Queues)}");
        }
        foreach (var name in options.Queue is { } queue ? [queue] : options.Queues ?? [])
        {
            if (!RabbitMqPlan.IsQueueName(name))
            {
                yield return new OptionError(options.Queue is null ? nameof(options.Queues) : nameof(options.Queue), name, "a queue's name, without * and ?, 255 bytes at most");
            }
        }
    }

    public override IQueueSource Create(IServiceProvider services, QueueOptions options) =>
        new BrokerQueueSource(new RabbitMqPlan(Read(options), services.GetService<Redactor>() ?? new Redactor()), [], services.GetRequiredService<TimeProvider>());

    private static RabbitMqOptions Read(QueueOptions options) =>
        new() { ConnectionString = options.ConnectionString, RequiredQueues = options.Queue is { } queue ? [queue] : [.. options.Queues!] };
}
