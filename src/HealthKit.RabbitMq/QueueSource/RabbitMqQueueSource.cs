namespace HealthKit;

/// <summary>Looks at queues of RabbitMQ, for <c>AddQueueCheck</c>.</summary>
public static class RabbitMqQueueSource
{
    /// <summary>
    /// Makes a source that looks at queues by passive declares, which change nothing: how much waits, and how many consumers there are. With the management API it
    /// also knows what is being worked on, how much ever came and was acknowledged, and, where publishers set the timestamp, how long the oldest message has waited.
    /// </summary>
    /// <param name="connectionString">The broker: <c>amqp://user:password@host:5672/vhost</c>, or <c>amqps</c>. User and password are shown nowhere.</param>
    /// <param name="queues">The names of the queues, which are looked at together.</param>
    /// <param name="deadLetterQueues">The names of queues whose messages were given up; null: how many were given up is not known.</param>
    /// <param name="management">The address of the management API, such as <c>http://mq.example:15672</c>; null: it is not asked. The user needs the tag <c>management</c>.</param>
    /// <param name="managementUser">The user of the management API; null means that of <paramref name="connectionString"/>.</param>
    /// <param name="managementPassword">The password of <paramref name="managementUser"/>.</param>
    /// <returns>The source. It keeps one connection open between looks; dispose of it to close that.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="connectionString"/> or <paramref name="queues"/> is null.</exception>
    /// <exception cref="ArgumentException">An argument is out of what is allowed; what may hold a password is not shown.</exception>
    public static IQueueSource Create(
        string connectionString,
        IEnumerable<string> queues,
        IEnumerable<string>? deadLetterQueues = null,
        Uri? management = null,
        string? managementUser = null,
        string? managementPassword = null)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        ArgumentNullException.ThrowIfNull(queues);
        var options = new RabbitMqOptions
        {
            ConnectionString = connectionString,
            Management = management,
            ManagementUser = managementUser,
            ManagementPassword = managementPassword,
        };

        string[] names = [.. queues];
        if (names.Length == 0)
        {
            throw new ArgumentException("There is no queue; allowed: one name or more.", nameof(queues));
        }

        string[] dead = [.. deadLetterQueues ?? []];
        foreach (var name in names.Concat(dead))
        {
            if (!RabbitMqPlan.IsQueueName(name))
            {
                throw new ArgumentException($"'{name}' is no queue's name; allowed: {RabbitMqPlan.AllowedName}.", dead.Contains(name) ? nameof(deadLetterQueues) : nameof(queues));
            }
        }

        foreach (var error in RabbitMqPlan.Validate(options))
        {
            var name = error.Property switch
            {
                nameof(RabbitMqOptions.ConnectionString) => nameof(connectionString),
                nameof(RabbitMqOptions.ManagementUser) => nameof(managementUser),
                nameof(RabbitMqOptions.ManagementPassword) => nameof(managementPassword),
                _ => nameof(management),
            };
            throw new ArgumentException($"{name} = {error.Value}; allowed: {error.Allowed}", name);
        }

        options.RequiredQueues = names;
        return new BrokerQueueSource(new RabbitMqPlan(options, new Redactor(), namesAlone: true), dead, TimeProvider.System);
    }
}
