using Microsoft.Extensions.DependencyInjection;

namespace HealthKit;

/// <summary>Queues of RabbitMQ, as configuration names them.</summary>
internal sealed class RabbitMqQueueKind : QueueSourceKind
{
    public override string Name => "RabbitMq";

    public override IReadOnlyCollection<string> Keys =>
    [
        nameof(QueueOptions.ConnectionString), nameof(QueueOptions.Queue), nameof(QueueOptions.Queues), nameof(QueueOptions.DeadLetterQueues), nameof(QueueOptions.Management),
    ];

    public override IEnumerable<OptionError> Validate(IServiceProvider services, QueueOptions options)
    {
        foreach (var error in RabbitMqPlan.Validate(new RabbitMqOptions { ConnectionString = options.ConnectionString, Management = options.Management }))
        {
            yield return error;
        }

        if ((options.Queue is null) == (options.Queues is null or { Count: 0 }))
        {
            yield return new OptionError(nameof(options.Queue), options.Queue, $"the name of a queue, or several as {nameof(options.Queues)}");
        }

        foreach (var (option, names) in new[]
        {
            (nameof(options.Queue), options.Queue is { } queue ? [queue] : []),
            (nameof(options.Queues), options.Queues ?? []),
            (nameof(options.DeadLetterQueues), options.DeadLetterQueues ?? []),
        })
        {
            foreach (var name in names.Where(static name => !RabbitMqPlan.IsQueueName(name)))
            {
                yield return new OptionError(option, name, RabbitMqPlan.AllowedName);
            }
        }
    }

    public override IQueueSource Create(IServiceProvider services, QueueOptions options) =>
        new BrokerQueueSource(new RabbitMqPlan(Read(options), services.GetService<Redactor>() ?? new Redactor(), namesAlone: true), [.. options.DeadLetterQueues ?? []], services.GetRequiredService<TimeProvider>());

    private static RabbitMqOptions Read(QueueOptions options) =>
        new() { ConnectionString = options.ConnectionString, Management = options.Management, RequiredQueues = options.Queue is { } queue ? [queue] : [.. options.Queues!] };
}
